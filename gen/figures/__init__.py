"""What `make bench` measures: every figure that the documents state."""
