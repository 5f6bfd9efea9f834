"""Descriptor of the `outer_product` accelerator: one product of a panel of W, in DRAM."""

from amaranth.lib import data

SIZE = 4
"""Rows and columns of a block of Y; bytes in a word."""
BEATS = 16
"""Words of a block, which is a burst: BEATS columns of A, BEATS rows of W, SIZE x SIZE of Y, or a descriptor."""
BYTES = 4 * BEATS
LOW = BYTES.bit_length() - 1
"""Bits of an address that are 0: everything is aligned to blocks."""

DESCRIPTOR = data.StructLayout({"depth": 16, "rows": 16, "a": 32, "w": 32, "y": 32, "next": 32})
"""The first words of a descriptor; the rest of its block is reserved.

========= ====================================================================
`depth`   length of the sums, in units of BEATS products
`rows`    rows of A and Y, in units of SIZE
`a`       DRAM byte of A: blocks of SIZE rows, each column by column
`w`       DRAM byte of W: SIZE columns, row by row
`y`       DRAM byte of Y: blocks of SIZE x SIZE sums of 32 bits, row by row
`next`    DRAM byte of the next descriptor; 0: this is the last one
========= ====================================================================

Addresses are multiples of BYTES.
"""
WORDS = DESCRIPTOR.size // 32
