"""Sparse stationary array: a row of cells per group, with psums of minimal width."""

import re

from systola.gen.verilog.verilog import generate
from systola.hw.array.sparse_systolic import SparseSystolic


def _psum_bits(**parameters) -> list[int]:
    text = generate("sparse_systolic", SparseSystolic(cols=2, **parameters)).verilog
    return sorted({int(bits) for bits in re.findall(r"SparseCell\(.*psum=(?:un)?signed\((\d+)\)", text)})


def test_psums_grow_with_the_kept_weights():
    assert _psum_bits(rows=8) == [17, 18, 19]
    assert _psum_bits(rows=8, sparsity="4:8") == [18, 19]


def test_psums_are_never_wider_than_the_accumulator():
    assert _psum_bits(rows=8, acc_width=18) == [17, 18]
