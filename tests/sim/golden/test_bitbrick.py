"""Golden BitBrick against a table by hand, and products of fused bricks against plain products."""

import itertools

import pytest

from systola.sim.golden.bitbrick import fused, product, value


def test_codes():
    assert [value(code, False) for code in range(4)] == [0, 1, 2, 3]
    assert [value(code, True) for code in range(4)] == [0, 1, -2, -1]


def test_range_of_products():
    every = [product(a, s, b, t) for a in range(4) for s in (False, True) for b in range(4) for t in (False, True)]
    assert (min(every), max(every)) == (-6, 9)


@pytest.mark.parametrize(("a_bits", "b_bits"), [(2, 2), (2, 4), (4, 2), (4, 4), (2, 8), (8, 2), (4, 8), (8, 4)])
def test_fused_bricks_equal_products(a_bits, b_bits):
    for a_signed, b_signed in itertools.product((False, True), repeat=2):
        for a, b in itertools.product(range(1 << a_bits), range(1 << b_bits)):
            a_value, b_value = (
                code - (s and code >> bits - 1) * (1 << bits)
                for code, bits, s in ((a, a_bits, a_signed), (b, b_bits, b_signed))
            )
            assert fused(a, a_bits, a_signed, b, b_bits, b_signed) == a_value * b_value


def test_fused_bricks_of_sixteen_bits():
    for a, b in itertools.product((0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x1234), repeat=2):
        assert fused(a, 16, False, b, 16, False) == a * b
        assert fused(a, 16, True, b, 16, False) == (a - (a >> 15 << 16)) * b
