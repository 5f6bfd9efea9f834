"""Psums of a weight-stationary array: minimal width in every row."""

import re

from systola.gen.verilog.verilog import generate
from systola.hw.array.systolic import Systolic


def _psum_bits(**parameters) -> list[int]:
    text = generate("systolic", Systolic(**parameters)).verilog
    return sorted({int(bits) for bits in re.findall(r"StationaryCell\(.*psum=(?:un)?signed\((\d+)\)", text)})


def test_psums_grow_with_the_rows():
    assert _psum_bits(rows=8, cols=2) == [16, 17, 18, 19]


def test_unsigned_psums_have_no_sign():
    assert _psum_bits(rows=4, cols=1, a_format="uint8", w_format="uint8") == [16, 17, 18]


def test_psums_are_never_wider_than_the_accumulator():
    assert _psum_bits(rows=8, cols=2, acc_width=17) == [16, 17]
