"""Operands from a decoder to a multiplier: small integers, and the shift of their product."""

from __future__ import annotations

from amaranth.hdl import Shape

from ..bundle import Bundle
from ..component import Component


class Operand(Bundle):
    """Operand: fields that represent an integer from `low` to `high`, a narrower range than that of all their bits.

    A subclass may define its own `multiplier`, which then multiplies two such operands. It has the parameters,
    ports and static `stages` of :class:`.Multiply` and may approximate, under three conditions: the product does not
    depend on the order of the operands; it is 0 if all bits of either operand are 0; it lies within the products of
    `low` and `high`, from which the width of sums follows.
    """

    multiplier: type[Component] | None = None

    def __init__(self, members: dict, low: int, high: int):
        super().__init__(members)
        self.low, self.high = low, high

    def __eq__(self, other):
        return type(self) is type(other) and super().__eq__(other) and (self.low, self.high) == (other.low, other.high)

    def __hash__(self):
        return hash((super().__hash__(), self.low, self.high))

    def __str__(self):
        fields = ", ".join(f"{name}={Shape.cast(field.shape)}" for name, field in self)
        return f"{type(self).__name__}({fields})"


class Scaled(Operand):
    """value = integer << shift."""

    def __init__(self, integer: Shape, longest: int, low: int, high: int):
        super().__init__({"integer": integer, "shift": range(longest + 1)}, low, high)


class Powers(Operand):
    """value = the sum of 1 << shift<n> over the terms n that are on; negative with `sign`, where there is one."""

    def __init__(self, longest: tuple[int, ...], signed: bool, high: int):
        members = {"sign": 1} if signed else {}
        for n, shift in enumerate(longest):
            members |= {f"on{n}": 1, f"shift{n}": range(shift + 1)}
        super().__init__(members, -high if signed else 0, high)
        self.terms = len(longest)


def limits(operand: Shape | Operand) -> tuple[int, int]:
    """Return the smallest and the largest value."""
    if isinstance(operand, Operand):
        return operand.low, operand.high
    if operand.signed:
        return -(1 << operand.width - 1), (1 << operand.width - 1) - 1
    return 0, (1 << operand.width) - 1
