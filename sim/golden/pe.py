"""What a processing element computes, and when."""

from collections.abc import Callable

import numpy as np

from . import operands
from .integer import wrap

LATENCY = 5
"""Cycles from an operand to its result, but for the multiplier's registers."""


def lanes(name: str) -> int:
    """Lanes of a beat: two in formats that are decoded in pairs; the element multiplies the first."""
    return 2 if name in operands.OLIVE else 1


def results(
    dataflow: str,
    a: np.ndarray,
    w: np.ndarray,
    psums: np.ndarray,
    acc_width: int,
    multiply: Callable = np.multiply,
) -> np.ndarray:
    """The results of a tile, modulo 2^acc_width as two's complement.

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
    """The cycle of each result, where the output never stalls, of beats that the ports took in cycles `taken`.

    A beat is in its register a cycle after it was taken. It enters the cell when all that it needs is there: in ws the
    first of a tile needs its weight, which loads when the one before has come into use.
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
