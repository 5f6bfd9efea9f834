"""abfloat against its table."""

import numpy as np
import pytest

from systola.sim.golden.formats.abfloat import AbFloat


@pytest.mark.parametrize(
    ("bias", "values"), [(2, [8, 12, 16, 24, 32, 48, 64, 96]), (3, [16, 24, 32, 48, 64, 96, 128, 192])]
)
def test_four_bits(bias, values):
    form, codes = AbFloat(2, 1, bias=bias), np.arange(16)
    assert form.decode(codes).tolist() == values + [-v for v in values]
    base, shift = form.fields(codes)
    assert base.tolist() == [2, 3] * 4 + [-2, -3] * 4
    assert shift.tolist() == [bias + e for e in (0, 0, 1, 1, 2, 2, 3, 3)] * 2
    # The least magnitude is decoded and never encoded.
    assert form.levels.tolist() == [-v for v in values[:0:-1]] + values[1:]
    assert not {0b0000, 0b1000} & set(form.encode(np.linspace(-250, 250, 5001)))


def test_eight_bits():
    form = AbFloat(4, 3, bias=4)
    assert form.decode(np.arange(1, 17)).tolist() == [*range(144, 256, 16), *range(256, 544, 32)]
    assert form.levels[form.levels > 0][0] == 144
    assert form.peak == 15 << 19
    assert not {0b00000000, 0b10000000} & set(form.codes)


def test_limit_of_encoded_values():
    form = AbFloat(4, 3, bias=4, limit=1 << 15)
    assert form.peak == 1 << 15
    assert form.nearest([1e9, -1e9, 40000, 31000]).tolist() == [32768, -32768, 32768, 30720]
    assert form.decode([0x7F]) == 15 << 19


@pytest.mark.parametrize("options", [{"exponent_bits": 0}, {"bias": -1}, {"exponent_bits": 6}, {"mantissa_bits": -1}])
def test_mistakes(options):
    with pytest.raises(ValueError, match="is not from E1M0 to 62 bits"):
        AbFloat(**options)
