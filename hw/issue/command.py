"""Commands from the issuer to a unit, the unit's command queue, and its configuration registers."""

from functools import cache

from amaranth.hdl import Const, Mux, Shape, Signal
from amaranth.lib import stream

from ..accelerator.contract import PC_WIDTH
from ..bundle import Bundle
from ..component import place
from ..stream.buffer import StreamBuffer
from ..stream.packet import join
from .isa import Isa
from .isa_spec import Control

COUNT = Shape(16)
"""Shape of a configuration register that holds a count: a value that does not fit is stored as 0, which is illegal."""


@cache
def command(isa: Isa) -> Bundle:
    """An instruction with the values of its operands."""
    operands = {operand.name: operand.bits for operand in isa.operands}
    return Bundle({"op": isa.opcode.bits, "flags": isa.flags.bits} | operands | {"pc": PC_WIDTH})


def commands(isa: Isa) -> stream.Signature:
    return stream.Signature(command(isa))


def flag(isa: Isa, command, name: str):
    """Return a flag of the instruction in `command`, by its name in the table."""
    return command.flags[isa.flag(name).range]


def command_queue(m, platform, isa: Isa, source, depth: int):
    """Insert a queue after the stream `source`, in module `m`; return its output stream."""
    queue = place(m, platform, "queue", StreamBuffer, payload=command(isa), depth=depth, style="distributed")
    m.d.comb += [
        source.ready.eq(queue.space),
        queue.reserve.eq(source.valid & queue.space),
        queue.write.valid.eq(queue.reserve),
        queue.write.payload.eq(source.payload),
    ]
    out = commands(isa).create(path=("command",))
    join(m, queue.o, out)
    return out


def settings(m, isa: Isa, command, shapes: dict) -> dict:
    """Configuration registers {number: register} of the given shapes, written when a SET leaves the stream `command`.

    Values that do not fit are converted by :func:`saturate`.
    """
    registers = {}
    for setting, shape in shapes.items():
        registers[setting] = register = Signal(shape, name=setting.name.lower())
        written, value = _set(isa, command, setting)
        with m.If(written):
            m.d.sync += register.eq(saturate(value, Shape.cast(shape)))
    return registers


def counts_nonzero(m, isa: Isa, command, counts: list) -> Signal:
    """High if none of the configuration registers `counts` is 0; registered, and valid as early as they are."""
    nonzero = Signal(len(counts), name="some")
    for n, setting in enumerate(counts):
        written, value = _set(isa, command, setting)
        with m.If(written):
            m.d.sync += nonzero[n].eq(saturate(value, COUNT) != 0)
    return nonzero.all()


def _set(isa: Isa, command, setting):
    """Whether a SET of one configuration register leaves the stream, and the value that it writes."""
    op = isa.controls[Control.SET]
    number, operand = isa.rows[op].flags[0], next(iter(isa.rows[op].operands))
    selected = command.payload.flags[number.range] == setting
    return command.valid & command.ready & (command.payload.op == op) & selected, command.payload[operand]


def saturate(word, shape: Shape):
    """Convert a word to `shape`: unsigned values that do not fit become 0, signed values the nearest limit."""
    width = shape.width
    if not shape.signed:
        return Mux(word[width:].any(), 0, word[:width])
    sign, above = word[-1], word[width - 1 : -1]
    limit = Mux(sign, Const(1 << width - 1, width), Const((1 << width - 1) - 1, width))
    return Mux(Mux(sign, above.all(), ~above.any()), word[:width], limit).as_signed()
