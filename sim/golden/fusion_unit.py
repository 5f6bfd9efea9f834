"""Golden model of the Fusion Unit: results for words of 32 bits, and latency in cycles."""

from itertools import product as every
from typing import NamedTuple

import numpy as np

from .integer import wrap

WORD = 32
BRICKS = 16


class Mode(NamedTuple):
    """Bits and signs of activations and weights."""

    a_bits: int = 8
    w_bits: int = 8
    a_signed: bool = True
    w_signed: bool = True

    @property
    def code(self) -> int:
        """Six configuration bits of the hardware."""
        a_size, w_size = ((2, 4, 8, 16).index(bits) for bits in (self.a_bits, self.w_bits))
        return a_size | w_size << 2 | self.a_signed << 4 | self.w_signed << 5

    @property
    def cycles(self) -> int:
        """Cycles of a word: in each, sixteen bricks multiply two by two bits, and up to eight bits of an activation
        enter."""
        return max(1, self.a_bits // 8, self.a_bits * self.w_bits // (4 * BRICKS))

    @property
    def values(self) -> int:
        """Values per word, which is the number of products added."""
        return 4 * BRICKS * self.cycles // (self.a_bits * self.w_bits)

    @property
    def limits(self) -> dict[str, tuple[int, int]]:
        """Smallest and largest value of an activation "a" and of a weight "w"."""
        sides = {"a": (self.a_bits, self.a_signed), "w": (self.w_bits, self.w_signed)}
        return {
            side: (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
            for side, (bits, signed) in sides.items()
        }


MODES = [
    Mode(a_bits, w_bits, a_signed, w_signed)
    for a_bits, w_bits, a_signed, w_signed in every((2, 4, 8, 16), (2, 4, 8, 16), (False, True), (False, True))
    if (a_bits, w_bits) != (16, 2)
]
"""All legal modes."""


def pack(values: np.ndarray, bits: int) -> np.ndarray:
    """Values along the last axis as one word, the first in the low bits: int64."""
    codes = values.astype(np.int64) & ((1 << bits) - 1)
    return (codes << bits * np.arange(values.shape[-1])).sum(axis=-1)


def unpack(words: np.ndarray, count: int, bits: int, signed: bool) -> np.ndarray:
    """Inverse of :func:`pack`, along a new last axis."""
    codes = (words.astype(np.int64)[..., None] >> bits * np.arange(count)) & ((1 << bits) - 1)
    return wrap(codes, bits) if signed else codes


def dot(a_words: np.ndarray, w_words: np.ndarray, mode: Mode) -> np.ndarray:
    """Sum of the products of each pair of words, int64."""
    a = unpack(a_words, mode.values, mode.a_bits, mode.a_signed)
    w = unpack(w_words, mode.values, mode.w_bits, mode.w_signed)
    return (a * w).sum(axis=-1)


def dots(a_words: np.ndarray, w_words: np.ndarray, modes: list[Mode]) -> np.ndarray:
    """:func:`dot` of each pair of words, each in its own mode."""
    y = np.zeros(len(modes), np.int64)
    for mode in set(modes):
        at = [n for n, other in enumerate(modes) if other == mode]
        y[at] = dot(a_words[at], w_words[at], mode)
    return y
