"""abfloat next to an identifier: every code, and the published values."""

import pytest

from systola.sim.golden.formats.abfloat import AbFloat


@pytest.mark.parametrize(
    ("name", "golden"),
    [("olive_int4", AbFloat(2, 1, 2)), ("olive_flint4", AbFloat(2, 1, 3)), ("olive_int8", AbFloat(4, 3, 4))],
)
def test_outliers(decode, same, name, golden):
    identifier = 1 << golden.bits - 1
    codes = [code for code in range(1 << golden.bits) if code != identifier]
    for code, (victim, outlier) in zip(codes, decode(name, [[identifier, code] for code in codes]), strict=True):
        integer, shift = golden.fields(code)
        same(outlier, [(int(integer), int(shift))], code)
        assert victim == [(0, 0)]


def test_the_published_values(decode):
    seen = decode("olive_int4", [[0b1000, code] for code in range(1, 8)])
    assert [integer << shift for _, ((integer, shift),) in seen] == [12, 16, 24, 32, 48, 64, 96]
