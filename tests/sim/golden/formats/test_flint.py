"""flint against its table, and against the alternative, float-based decoder."""

import numpy as np
import pytest

from systola.sim.golden.formats.flint import Flint

UNSIGNED = {
    0b0000: (0, 0, 0),
    0b0001: (1, 0, 1),
    0b0010: (2, 0, 2),
    0b0011: (3, 0, 3),
    0b0100: (4, 0, 4),
    0b0101: (5, 0, 5),
    0b0110: (6, 0, 6),
    0b0111: (7, 0, 7),
    0b1000: (1, 6, 64),
    0b1001: (2, 4, 32),
    0b1010: (4, 2, 16),
    0b1011: (6, 2, 24),
    0b1100: (8, 0, 8),
    0b1101: (10, 0, 10),
    0b1110: (12, 0, 12),
    0b1111: (14, 0, 14),
}


def test_four_bits_without_a_sign():
    form, codes = Flint(4, signed=False), np.array(list(UNSIGNED))
    base, shift = form.fields(codes)
    assert [*zip(base, shift, form.decode(codes), strict=True)] == list(UNSIGNED.values())


def test_four_bits_with_a_sign():
    magnitudes = [0, 1, 2, 3, 16, 8, 4, 6]
    assert Flint(4).decode(np.arange(16)).tolist() == magnitudes + [-m for m in magnitudes]
    assert Flint(4).levels.size == 15


def float_value(code, n):
    """The value by the float-based decoder: the first 1 gives the exponent, the remaining bits are the fraction."""
    bits = f"{code:0{n}b}"
    rest = bits[1:]
    zeros = len(rest) - len(rest.lstrip("0"))
    if code == 0:
        return 0
    exponent = n - 1 + zeros if bits[0] == "1" else n - 2 - zeros
    fraction = rest[zeros + 1 :]
    return 2**exponent * (1 + (int(fraction, 2) / 2 ** len(fraction) if fraction else 0))


@pytest.mark.parametrize("n", range(3, 9))
def test_both_decoders_agree(n):
    form = Flint(n, signed=False)
    assert form.decode(np.arange(1 << n)).tolist() == [float_value(code, n) for code in range(1 << n)]
    assert form.levels.size == 1 << n
    assert form.peak == 4 ** (n - 1)


@pytest.mark.parametrize("n", range(3, 9))
def test_integers_up_to_the_msb_are_exact(n):
    form = Flint(n, signed=False)
    assert (form.nearest(np.arange(1 << n - 1)) == np.arange(1 << n - 1)).all()


def test_products_of_four_bits_grow_to_thirteen():
    base, shift = Flint(4, signed=False).fields(np.arange(16))
    assert (base.max(), shift.max(), (2 * shift.max())) == (14, 6, 12)
    assert Flint(4, signed=False).peak ** 2 == 4096


def test_widths():
    with pytest.raises(ValueError, match="flint with a sign has 4 to 9 bits, not 3"):
        Flint(3)
    with pytest.raises(ValueError, match="flint without a sign has 3 to 8 bits, not 9"):
        Flint(9, signed=False)
