"""Golden model of the processing element: results and latency."""

from collections.abc import Callable

import numpy as np

from . import operands
from .integer import wrap

LATENCY = 5
"""Cycles from an operand to its result, apart from the multiplier's registers."""


def lanes(name: str) -> int:
    """Lanes per beat: two in formats that are decoded in pairs; the element multiplies the first."""
    return 2 if name in operands.OLIVE else 1


def results(
    dataflow: str,
    a: np.ndarray,
    w: np.ndarray,
    psums: np.ndarray,
    acc_width: int,
    multiply: Callable = np.multiply,
) -> np.ndarray:
    """Results of a tile, modulo 2^acc_width as two's complement.

    ws: psums + a * w[0], an activation after the other; os: the sum of a * w, one result.
    `multiply` gives the product of values, element by element.
    """
    if dataflow == "ws":
        return wrap(psums.astype(np.int64) + multiply(a.astype(np.int64), np.int64(w[0])), acc_width)
    total = np.zeros(1, np.int64)
    for term in multiply(a.astype(np.int64), w.astype(np.int64)):
        total = wrap(total + term, acc_width)
    return total


def latency(a_format: str, w_format: str, *, operand_register: bool, product_register: bool) -> int:
    """Cycles from the beat that completes a result to its result."""
    return LATENCY + operand_register + product_register * operands.product_registers(a_format, w_format)


def law(dataflow: str, taken: dict[str, list[int]], lengths: list[int], latency: int) -> list[int]:
    """Cycle of each result, if the output never stalls, for beats accepted at the ports in cycles `taken`.

    A beat is in its register one cycle after it was accepted. It enters the cell when all its operands are available:
    in ws the first beat of a tile needs its weight, which loads when the previous weight has come into use.
    """
    cycles, entered, swapped, beat = [], -1, -1, 0
    for tile, length in enumerate(lengths):
        for n in range(length):
            if dataflow == "ws":
                entered = max(taken["a"][beat] + 1, taken["psum"][beat] + 1, entered + 1)
                if n == 0:
                    loads = max(taken["w"][tile] + 1, swapped + 1)
                    swapped = entered = max(entered, loads + 1)
            else:
                entered = max(taken["a"][beat] + 1, taken["w"][beat] + 1, entered + 1)
            beat += 1
            if dataflow == "ws" or n == length - 1:
                cycles.append(entered + latency - 1)
    return cycles
