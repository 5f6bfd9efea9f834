"""Integer formats: names, products, sums."""

import pytest
from amaranth.hdl import Shape
from hypothesis import given
from hypothesis import strategies as st

from systola.hw.formats import integer
from systola.sim.golden import integer as golden

NAMES = st.sampled_from([f"int{n}" for n in range(2, 17)] + [f"uint{n}" for n in range(1, 17)])


def test_names():
    assert integer.shape("int8") == Shape(8, signed=True)
    assert integer.shape("uint1") == Shape(1)


@pytest.mark.parametrize("name", ["int1", "int17", "uint0", "float8", "int", "int08", "", "Int8", "int8 "])
def test_other_names_are_rejected(name):
    with pytest.raises(ValueError, match="is not int2 to int16"):
        integer.shape(name)


@given(a=NAMES, b=NAMES, terms=st.integers(1, 300))
def test_the_width_of_a_sum_follows_from_its_extremes(a, b, terms):
    shape = integer.sum_shape(integer.shape(a), integer.shape(b), terms)
    corners = [terms * x * y for x in golden.limits(a) for y in golden.limits(b)]
    low, high = min(0, *corners), max(corners)
    assert shape.signed == (low < 0)
    fits = lambda width: (-(1 << width - 1) <= low and high < 1 << width - 1) if low < 0 else high < 1 << width  # noqa: E731
    assert fits(shape.width)
    assert shape.width == 1 or not fits(shape.width - 1)


def test_a_limit_makes_it_twos_complement():
    assert integer.sum_shape(Shape(8), Shape(8), 4, limit=10) == Shape(10, signed=True)
