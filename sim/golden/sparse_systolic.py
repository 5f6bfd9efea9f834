"""Golden model of the N:M sparse systolic array: results, reported errors and latency.

The weights of a tile are `kept` and `places`, (columns, groups, n) each, as in `formats.sparse`; places may be illegal.
"""

import numpy as np

from .formats.sparse import illegal
from .integer import wrap
from .systolic import stationary_cycles


def product(a: np.ndarray, kept: np.ndarray, places: np.ndarray, m: int, acc_width: int = 32) -> np.ndarray:
    """Product Y = A @ W modulo 2^acc_width: y[i, c] = sum over g, t of kept[c, g, t] * a[i, g * m + places[c, g, t]].

    A group with illegal places adds nothing. Raises `ValueError` where A does not have m columns for each group.
    """
    cols, groups, n = places.shape
    if a.shape[1] != groups * m:
        raise ValueError(f"a {a.shape} has not {m} columns for each of {groups} groups")
    legal = ~illegal(places, m)
    y = np.zeros((len(a), cols), np.int64)
    for c in range(cols):
        for g in np.flatnonzero(legal[c]):
            for t in range(n):
                y[:, c] += kept[c, g, t] * a[:, g * m + places[c, g, t]].astype(np.int64)
    return wrap(y, acc_width)


def reports(places: np.ndarray, m: int) -> list[tuple[int, int]]:
    """Reports of a tile: (group, one bit for each column whose places are illegal), groups in order."""
    wrong = illegal(places, m)
    masks = [sum(1 << c for c in np.flatnonzero(wrong[:, g]).tolist()) for g in range(places.shape[1])]
    return [(g, mask) for g, mask in enumerate(masks) if mask]


def cycles(groups: int, cols: int, n: int, lengths: list[int], *, registers: int, buffered: bool) -> int:
    """As `systolic.cycles`: a row of cells is a group, its products are summed in a tree, metadata passes one
    register."""
    levels = (n - 1).bit_length()
    return 1 + stationary_cycles(groups, lengths, groups + cols + registers + levels + (2 if buffered else 0))
