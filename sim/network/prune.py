"""Pruning of weights: each function returns a copy of the weights in which those of least magnitude are 0.

Weights are an array of reals; the copy has the same shape, in float64. Of equal weights the first one is kept.
`sparsity` is a share from 0 to 1. Illegal arguments raise :class:`QuantiseError`.
"""

import numpy as np

from ..golden.formats import sparse
from .quantise import QuantiseError, checked, translated


def unstructured(weights: np.ndarray, sparsity: float) -> np.ndarray:
    """Set the round(sparsity * size) weights of least magnitude to 0."""
    weights = checked(weights)
    dropped = _least(np.abs(weights).ravel(), sparsity)
    return np.where(dropped.reshape(weights.shape), 0.0, weights)


def n_of_m(weights: np.ndarray, n: int = 2, m: int = 4, *, axis: int = -1) -> np.ndarray:
    """Keep, of every m weights along `axis`, the n of largest magnitude: 2:4 is the pattern of sparse tensor cores."""
    weights = checked(weights)
    if not -weights.ndim <= axis < weights.ndim:
        raise QuantiseError(f"axis {axis} is not one of the {weights.ndim} axes of the tensor")
    with translated():
        sparse.check(n, m)
    if weights.shape[axis] % m:
        raise QuantiseError(f"{n}:{m} needs a multiple of {m} along axis {axis}, not {weights.shape[axis]}")
    moved = np.moveaxis(weights, axis, -1)
    groups = moved.reshape(*moved.shape[:-1], -1, m)
    order = np.argsort(-np.abs(groups), axis=-1, kind="stable")
    pruned = groups.copy()
    np.put_along_axis(pruned, order[..., n:], 0.0, -1)
    return np.moveaxis(pruned.reshape(moved.shape), -1, axis)


def slices(weights: np.ndarray, sparsity: float, axis: int | tuple[int, ...]) -> np.ndarray:
    """Set whole slices to 0: the round(sparsity * number) of them with the least sum of magnitudes.

    A slice contains the weights of one index of `axis`, or of one index of each of several axes.
    """
    weights = checked(weights)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    if not axes or any(not -weights.ndim <= a < weights.ndim for a in axes):
        raise QuantiseError(f"axis {axis} is not among the {weights.ndim} axes of the tensor")
    kept = {a % weights.ndim for a in axes}
    norms = np.abs(weights).sum(tuple(a for a in range(weights.ndim) if a not in kept), keepdims=True)
    return np.where(_least(norms.ravel(), sparsity).reshape(norms.shape), 0.0, weights)


def rows(weights: np.ndarray, sparsity: float) -> np.ndarray:
    """Prune whole rows of a matrix, or filters of a convolution (K, C, R, S): the weights of one output."""
    return slices(weights, sparsity, 0)


def channels(weights: np.ndarray, sparsity: float) -> np.ndarray:
    """Prune whole columns of a matrix, or input channels of a convolution (K, C, R, S): the weights of one input."""
    return slices(weights, sparsity, 1)


def kernels(weights: np.ndarray, sparsity: float) -> np.ndarray:
    """Prune whole R x S kernels of a convolution (K, C, R, S)."""
    return slices(weights, sparsity, (0, 1))


def _least(magnitudes: np.ndarray, sparsity: float) -> np.ndarray:
    """True for the round(sparsity * size) least, the last of equal ones first."""
    if not 0 <= sparsity <= 1:
        raise QuantiseError(f"sparsity {sparsity} is not from 0 to 1")
    count = int(np.rint(sparsity * magnitudes.size))
    dropped = np.zeros(magnitudes.size, bool)
    dropped[magnitudes.size - 1 - np.argsort(magnitudes[::-1], kind="stable")[:count]] = True
    return dropped
