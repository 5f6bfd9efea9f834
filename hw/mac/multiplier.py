"""Which multiplier two operands need."""

from amaranth.hdl import Shape

from ..component import Component
from ..formats.operand import Operand
from .fused_multiply import Fused, FusedMultiply
from .multiply import Multiply
from .scaled import ScaledMultiply


def multiplier(a: Shape | Operand, b: Shape | Operand) -> type[Component]:
    """What multiplies two operands: ports `a`, `b`, `product`; static `stages`, the cycles between."""
    if isinstance(a, Fused):
        return FusedMultiply
    return ScaledMultiply if isinstance(a, Operand) or isinstance(b, Operand) else Multiply
