"""Golden model of the N:M multiply-accumulate unit: results and latency."""

import numpy as np

from .formats.sparse import illegal, place_bits
from .integer import wrap

LATENCY = 4
"""Cycles from a packet's last beat to its sum, apart from registers at the multipliers and levels of the adder tree."""


def pattern(sparsity: str) -> tuple[int, int]:
    """(N, M) of "N:M"."""
    n, m = sparsity.split(":")
    return int(n), int(m)


def dot(a: np.ndarray, kept: np.ndarray, places: np.ndarray, acc_width: int) -> tuple[int, int]:
    """(sum, illegal) of a packet: a (groups, M), kept and places (groups, N).

    The sum over groups g and t of kept[g, t] * a[g, places[g, t]] modulo 2^acc_width as two's complement; groups whose
    places do not ascend add nothing and are counted, modulo 2^16.
    """
    wrong = illegal(places, a.shape[1])
    total = 0
    for g in np.flatnonzero(~wrong):
        total += sum(int(w) * int(a[g, place]) for w, place in zip(kept[g], places[g], strict=True))
    return int(wrap(np.array([total]), acc_width)[0]), int(wrong.sum()) % (1 << 16)


def meta(places: np.ndarray, m: int) -> np.ndarray:
    """Metadata of each group: its places concatenated, the first in the low bits."""
    width = place_bits(m)
    return (places.astype(np.int64) << width * np.arange(places.shape[1])).sum(-1)


def latency(n: int, *, operand_register: bool, product_register: bool) -> int:
    """Cycles from a packet's last beat to its sum."""
    return LATENCY + operand_register + product_register + (n - 1).bit_length()
