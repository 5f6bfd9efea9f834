"""Golden model of the broadcast matrix unit: the streams of a weight-stationary array, the latency of an adder tree."""

from collections.abc import Callable

import numpy as np

from .integer import wrap
from .systolic import stationary_cycles


def product(a: np.ndarray, w: np.ndarray, acc_width: int = 32, multiply: Callable = np.multiply) -> np.ndarray:
    """Product Y = A @ W as adder trees sum it, neighbours first, modulo 2^acc_width: (M, K), (K, N) -> (M, N), int64.

    `multiply` gives the product of values, element by element.
    """
    terms = [multiply(a[:, k, None].astype(np.int64), w[k].astype(np.int64)) for k in range(a.shape[1])]
    while len(terms) > 1:
        pairs = [wrap(x + y, acc_width) for x, y in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return wrap(terms[0], acc_width)


def cycles(
    rows: int, lengths: list[int], *, registers: int, buffered: bool, tables: list[tuple[int, int]] | None = None
) -> int:
    """Clock cycles from the first input beat to the last output beat, both counted, when no stream ever pauses."""
    levels = int(np.ceil(np.log2(rows)))
    return stationary_cycles(rows, lengths, 1 + registers + levels + (2 if buffered else 0), tables)
