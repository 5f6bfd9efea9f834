"""Golden model of the bfloat16 systolic array: results and latency."""

import numpy as np

from .formats import bfloat16
from .systolic import stationary_cycles

ADD = 6
"""Latency of an addition in cycles, and so the delay from a row to the next one."""
MULTIPLY = {"keep": 6, "flush": 3}
"""Latency of a product in cycles."""


def product(a: np.ndarray, w: np.ndarray, subnormals: str = "keep") -> np.ndarray:
    """Product Y = A @ W of codes as fp32 words, k = 0 first: (M, K), (K, N) -> (M, N)."""
    return bfloat16.matmul(a, w, subnormals=subnormals)


def cycles(rows: int, cols: int, lengths: list[int], *, subnormals: str, buffered: bool) -> int:
    """As `systolic.cycles`: a psum takes ADD cycles per row."""
    return stationary_cycles(rows, lengths, ADD * rows + cols + MULTIPLY[subnormals] + (2 if buffered else 0))
