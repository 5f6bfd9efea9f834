"""What a systolic array computes, in which beats, and when.

A tile is a pair of matrices whose inner size is the array's: its result is their product, whatever stays in the array.
"""

import numpy as np

from .integer import wrap


def product(a: np.ndarray, w: np.ndarray, acc_width: int = 32) -> np.ndarray:
    """Y = A @ W, term by term, modulo 2^acc_width as two's complement: (M, K), (K, N) -> (M, N), int64.

    Raises `ValueError` where the inner sizes differ.
    """
    if a.ndim != 2 or w.ndim != 2 or a.shape[1] != w.shape[0]:
        raise ValueError(f"a {a.shape} and w {w.shape} are not matrices with a common inner size")
    y = np.zeros((a.shape[0], w.shape[1]), np.int64)
    for k in range(a.shape[1]):
        y = wrap(y + np.multiply.outer(a[:, k].astype(np.int64), w[k].astype(np.int64)), acc_width)
    return y


def beats(dataflow: str, a: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The beats of `a` and of `w` for one tile, each (beats, lanes), k = 0 first.

    ws: a[m], w[k]; os: a[:, k], w[k]; is: a[:, k], w[:, n].
    """
    return (a if dataflow == "ws" else a.T), (w.T if dataflow == "is" else w)


def result_beats(dataflow: str, y: np.ndarray) -> np.ndarray:
    """The beats of `y` for one tile: rows of Y, or its columns where the inputs stay."""
    return y.T if dataflow == "is" else y


def cycles(dataflow: str, rows: int, cols: int, lengths: list[int], *, registers: int, buffered: bool) -> int:
    """Clock cycles from the first input beat to the last output beat, both counted, when no stream ever pauses.

    `lengths` has one number per tile: the moving beats (M for ws, N for is, K for os). `registers` counts those
    declared at the multiplier.
    """
    depth = rows + cols + registers + (2 if buffered else 0)
    if dataflow == "os":
        # A register, K beats, the way through; then one row a cycle. The next tile's results need the same way out.
        last = lengths[0]
        for length in lengths[1:]:
            last += max(length, rows)
        return last + depth + rows
    return still_cycles(rows, lengths, depth)


def still_cycles(rows: int, lengths: list[int], depth: int) -> int:
    """As :func:`cycles`, where a tile of `rows` beats stays and `depth` is the core's latency, buffer included.

    The first tile loads for `rows` cycles behind one register; each further one loads under its predecessor.
    """
    start = rows + 1
    for length in lengths[:-1]:
        start += max(length, rows)
    return start + lengths[-1] + depth
