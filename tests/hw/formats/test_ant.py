"""ANT's decoder: every code of every type, and the halves of 8-bit integers."""

import pytest

from systola.hw.formats.ant import AntType


@pytest.mark.parametrize("sign", ["", "u"])
@pytest.mark.parametrize("kind", [AntType.INT, AntType.FLINT, AntType.POT, AntType.FLOAT])
def test_types(every_code, sign, kind):
    every_code(f"{sign}ant4", user=kind.value, as_=f"{sign}{kind.name.lower()}4")


@pytest.mark.parametrize("sign", ["", "u"])
@pytest.mark.parametrize("lane", [0, 1])
@pytest.mark.parametrize("kind", [AntType.LOW, AntType.HIGH, AntType.BYTES])
def test_halves(decode, sign, lane, kind):
    high = kind is AntType.HIGH or (kind is AntType.BYTES and lane)
    for code, (terms,) in enumerate(decode(f"{sign}ant4", [[code] for code in range(16)], kind.value, lane)):
        negative = 16 if high and not sign and code >= 8 else 0
        assert terms == [(code - negative, 4 * high)]
