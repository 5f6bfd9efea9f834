"""Golden model of the systolic array: results, beat order and latency.

A tile is a pair of matrices whose inner size is the array's: its result is their product, for every dataflow.
"""

from collections.abc import Callable

import numpy as np

from .integer import wrap


def product(a: np.ndarray, w: np.ndarray, acc_width: int = 32, multiply: Callable = np.multiply) -> np.ndarray:
    """Product Y = A @ W, term by term, modulo 2^acc_width as two's complement: (M, K), (K, N) -> (M, N), int64.

    `multiply` gives the product of values, element by element.

    Raises `ValueError` where the inner sizes differ.
    """
    if a.ndim != 2 or w.ndim != 2 or a.shape[1] != w.shape[0]:
        raise ValueError(f"a {a.shape} and w {w.shape} are not matrices with a common inner size")
    y = np.zeros((a.shape[0], w.shape[1]), np.int64)
    for k in range(a.shape[1]):
        y = wrap(y + multiply(a[:, k, None].astype(np.int64), w[k].astype(np.int64)), acc_width)
    return y


def beats(dataflow: str, a: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Beats of `a` and of `w` for one tile, each (beats, lanes), k = 0 first.

    ws: a[m], w[k]; os: a[:, k], w[k]; is: a[:, k], w[:, n]. It is its own inverse.
    """
    return (a if dataflow == "ws" else a.T), (w.T if dataflow == "is" else w)


def result_beats(dataflow: str, y: np.ndarray) -> np.ndarray:
    """Beats of `y` for one tile: rows of Y, or its columns for input stationary."""
    return y.T if dataflow == "is" else y


def cycles(
    dataflow: str,
    rows: int,
    cols: int,
    lengths: list[int],
    *,
    registers: int,
    buffered: bool,
    tables: list[tuple[int, int]] | None = None,
) -> int:
    """Clock cycles from the first input beat to the last output beat, both counted, when no stream ever pauses.

    `lengths` has one number per tile: the streamed beats (M for ws, N for is, K for os). `registers` counts those on
    the path of an operand: in its decoders, and declared at the multiplier. `tables` counts, for each tile, the
    preceding beats that transfer a table: in the streamed operand and in the other one (os: in either).
    """
    depth = rows + cols + registers + (2 if buffered else 0)
    tables = tables or [(0, 0)] * len(lengths)
    if dataflow == "os":
        return _last_beat(rows, lengths, tables) + depth + rows
    return stationary_cycles(rows, lengths, depth, tables)


def _last_beat(rows: int, lengths: list[int], tables: list[tuple[int, int]]) -> int:
    """Cycle in which the last beat of two streams that are consumed together enters, after their registers.

    The last beat of a tile waits for the output path: the previous result leaves at one row per cycle. Meanwhile the
    decoders have already passed the beat on and accept the following ones: `free` holds that cycle for each of them.
    """
    last, free = -rows, [-1, -1]
    for length, beats in zip(lengths, tables, strict=True):
        handed = [max(before + 1 + table, last) for before, table in zip(free, beats, strict=True)]
        first = max(handed) + 1
        free = handed if length == 1 else [first + length - 2] * 2
        last = max(first + length - 1, last + rows)
    return last


def stationary_cycles(rows: int, lengths: list[int], depth: int, tables: list[tuple[int, int]] | None = None) -> int:
    """As :func:`cycles`, where a tile of `rows` beats is stationary and `depth` is the core's latency, buffer included.

    The first tile loads for `rows` cycles after one register; each further one loads while its predecessor is in use.
    """
    loaded = swapped = moved = 0
    for length, (streamed, stationary) in zip(lengths, tables or [(0, 0)] * len(lengths), strict=True):
        loaded = max(loaded + stationary, swapped) + rows
        swapped = max(moved + streamed, loaded)
        moved = swapped + length
    return 1 + moved + depth
