"""Matrix engine of a core as a parameter: engines by name, formats that fit into a byte, and the required ports."""

from functools import lru_cache

from ...array.bfloat16_systolic import Bfloat16Systolic
from ...array.broadcast import Broadcast
from ...array.engine import Slot, name_of
from ...array.fusion_array import FusionArray
from ...array.sparse_systolic import SparseSystolic
from ...array.systolic import Systolic
from ...component import Component, ParameterError, Parameters
from ...formats import names

BYTE = 8
"""Bits of a lane of a scratchpad's word. A code of fewer bits is in the low ones; the others are ignored."""
SUM = 32
"""Bits of a sum, as the accumulators hold it."""
ENGINES: dict[str, type[Component]] = {
    name_of(kind): kind for kind in (Systolic, Broadcast, SparseSystolic, Bfloat16Systolic, FusionArray)
}
"""Matrix engines by name. Whether one fits is checked for each core: see :meth:`ArraySlot.fitted`."""
LEGAL = "systolic or broadcast or, in Python, the class of a matrix engine"
FORMATS = ", ".join(
    [
        f"int2 to int{BYTE}",
        *(f"{name}{low + 1} to {name}{min(high + 1, BYTE)}" for name, (_, low, high) in names.SIGNED.items()),
        f"uint1 to uint{BYTE}",
        *(f"u{name}{low} to u{name}{min(high, BYTE)}" for name, (_, low, high) in names.SIGNED.items()),
        *(name for name in names.OTHERS if not names.find(name).decoder_parameters.user),
    ]
)


def register(kind: type[Component]) -> str:
    """Register a matrix engine; return the name by which `array` selects it."""
    name = name_of(kind)
    if ENGINES.setdefault(name, kind) is not kind:
        raise ParameterError(f"array={name}: another matrix engine has that name already.")
    return name


def named(array: str | type) -> str:
    """Return the name of an engine that is given by name or as a class. Raises :class:`ParameterError`."""
    if isinstance(array, type) and issubclass(array, Component):
        return register(array)
    if not isinstance(array, str) or array not in ENGINES:
        raise ParameterError(f"array={getattr(array, '__name__', array)}: array must be {LEGAL}.")
    return array


def check_format(name: str, parameter: str):
    """Raise :class:`ParameterError` unless a byte of a scratchpad's word holds a code of this format."""
    try:
        format = names.find(name)
    except ValueError:
        raise ParameterError(f"{parameter}={name}: {parameter} must be {FORMATS}.") from None
    if format.code.width > BYTE:
        raise ParameterError(
            f"{parameter}={name}: {parameter} must have codes of at most {BYTE} bits; those of {name} have "
            f"{format.code.width}."
        )
    if getattr(format.operand, "multiplier", None):
        raise ParameterError(
            f"{parameter}={name}: {parameter} must have exact products, as the layers of a network have; {name} has a "
            "multiplier of its own."
        )
    if format.decoder_parameters.user:
        raise ParameterError(
            f"{parameter}={name}: {parameter} must have no user bits, because a scratchpad's word has none; {name} has "
            f"{format.decoder_parameters.user}."
        )


class ArraySlot(Parameters):
    """Slot for the array in a core of `size` x `size`: bytes of `size` lanes in, 32-bit sums of `size` lanes out.

    An engine must accept the parameters of :attr:`engine` and fulfil the contract of `hw.array.engine` with stationary
    weights, one row per cycle, and results without back-pressure.
    """

    array: str
    size: int
    a_format: str
    w_format: str

    @property
    def engine(self) -> dict:
        """Parameters of the engine."""
        return {
            "rows": self.size,
            "cols": self.size,
            "a_format": self.a_format,
            "w_format": self.w_format,
            "acc_width": SUM,
            "buffer": 0,
        }

    @property
    def kind(self) -> type[Component]:
        return ENGINES[self.array]

    def bits(self, format: str) -> int:
        """Bits of a code."""
        return names.find(format).code.width

    @property
    def fitted(self) -> Component:
        """Return the engine, for queries. Raises :class:`ParameterError` if it does not fit."""
        return _fitted(self.kind, self)


@lru_cache(maxsize=64)
def _fitted(kind: type[Component], slot: ArraySlot) -> Component:
    place = Slot("array", slot.size, slot.size, slot.bits(slot.a_format), slot.bits(slot.w_format), SUM)
    return place.fit(kind, **slot.engine)
