"""Stimulus of the BitBrick: all operands, in some order."""

import numpy as np

CASES = 64
"""Two bits and a flag for each of two operands."""


def random_cases(parameters: dict, count: int, seed: int) -> list[np.ndarray]:
    """Cases that each hold all operands once: rows of (a, a_signed, b, b_signed)."""
    rng = np.random.default_rng(seed)
    every = np.stack([np.arange(CASES) >> at & mask for at, mask in ((0, 3), (2, 1), (3, 3), (5, 1))], axis=1)
    return [rng.permutation(every) for _ in range(count)]
