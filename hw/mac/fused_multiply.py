"""Fused multiplier of a Fusion Unit: sixteen BitBricks and a tree of shifts and adders."""

from amaranth.hdl import Module, Mux, Shape, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..formats.integer import sum_shape
from ..formats.operand import Operand
from .bitbrick import BitBrick

BRICKS = 16
A1, W1, A2, W2 = range(4)
"""Levels of the tree over the bricks, one per bit of a brick's number, named by the operand whose slices they
separate."""
A_LEVELS, W_LEVELS = (A1, A2), (W1, W2, A2)
"""Levels that are fused for activations of 4 and 8 bits, and for weights of 4, 8 and 16 bits."""

CONTROL = Bundle({"a4": 1, "a8": 1, "w4": 1, "w8": 1, "w16": 1, "a_signed": 1, "w_signed": 1})
"""Flags for minimum widths, and for signs. `w16` requires activations of at most four bits."""
SLICES = 2 * BRICKS
"""Bits of an operand: two per brick."""


class FusedOperand(Operand):
    """Slices of an operand at the inputs of the bricks; for activations, also the configuration of the fusion."""


ACTIVATION = FusedOperand({"slices": SLICES, "control": CONTROL}, -8, 15)
WEIGHT = FusedOperand({"slices": SLICES}, -(2**15), 2**16 - 1)
"""Value ranges of 4 x 16 bits, the mode whose sums of products are the largest."""


def place_of(brick: int, a_bits: int, w_bits: int) -> tuple[int, int, int]:
    """Return (k, i, j): a brick's product, its slice of the activation and its slice of the weight, 0 the lowest.

    A level is either fused for one operand or separates products. Weights of 16 bits use the level A2.
    """
    fused_a = A_LEVELS[: a_bits.bit_length() - 2]
    fused_w = W_LEVELS[: w_bits.bit_length() - 2]
    free = [level for level in (A1, A2, W1, W2) if level not in fused_a + fused_w]
    return number(brick, free), number(brick, fused_a), number(brick, fused_w)


def number(brick: int, levels) -> int:
    """Return the bits of a brick's number at `levels`, the first level in the lowest bit."""
    return sum((brick >> level & 1) << bit for bit, level in enumerate(levels))


def _top(signed, where: int, fused: list):
    """Return whether a slice is signed: its operand is, and all relevant bits (fused levels) of its index are 1."""
    for bit, level in enumerate(fused):
        if not where >> bit & 1:
            signed = signed & ~level
    return signed


class FusedMultiply(Component):
    """product = sum of the products a_k * w_k of sixteen bricks: 1 product of 8 x 8 bits to 16 of 2 x 2.

    sum of brick(a's slice i, w's slice j) << 2 * (i + j): each brick has two bits of each of `a.slices` and `b.slices`
    as inputs (:func:`place_of`). Only a signed operand's top slice is signed. The tree adds pairs, the upper one
    shifted as `a.control` specifies for its level: by 2, 2, 4 or 8, 4, and by 0 where the two belong to different
    products.

    Latency operand_register + product_register: a register after the quads of bricks, and one after the tree.
    Initiation interval 1. Area: sixteen bricks, fifteen adders of 7 to 21 bits, a multiplexer at the input of each.

    It replaces :class:`.Multiply` in cells. Source: H. Sharma et al., Bit Fusion, ISCA 2018, section III.
    """

    class Parameters(Parameters):
        a: FusedOperand = ACTIVATION
        b: FusedOperand = WEIGHT
        operand_register: bool = False
        product_register: bool = False

    unit = "product"
    peak = BRICKS

    @staticmethod
    def members(p):
        return {"a": In(p.a), "b": In(p.b), "product": Out(sum_shape(p.a, p.b, 1))}

    @staticmethod
    def stages(operand_register: bool, product_register: bool) -> int:
        return operand_register + product_register

    @property
    def latency(self) -> int:
        return self.stages(self.p.operand_register, self.p.product_register)

    def elaborate(self, platform):
        m = Module()
        control = self.a.control
        a_signed = Signal(4)  # per slice, by its index in its operand
        w_signed = Signal(8)
        for place_a in range(4):
            m.d.comb += a_signed[place_a].eq(_top(control.a_signed, place_a, [control.a4, control.a8]))
        for place_w in range(8):
            m.d.comb += w_signed[place_w].eq(_top(control.w_signed, place_w, [control.w4, control.w8, control.w16]))
        nodes = []
        for n in range(BRICKS):
            brick = place(
                m,
                platform,
                f"brick{n}",
                BitBrick,
                {
                    "a": self.a.slices[2 * n : 2 * n + 2],
                    "a_signed": a_signed[number(n, A_LEVELS)],
                    "b": self.b.slices[2 * n : 2 * n + 2],
                    "b_signed": w_signed[number(n, W_LEVELS)],
                },
            )
            nodes.append(brick.product)

        low, high = -6, 9  # of a node of the tree
        for level, name in enumerate(("a1", "w1", "a2", "w2")):
            if level == A2 and self.p.operand_register:
                quads, delayed = nodes, Signal(CONTROL, name="control_quads", reset_less=True)
                nodes = [Signal(each.shape(), name=f"quad{n}", reset_less=True) for n, each in enumerate(quads)]
                m.d.sync += [register.eq(quad) for register, quad in zip(nodes, quads, strict=True)]
                m.d.sync += delayed.eq(control)
                control = delayed
            shifts = {
                A1: {2: control.a4},
                W1: {2: control.w4},
                A2: {4: control.a8, 8: control.w16},
                W2: {4: control.w8},
            }[level]
            low, high = (end + (end << max(shifts)) for end in (low, high))
            sums = []
            for n, (lower, upper) in enumerate(zip(nodes[::2], nodes[1::2], strict=True)):
                for shift, condition in shifts.items():
                    upper = Mux(condition, nodes[2 * n + 1] << shift, upper)
                sums.append(total := Signal(Shape.cast(range(low, high + 1)), name=f"{name}_{n}"))
                m.d.comb += total.eq(lower + upper)
            nodes = sums
        product = Signal(self.product.shape(), reset_less=True)
        domain = m.d.sync if self.p.product_register else m.d.comb
        domain += product.eq(nodes[0])
        m.d.comb += self.product.eq(product)
        return m
