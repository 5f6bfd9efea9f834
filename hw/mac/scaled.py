"""Multiplier of decoded operands: small integers are multiplied, then shifted; powers of two only shift."""

from dataclasses import dataclass
from operator import add, and_, xor

from amaranth.hdl import Const, Module, Mux, Shape, Signal, Value, signed
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place
from ..formats.integer import sum_shape
from ..formats.operand import Operand, Powers
from .multiply import Multiply


class ScaledMultiply(Component):
    """product = a * b, where an operand is an integer, an integer with a shift, or a sum of signed powers of two.

    integer * integer << shift + shift. An operand that has a sign instead of an integer needs only a negation instead
    of the multiplier. Each pair of powers of the two operands is a shift, and the shifts are summed.

    Latency: operand_register + 2 * product_register cycles, the latter after the multiplier and after the shifter.
    Initiation interval 1. Area: one multiplier, or a negation; a shifter and an adder for each pair of powers.
    """

    class Parameters(Parameters):
        a: Shape | Operand
        b: Shape | Operand
        operand_register: bool
        product_register: bool

    @staticmethod
    def members(p):
        return {"a": In(p.a), "b": In(p.b), "product": Out(sum_shape(p.a, p.b, 1))}

    @staticmethod
    def stages(operand_register: bool, product_register: bool) -> int:
        return operand_register + 2 * product_register

    def elaborate(self, platform):
        m = Module()
        p = self.p

        def registered(value, present: bool, name: str):
            """Return a value as a named signal, registered if `present`; None stays None."""
            if value is None:
                return None
            kept = Signal(value.shape(), name=name, reset_less=True)
            domain = m.d.sync if present else m.d.comb
            domain += kept.eq(value)
            return kept

        a, b = _parts(self.a), _parts(self.b)
        pairs = [
            (_both(on_a, on_b, and_), _both(shift_a, shift_b, add))
            for on_a, shift_a in a.powers
            for on_b, shift_b in b.powers
        ]
        if a.integer is not None and b.integer is not None:
            multiply = place(
                m,
                platform,
                "multiply",
                Multiply,
                {"a": a.integer, "b": b.integer},
                a=a.integer.shape(),
                b=b.integer.shape(),
                operand_register=p.operand_register,
                product_register=p.product_register,
            )
            factor = multiply.product
        else:
            only = _both(a.integer, b.integer, None)
            operand = Const(1, signed(2)) if only is None else registered(only, p.operand_register, "operand")
            factor = operand
            if (sign := registered(_both(a.sign, b.sign, xor), p.operand_register, "sign")) is not None:
                factor = Mux(sign, -operand, operand)
            if len(pairs) == 1:  # a zero costs less here than after the shifter
                ((on, shift),) = pairs
                factor = Mux(registered(on, p.operand_register, "on"), factor, 0)
                pairs = [(None, shift)]
            factor = registered(factor, p.product_register, "factor")

        terms = []
        for n, (on, shift) in enumerate(pairs):
            for stage, present in (("operand", p.operand_register), ("product", p.product_register)):
                on = registered(on, present, f"{stage}_on{n}")
                shift = registered(shift, present, f"{stage}_shift{n}")
            term = Signal(self.product.shape(), name=f"term{n}")
            m.d.comb += term.eq(factor << shift if on is None else Mux(on, factor << shift, 0))
            terms.append(term)
        m.d.comb += self.product.eq(registered(sum(terms[1:], terms[0]), p.product_register, "shifted"))
        return m


@dataclass
class _Parts:
    """Parts of an operand: its integer or its sign, each None if absent; and its powers, each (on, shift).

    None stands for always on, and for no shift.
    """

    integer: Value | None
    sign: Value | None
    powers: list[tuple[Value | None, Value | None]]


def _parts(operand) -> _Parts:
    layout = operand.shape()
    if not isinstance(layout, Operand):
        return _Parts(operand, None, [(None, None)])
    if isinstance(layout, Powers):
        powers = [(operand[f"on{n}"], operand[f"shift{n}"]) for n in range(layout.terms)]
        return _Parts(None, operand.sign if "sign" in layout.members else None, powers)
    return _Parts(operand.integer, None, [(None, operand.shift)])


def _both(a: Value | None, b: Value | None, operation) -> Value | None:
    """Return `operation` of two values; the other one if one is None."""
    if a is None or b is None:
        return b if a is None else a
    return operation(a, b)
