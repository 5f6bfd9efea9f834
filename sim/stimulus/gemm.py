"""Tiling of a matrix product of any size for an engine, and assembly of its results."""

import numpy as np

from ..golden.operands import ANT


def tiles(
    a: np.ndarray, w: np.ndarray, rows: int, cols: int, dataflow: str = "ws"
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cut A (M, K) and W (K, N) into tiles for an engine of rows x cols; edges are filled with zeros.

    ws: K by `rows`, N by `cols`, M is streamed whole; is: K by `rows`, M by `cols`, N is streamed whole; os: M by
    `rows`, N by `cols`, K is streamed whole. The product's K-tiles are consecutive, so that their sums can accumulate
    in place.
    """
    m_step, k_step, n_step = _steps(a, w, rows, cols, dataflow)
    a, w = _pad(a, m_step, k_step), _pad(w, k_step, n_step)
    return [
        (a[m : m + m_step, k : k + k_step], w[k : k + k_step, n : n + n_step])
        for m in range(0, a.shape[0], m_step)
        for n in range(0, w.shape[1], n_step)
        for k in range(0, a.shape[1], k_step)
    ]


def assemble(
    results: list[np.ndarray], a: np.ndarray, w: np.ndarray, rows: int, cols: int, dataflow: str = "ws"
) -> np.ndarray:
    """Product (M, N) from the results of :func:`tiles`, K-tiles summed: the function of an accumulator memory."""
    m_step, k_step, n_step = _steps(a, w, rows, cols, dataflow)
    m_count, k_count, n_count = (
        -(-size // step) for size, step in ((a.shape[0], m_step), (a.shape[1], k_step), (w.shape[1], n_step))
    )
    y = np.stack(results).reshape(m_count, n_count, k_count, m_step, n_step).sum(axis=2)
    return y.transpose(0, 2, 1, 3).reshape(m_count * m_step, n_count * n_step)[: a.shape[0], : w.shape[1]]


def _steps(a, w, rows, cols, dataflow):
    (m, k), n = a.shape, w.shape[1]
    return {"ws": (m, rows, cols), "is": (cols, rows, n), "os": (rows, k, cols)}[dataflow]


def _pad(matrix, row_step, col_step):
    return np.pad(matrix, [(0, -size % step) for size, step in zip(matrix.shape, (row_step, col_step), strict=True)])


def halves(a: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Product A @ W of 8-bit integers on 4-bit multipliers: codes (M, 4 K), codes (4 K, N), `user` of each row of W.

    Four rows of an array form one: a low, high, low, high times w low, low, high, high, and the column sums. All beats
    of A are of type "bytes", so that an array's rows must be a multiple of 4.
    """
    a, w = (np.stack([matrix & 15, matrix >> 4 & 15], -1) for matrix in (a, w.T))
    types = [ANT.index(name) for name in ("low", "low", "high", "high")]
    return (
        np.tile(a, 2).reshape(len(a), -1),
        np.repeat(w, 2, axis=-1).reshape(len(w), -1).T,
        np.tile(types, w.shape[1]),
    )
