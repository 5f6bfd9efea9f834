"""flint: every code of every width."""

import pytest


@pytest.mark.parametrize("bits", range(3, 9))
def test_flint(every_code, bits):
    every_code(f"uflint{bits}")
    every_code(f"flint{bits + 1}")


def test_the_published_table(decode):
    table = {0b0101: 5, 0b1000: 64, 0b1001: 32, 0b1010: 16, 0b1011: 24, 0b1100: 8, 0b1101: 10, 0b1111: 14}
    for (((integer, shift),),), value in zip(
        decode("uflint4", [[code] for code in table]), table.values(), strict=True
    ):
        assert integer << shift == value
