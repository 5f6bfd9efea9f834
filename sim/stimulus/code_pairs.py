"""Exhaustive pairs of codes of two formats, one product at a time, for a weight-stationary array of 2 x 16."""

import itertools

import numpy as np

from ..golden import operands
from ..golden.integer import wrap
from .systolic import SystolicCase

ROWS, COLS = 2, 16


def every_pair(a: str, w: str, seed: int = 0) -> SystolicCase:
    """Every code of `a` times every code of `w`, formats of at most four bits, in each of their modes.

    Codes are in even and in odd lanes, and in each row; the lane next to an activation holds code 0. Where neighbours
    are decoded together, every pair of codes of one side is combined with every code of the other, normal and outlier.
    Codebooks are random, except that entry 0 of A's is 0.
    """
    rng = np.random.default_rng(seed)
    tables = {}
    for name, format, lanes in (("a", a, ROWS), ("w", w, COLS)):
        if format == "codebook":
            tables[0, name] = rng.integers(-(1 << 15), 1 << 15, (lanes, operands.ENTRIES))
            tables[0, name][:, 0] *= name == "w"
    tiles, users = [], {}
    for u, v, row, whole in itertools.product(_modes(a), _modes(w), range(ROWS), (False, True)):
        beats = _pairs(whole) if a in operands.OLIVE else _alone(np.arange(1 << operands.bits(a)), row)
        if w in operands.OLIVE:
            weights = _pairs(not whole).reshape(-1, COLS)
        else:  # each code in an even lane, or each in an odd one
            weights = [np.roll(np.arange(COLS) % (1 << operands.bits(w)), whole)]
        for lanes in weights:
            users |= {(len(tiles), name): mode for name, mode in (("a", u), ("w", v)) if mode is not None}
            tiles.append((_values(a, beats), _values(w, _alone(lanes, row).T)))
    return SystolicCase(tiles, users=users, tables=tables)


def _modes(format: str) -> range | list[None]:
    """Legal values of `user`."""
    choices = 0 if format == "codebook" else operands.users(format)
    return range(choices) if choices else [None]


def _values(format: str, codes: np.ndarray) -> np.ndarray:
    """Contents of a tile for given codes: for integers their values, otherwise the codes."""
    return wrap(codes, operands.bits(format)) if operands.is_integer(format) and not format.startswith("u") else codes


def _pairs(everything: bool) -> np.ndarray:
    """Every pair of codes of four bits, or every code next to a normal value and next to an identifier."""
    if everything:
        return np.array(list(itertools.product(range(16), repeat=2)))
    pairs = [[code, other] for code in range(16) for other in (1, 8)]
    return np.array(pairs + [pair[::-1] for pair in pairs])


def _alone(codes: np.ndarray, row: int) -> np.ndarray:
    """Beats in which only lane `row` of two has a code."""
    return np.stack([codes, np.zeros_like(codes)][:: 1 - 2 * row], 1)
