"""Pruning: the largest values are kept, in the requested pattern."""

import numpy as np
import pytest

from systola.sim.golden.formats import sparse
from systola.sim.network import prune
from systola.sim.network.quantise import QuantiseError


def weights(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("sparsity", [0, 0.1, 0.5, 0.93, 1])
def test_unstructured(sparsity):
    w = weights(30, 10)
    pruned = prune.unstructured(w, sparsity)
    assert (pruned == 0).sum() == round(sparsity * 300)
    assert (pruned[pruned != 0] == w[pruned != 0]).all()
    if 0 < sparsity < 1:
        assert np.abs(pruned[pruned != 0]).min() > np.abs(w[pruned == 0]).max()


@pytest.mark.parametrize("axis", [0, 1, -1, 2])
@pytest.mark.parametrize(("n", "m"), [(2, 4), (1, 4), (1, 2), (4, 8), (3, 4), (2, 2)])
def test_n_of_m(n, m, axis):
    w = weights(8, 16, 24)
    pruned = prune.n_of_m(w, n, m, axis=axis)
    assert (pruned[pruned != 0] == w[pruned != 0]).all()
    moved, whole = np.moveaxis(pruned, axis, -1), np.moveaxis(w, axis, -1)
    groups = np.abs(whole).reshape(*whole.shape[:-1], -1, m)
    # The kept values have the largest possible sum of n of m, which is unique for random weights.
    expected = np.sort(groups, -1)[..., m - n :].sum(-1)
    assert np.abs(moved).reshape(groups.shape).sum(-1) == pytest.approx(expected)
    kept, places = sparse.compress(moved, n, m)
    assert (sparse.decompress(kept, places, m) == moved).all()


def test_of_equal_weights_the_first_are_kept():
    assert prune.n_of_m([1, -1, 1, 1, 0, 0, 3, 3]).tolist() == [1, -1, 0, 0, 0, 0, 3, 3]
    assert prune.unstructured([2, 2, -2, 2], 0.5).tolist() == [2, 2, 0, 0]
    assert prune.rows(np.ones((3, 2)), 1 / 3).tolist() == [[1, 1], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("function", "axes"),
    [(prune.rows, (0,)), (prune.channels, (1,)), (prune.kernels, (0, 1))],
    ids=["rows", "channels", "kernels"],
)
def test_slices(function, axes):
    w = weights(10, 6, 3, 3)
    pruned = function(w, 0.5)
    others = tuple(a for a in range(4) if a not in axes)
    norms, zero = np.abs(w).sum(others), (pruned == 0).all(others)
    assert zero.sum() == zero.size // 2
    assert norms[zero].max() < norms[~zero].min()
    whole = np.expand_dims(zero, others)
    assert (pruned == np.where(whole, 0, w)).all()
    assert (prune.slices(w, 0.5, tuple(a - 4 for a in axes)) == pruned).all()


def test_the_input_is_not_changed():
    w = weights(8, 8)
    before = w.copy()
    for function in (lambda: prune.unstructured(w, 0.5), lambda: prune.n_of_m(w), lambda: prune.rows(w, 0.5)):
        assert function() is not w
        assert (w == before).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: prune.unstructured([1, np.nan], 0.5), "holds NaN"),
        (lambda: prune.unstructured([], 0.5), "no values"),
        (lambda: prune.unstructured([1.0], 1.5), "sparsity 1.5 is not from 0 to 1"),
        (lambda: prune.rows(weights(2, 2), np.nan), "sparsity nan is not from 0 to 1"),
        (lambda: prune.n_of_m(weights(6)), "2:4 needs a multiple of 4 along axis -1, not 6"),
        (lambda: prune.n_of_m(weights(8), 5, 4), "5:4 keeps n of m"),
        (lambda: prune.n_of_m(weights(8), 2.5, 4), "2.5:4 keeps n of m: integers"),
        (lambda: prune.n_of_m(weights(8), "2:4"), "keeps n of m: integers"),
        (lambda: prune.n_of_m(weights(8), axis=1), "axis 1 is not one of the 1 axes"),
        (lambda: prune.channels(weights(8), 0.5), "axis 1 is not among the 1 axes"),
        (lambda: prune.slices(weights(8), 0.5, ()), "is not among"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(QuantiseError, match=message):
        call()
