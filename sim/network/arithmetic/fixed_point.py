"""Truncating fixed point of 8 or 16 bits: DianNao and its family, Eyeriss."""

from dataclasses import dataclass

import numpy as np

from ...golden.integer import wrap
from .base import ORDERS, Arithmetic, groups, legal

OVERFLOWS = ("wrap", "saturate")


def narrow(values: np.ndarray, bits: int, overflow: str) -> np.ndarray:
    """Conversion to two's complement of `bits` bits: modulo 2^bits ("wrap") or the nearest that fits ("saturate")."""
    if overflow == "wrap":
        return wrap(values, bits)
    return np.clip(values, -(1 << bits - 1), (1 << bits - 1) - 1)


@dataclass(frozen=True)
class FixedPoint(Arithmetic):
    """Numbers of `width` bits with `fraction` fraction bits; every product is truncated before it is summed.

    p = (a * w) >> fraction, an arithmetic shift. With `product` "wrap" its low `width` bits are kept, otherwise it
    saturates. A sum of `sum_width` bits starts at the bias. `group` neighbouring products at a time are summed exactly,
    as by an adder tree, and added to the sum, to which `overflow` applies after each group. Products are added in
    `order`, see `base.ORDERS`; with "wrap" neither order nor group affects the result. The result is the sum, narrowed
    to its type by `overflow`.

    DianNao: FixedPoint(fraction=10, sum_width=32, overflow="saturate", group=16). Eyeriss: FixedPoint(fraction=f), as
    its psums have 16 bits at every MAC. The papers do not define overflow. Raises `ValueError`.

    Functions are relu, identity, and piecewise linear segments as in DianNao's NFU-3: y = ((slope * x) >> fraction) +
    offset, where a table of 2^s rows (slope, offset) is indexed by the top s bits of x.
    """

    fraction: int
    width: int = 16
    sum_width: int = 16
    product: str = "wrap"
    overflow: str = "wrap"
    group: int = 1
    order: str = "taps"

    OPERATIONS = frozenset(("dot", "add", "multiply", "maximum", "identity", "relu", "segments"))

    def __post_init__(self):
        legal("width", self.width, (8, 16))
        legal("product", self.product, OVERFLOWS)
        legal("overflow", self.overflow, OVERFLOWS)
        legal("order", self.order, ORDERS)
        for name, low, high in (("fraction", 0, 2 * self.width - 1), ("sum_width", self.width, 32)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}={getattr(self, name)}: {name} must be from {low} to {high}")
        if self.group < 1:
            raise ValueError(f"group={self.group}: group must be 1 or more")

    @property
    def BIASES(self):
        return (self._type, "int32")

    @property
    def _type(self) -> str:
        return f"int{self.width}"

    def operand_types(self, operation, index):
        return (self._type,)

    def result_types(self, operation, inputs):
        return (self._type, "int32") if operation == "dot" else (self._type,)

    def rejects(self, operation, inputs, output):
        for tensor in (*inputs, output):
            if tensor.zero_point:
                return f"FixedPoint has no zero points, and {tensor.name} has {tensor.zero_point}"
        return super().rejects(operation, inputs, output)

    def dot(self, a, w, taps, bias):
        start = np.zeros(w.shape[1], np.int64) if bias is None else np.asarray(bias, np.int64)
        sums = np.broadcast_to(narrow(start, self.sum_width, self.overflow), (a.shape[0], w.shape[1]))
        for group in groups(taps, a.shape[1] // taps, self.order, self.group):
            partial = sum(self._product(a[:, k, None], w[None, k]) for k in group)
            sums = narrow(sums + partial, self.sum_width, self.overflow)
        return sums

    def finish(self, sums, output):
        bits = 32 if output.type == "int32" else self.width
        return narrow(sums, bits, self.overflow).astype(output.dtype)

    def add(self, a, b, output):
        return self.finish(a + b, output)

    def multiply(self, a, b, output):
        return self.finish(self._product(a, b), output)

    def activation(self, x, function, table, output):
        if table is not None:
            bits = int(table.shape[0]).bit_length() - 1
            slope, offset = np.moveaxis(table.astype(np.int64)[(x & (1 << self.width) - 1) >> self.width - bits], -1, 0)
            x = self._product(slope, x) + offset
        elif function == "relu":
            x = np.maximum(x, 0)
        return self.finish(x, output)

    def _product(self, a: np.ndarray, w: np.ndarray) -> np.ndarray:
        return narrow(a * w >> self.fraction, self.width, self.product)
