"""Products of what decoders give: small integers are multiplied, then shifted; powers of two only shift."""

from dataclasses import dataclass

from amaranth.hdl import Const, Module, Mux, Shape, Signal, Value
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place
from ..formats.integer import sum_shape
from ..formats.operand import Operand, Powers
from .multiply import Multiply


class ScaledMultiply(Component):
    """product = a * b, where an operand is an integer, an integer with a shift, or a sum of signed powers of two.

    integer * integer << shift + shift; where an operand has no integer but a sign, that takes the multiplier's place,
    and each pair of its powers with the other's is a shift, summed.

    Latency: operand_register + 2 * product_register cycles, the latter behind the multiplier and behind the shifter.
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
    def latency(operand_register: bool, product_register: bool) -> int:
        return operand_register + 2 * product_register

    def elaborate(self, platform):
        m = Module()
        p = self.p

        def registered(value, present: bool, name: str):
            """A value behind a register, if there is one and something to keep."""
            if not present or isinstance(value, Const):
                return value
            kept = Signal(value.shape(), name=name, reset_less=True)
            m.d.sync += kept.eq(value)
            return kept

        a, b = _parts(self.a), _parts(self.b)
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
            sign = registered(a.sign ^ b.sign, p.operand_register, "sign")
            integer = next((each.integer for each in (a, b) if each.integer is not None), Const(1))
            integer = registered(integer, p.operand_register, "integer")
            factor = registered(Mux(sign, -integer, integer), p.product_register, "factor")

        terms = []
        for i, (on_a, shift_a) in enumerate(a.powers):
            for j, (on_b, shift_b) in enumerate(b.powers):
                by = {"on": on_a & on_b, "shift": shift_a + shift_b}
                for name in by:
                    for stage in ("operand", "product"):
                        by[name] = registered(by[name], getattr(p, f"{stage}_register"), f"{stage}_{name}{i}{j}")
                term = Signal(self.product.shape(), name=f"term{i}{j}")
                m.d.comb += term.eq(Mux(by["on"], factor << by["shift"], 0))
                terms.append(term)
        m.d.comb += self.product.eq(registered(sum(terms[1:], terms[0]), p.product_register, "shifted"))
        return m


@dataclass
class _Parts:
    """An operand: its integer, or None and its sign; and its powers, each whether it is on and its shift."""

    integer: Value | None
    sign: Value
    powers: list[tuple[Value, Value]]


def _parts(operand) -> _Parts:
    one, zero = Const(1, 1), Const(0, 1)
    layout = operand.shape()
    if not isinstance(layout, Operand):
        return _Parts(operand, zero, [(one, zero)])
    if isinstance(layout, Powers):
        powers = [(operand[f"on{n}"], operand[f"shift{n}"]) for n in range(layout.terms)]
        return _Parts(None, operand.sign if "sign" in layout.members else zero, powers)
    return _Parts(operand.integer, zero, [(one, operand.shift)])


def multiplier(a: Shape | Operand, b: Shape | Operand) -> type[Component]:
    """What multiplies two operands."""
    return ScaledMultiply if isinstance(a, Operand) or isinstance(b, Operand) else Multiply
