"""Small float: every code of every width."""

import pytest

from systola.hw.formats.names import find
from systola.hw.formats.pot import PotDecoder


@pytest.mark.parametrize("bits", range(4, 9))
def test_float(every_code, bits):
    every_code(f"ufloat{bits}")
    every_code(f"float{bits + 1}")


@pytest.mark.parametrize("name", ["float4", "ufloat3"])
def test_without_a_mantissa_it_is_a_power_of_two(every_code, name):
    assert find(name).decoder is PotDecoder
    every_code(name)
