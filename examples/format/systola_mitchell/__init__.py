"""8-bit integers with Mitchell's logarithmic product: `hardware` and `golden`, found by entry point."""
