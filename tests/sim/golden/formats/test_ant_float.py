"""ANT's small float against its sets."""

import numpy as np
import pytest

from systola.sim.golden.formats.ant_float import AntFloat
from systola.sim.golden.formats.pot import PoT


def test_four_bits_without_a_sign_are_e3m1():
    halves = [0, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]
    form = AntFloat(4, signed=False)
    assert (form.decode(np.arange(16)) / 2).tolist() == halves
    base, shift = form.fields(np.arange(16))
    assert base.tolist() == [0, 1] + [2, 3] * 7
    assert shift.tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]


def test_four_bits_with_a_sign_are_powers_of_two():
    codes = np.arange(16)
    assert (AntFloat(4).decode(codes) == PoT(4).decode(codes)).all()
    assert all((a == b).all() for a, b in zip(AntFloat(4).fields(codes), PoT(4).fields(codes), strict=True))


@pytest.mark.parametrize(("exponent_bits", "mantissa_bits"), [(2, 5), (4, 3), (5, 2), (3, 4), (4, 0)])
def test_any_float_with_gradual_underflow(exponent_bits, mantissa_bits):
    form = AntFloat(exponent_bits + mantissa_bits, signed=False, exponent_bits=exponent_bits)
    for code, value in enumerate(form.decode(np.arange(1 << form.bits))):
        exponent, mantissa = divmod(code, 1 << mantissa_bits)
        fraction = mantissa / 2**mantissa_bits
        real = 2.0**exponent * (1 + fraction) if exponent else 2 * fraction
        assert value == real * 2.0 ** (mantissa_bits - 1)


def test_widths():
    with pytest.raises(ValueError, match="a float of 3 exponent bits with a sign has 4 to 14 bits, not 3"):
        AntFloat(3)
    with pytest.raises(ValueError, match="exponent_bits 6 is not 1 to 5"):
        AntFloat(8, exponent_bits=6)
