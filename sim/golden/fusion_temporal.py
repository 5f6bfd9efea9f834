"""Golden model of sixteen serial multipliers: operand order and products."""

import numpy as np

from .fusion_unit import BRICKS, Mode, pack


def cycles(mode: Mode) -> int:
    """Beats of sixteen products: every slice of the activation with every slice of the weight."""
    return (mode.a_bits // 2) * (mode.w_bits // 2)


def beats(a: np.ndarray, w: np.ndarray, mode: Mode) -> tuple[np.ndarray, np.ndarray]:
    """Words of `a` and of `w`, (products, 16) each, beat by beat: the slices of `a` for the lowest of `w` first."""
    order = [(i, j) for j in range(mode.w_bits // 2) for i in range(mode.a_bits // 2)]
    a_slices = np.stack([a >> 2 * i & 3 for i, _ in order], axis=1)
    w_slices = np.stack([w >> 2 * j & 3 for _, j in order], axis=1)
    return pack(a_slices, 2).reshape(-1), pack(w_slices, 2).reshape(-1)


def product(a: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Products lane by lane, (products, 16), int64."""
    assert a.shape[1] == w.shape[1] == BRICKS
    return a.astype(np.int64) * w.astype(np.int64)
