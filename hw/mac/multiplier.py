"""Selection of the multiplier for two operands."""

from amaranth.hdl import Shape

from ..component import Component, ParameterError
from ..formats.decoder import Format
from ..formats.operand import Operand
from .fused_multiply import FusedMultiply, FusedOperand
from .multiply import Multiply
from .scaled import ScaledMultiply


def multiplier(a: Shape | Operand, b: Shape | Operand) -> type[Component]:
    """Return the multiplier of two operands: ports `a`, `b`, `product`; static `stages`, its latency in cycles.

    Operands may define their own multiplier. Raises :class:`.ParameterError` unless both define the same one, or none.
    """
    own = _own(a)
    if own is not _own(b):
        raise ParameterError(f"operands {a} and {b} have no multiplier in common.")
    if own is not None:
        return own
    if isinstance(a, FusedOperand):
        return FusedMultiply
    return ScaledMultiply if isinstance(a, Operand) or isinstance(b, Operand) else Multiply


def check_formats(a: Format, w: Format):
    """Raise :class:`.ParameterError` unless there is a multiplier for `a_format` and `w_format`."""
    if _own(a.operand) is not _own(w.operand):
        special, other = (a, w) if _own(a.operand) else (w, a)
        raise ParameterError(
            f"a_format={a}, w_format={w}: {special} has a multiplier of its own "
            f"({_own(special.operand).__name__}), which does not multiply {other}."
        )


def _own(operand: Shape | Operand) -> type[Component] | None:
    return operand.multiplier if isinstance(operand, Operand) else None
