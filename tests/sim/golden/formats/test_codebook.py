"""Codebooks: the table, and k-means."""

import numpy as np
import pytest

from systola.sim.golden.formats.codebook import Codebook, fit


def test_codes_are_indices():
    book = Codebook((0, -30, 7, 100))
    assert book.decode([0, 1, 2, 3]).tolist() == [0, -30, 7, 100]
    assert book.encode([-1000, -15.1, -15, 3.4, 3.5, 60, 1e9]).tolist() == [1, 1, 0, 0, 2, 3, 3]
    # Of equal entries, the lower index.
    assert Codebook((0, 5, 5, 0)).encode([0, 5]).tolist() == [0, 1]


def test_sizes():
    for entries in ((), (1,), (1, 2, 3)):
        with pytest.raises(ValueError, match="a power of two of entries"):
            Codebook(entries)


def test_fit_is_deterministic_and_entry_zero_is_zero():
    values = np.random.default_rng(0).normal(size=4000)
    centres = fit(values)
    assert (centres == fit(values)).all()
    assert (centres != fit(values, seed=1)).any()
    assert centres[0] == 0
    assert (np.diff(centres[1:]) > 0).all()
    assert centres.size == 16


@pytest.mark.parametrize("zero", [True, False])
def test_centres_are_fixed_points(zero):
    """Each centre is the mean of its nearest values, apart from the fixed zero."""
    values = np.random.default_rng(1).laplace(size=3000)
    centres = fit(values, zero=zero, rounds=10000)
    nearest = np.abs(values[:, None] - centres).argmin(1)
    for entry in range(int(zero), 16):
        assert centres[entry] == pytest.approx(values[nearest == entry].mean(), rel=1e-9, abs=1e-12)


def test_fit_equals_the_best_by_brute_force():
    """Two free centres next to 0 over few values: all partitions of the sorted values can be tried."""
    rng = np.random.default_rng(2)
    values = np.sort(np.concatenate([rng.normal(-4, 0.3, 20), rng.normal(5, 0.3, 20), rng.normal(9, 0.3, 20)]))
    centres = fit(values, 4, zero=True)

    def loss(centres):
        return ((values[:, None] - centres) ** 2).min(1).sum()

    best = min(
        loss(np.array([0, values[:i].mean(), values[i:j].mean(), values[j:].mean()]))
        for i in range(1, 59)
        for j in range(i + 1, 60)
    )
    assert loss(centres) == pytest.approx(best, rel=1e-9)


def test_few_distinct_values_are_exact():
    centres = fit(np.array([0.0, 0.0, 3.0, -1.0, 3.0]), 8)
    assert set(centres) == {0.0, 3.0, -1.0}
    assert centres[0] == 0
    assert fit(np.zeros(5), 4).tolist() == [0, 0, 0, 0]
    assert set(fit(np.array([2.0, 2.0]), 4, zero=False)) == {2.0}


def test_zeros_take_no_entry():
    values = np.random.default_rng(4).normal(size=500)
    pruned = np.concatenate([values, np.zeros(5000)])
    assert fit(pruned) == pytest.approx(fit(values))
