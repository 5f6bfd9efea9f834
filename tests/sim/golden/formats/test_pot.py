"""PoT and APoT against their published sets."""

import itertools

import numpy as np
import pytest

from systola.sim.golden.formats.pot import APoT, PoT


def test_pot_of_four_bits():
    magnitudes = [0, 1, 2, 4, 8, 16, 32, 64]
    assert PoT(4).decode(np.arange(16)).tolist() == magnitudes + [-m for m in magnitudes]
    assert PoT(4, signed=False).decode(np.arange(16)).tolist() == [0] + [2**i for i in range(15)]
    assert PoT(4).levels.size == 15
    assert PoT(4).encode([0.0, -0.0]).tolist() == [0, 0]


def test_the_boundary_is_the_arithmetic_mean_and_not_the_geometric():
    assert PoT(4).nearest([2.9, 3.0, 5.9, 6.0, -5.9, -6.1]).tolist() == [2, 4, 4, 8, -4, -8]


@pytest.mark.parametrize(
    ("bits", "levels"),
    [
        (2, [0, 1, 2, 4]),
        (3, [0, 1, 2, 3, 4, 6, 8, 10]),
        (4, [0, 1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 33, 36, 48]),
    ],
)
def test_apot_sets(bits, levels):
    assert APoT(bits, signed=False).levels.tolist() == levels
    assert APoT(bits + 1).levels.tolist() == [-v for v in levels[:0:-1]] + levels


def test_apot_codes_of_four_bits():
    """Term 0, the high bits: 2, 8, 32; term 1: 1, 4, 16."""
    high, low = [0, 2, 8, 32], [0, 1, 4, 16]
    assert APoT(4, signed=False).decode(np.arange(16)).tolist() == [h + v for h in high for v in low]
    assert APoT(4).decode(np.arange(8)).tolist() == [h + v for h in (0, 1, 4, 8) for v in (0, 2)]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_apot_of_two_bits_per_term_is_the_formula_of_the_paper(n):
    """p_i is one of 0, 2^-i, 2^-(i + n), 2^-(i + 2n): as integers times 2^(3n - 1)."""
    terms = [[0] + [2 ** (3 * n - 1 - i - j * n) for j in range(3)] for i in range(n)]
    expected = sorted(sum(choice) for choice in itertools.product(*terms))
    assert APoT(2 * n, signed=False).levels.tolist() == expected


@pytest.mark.parametrize("bits", [3, 5, 7, 9])
def test_apot_of_an_odd_width_uses_every_power_once(bits):
    form = APoT(bits, signed=False)
    powers = sorted(itertools.chain(*form.shifts))
    assert powers == list(range(len(powers)))
    assert form.levels.size == 2**bits


@pytest.mark.parametrize(("form", "bits", "legal"), [(PoT, 8, "2 to 7 bits"), (PoT, 1, "2 to 7"), (APoT, 2, "3 to 13")])
def test_widths(form, bits, legal):
    with pytest.raises(ValueError, match=legal):
        form(bits)
