"""Operands: the range of values is part of their identity."""

import pytest
from amaranth.hdl import Shape

from systola.hw.formats.names import LEGAL, find
from systola.hw.formats.operand import Powers, Scaled, limits


def test_the_range_is_part_of_the_identity():
    a, b = (Scaled(Shape(4, signed=True), 4, -high, high) for high in (16, 112))
    assert a != b
    assert a == Scaled(Shape(4, signed=True), 4, -16, 16)
    assert hash(a) == hash(Scaled(Shape(4, signed=True), 4, -16, 16))


def test_text():
    assert str(Scaled(Shape(4, signed=True), 4, -16, 16)) == "Scaled(integer=signed(4), shift=unsigned(3))"
    assert str(Powers((6,), True, 64)).startswith("Powers(sign=unsigned(1), on0=unsigned(1), shift0=unsigned(3))")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("int4", -8, 7),
        ("uint4", 0, 15),
        ("pot4", -64, 64),
        ("upot4", 0, 1 << 14),
        ("apot4", -10, 10),
        ("uapot4", 0, 48),
        ("flint4", -16, 16),
        ("uflint4", 0, 64),
        ("ufloat4", 0, 192),
        ("ant4", -128, 112),
        ("olive_int4", -96, 96),
        ("olive4", -192, 192),
        ("codebook", -(1 << 15), (1 << 15) - 1),
    ],
)
def test_ranges(name, low, high):
    assert limits(find(name).operand) == (low, high)
    assert name.lstrip("u").rstrip("0123456789") in LEGAL
