"""Packing, wrapping and limits of integer lanes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from systola.sim.golden import integer


@given(bits=st.integers(1, 64), value=st.integers(-(2**63), 2**63 - 1))
def test_wrap(bits, value):
    wrapped = int(integer.wrap(np.array([value]), bits)[0])
    assert (wrapped - value) % 2**bits == 0
    assert -(2 ** (bits - 1)) <= wrapped < 2 ** (bits - 1)


@given(bits=st.integers(1, 64), lanes=st.integers(1, 9), seed=st.integers(0, 99))
def test_pack_and_unpack(bits, lanes, seed):
    values = integer.wrap(np.random.default_rng(seed).integers(-(2**63), 2**63 - 1, (5, lanes)), bits)
    words = integer.pack(values, bits)
    assert words == [sum((int(v) % 2**bits) << bits * n for n, v in enumerate(row)) for row in values]
    assert (integer.unpack(words, lanes, bits) == values).all()


@pytest.mark.parametrize(
    ("name", "limits", "width"),
    [("int8", (-128, 127), 8), ("uint8", (0, 255), 8), ("uint1", (0, 1), 1), ("int16", (-32768, 32767), 16)],
)
def test_formats(name, limits, width):
    assert integer.limits(name) == limits
    assert integer.width(name) == width
