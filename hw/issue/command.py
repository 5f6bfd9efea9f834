"""What the issuer tells a unit, the queue in front of it, and the settings inside."""

from amaranth.hdl import Const, Mux, Shape, Signal
from amaranth.lib import stream

from ..accelerator.contract import PC_WIDTH
from ..bundle import Bundle
from ..component import place
from ..stream.buffer import StreamBuffer
from ..stream.packet import join
from .isa import FLAG_BITS, INSTRUCTIONS, OPCODE_BITS, Op, Setting

COMMAND = Bundle({"op": OPCODE_BITS, "flags": FLAG_BITS, "a": 32, "b": 32, "c": 32, "pc": PC_WIDTH})
"""An instruction with the values of its operands."""

COUNT = Shape(16)
"""A setting that counts: what does not fit is kept as 0, which is as wrong."""


def commands() -> stream.Signature:
    return stream.Signature(COMMAND)


def flag(command, name: str):
    """A flag of the instruction that `command` holds, by its name in the table."""
    for instruction in INSTRUCTIONS.values():
        for each in instruction.flags:
            if each.name == name:
                return command.flags[each.low : each.low + each.bits]
    raise KeyError(name)


def queued(m, platform, source, depth: int):
    """A queue behind the stream `source`, in module `m`; returns the stream that leaves it."""
    queue = place(m, platform, "queue", StreamBuffer, payload=COMMAND, depth=depth, style="distributed")
    m.d.comb += [
        source.ready.eq(queue.room),
        queue.take.eq(source.valid & queue.room),
        queue.write.valid.eq(queue.take),
        queue.write.payload.eq(source.payload),
    ]
    out = commands().create(path=("command",))
    join(m, queue.o, out)
    return out


def settings(m, command, shapes: dict[Setting, Shape]) -> dict[Setting, Signal]:
    """Registers that SET writes, as its command is taken."""
    registers = {}
    for setting, shape in shapes.items():
        registers[setting] = register = Signal(shape, name=setting.name.lower())
        with m.If(_sets(command, setting)):
            m.d.sync += register.eq(held(command.payload.a, Shape.cast(shape)))
    return registers


def counted(m, command, counts: list[Setting]) -> Signal:
    """Whether none of the settings that count is 0: known as early as they are, without looking at them."""
    some = Signal(len(counts))
    for n, setting in enumerate(counts):
        with m.If(_sets(command, setting)):
            m.d.sync += some[n].eq(held(command.payload.a, COUNT) != 0)
    return some.all()


def _sets(command, setting: Setting):
    here = command.payload.flags[: FLAG.bits] == setting
    return command.valid & command.ready & (command.payload.op == Op.SET) & here


FLAG = INSTRUCTIONS[Op.SET].flag("setting")


def held(word, shape: Shape):
    """A word of 32 bits as `shape`: counts become 0 and signed values the nearest limit if they do not fit."""
    width = shape.width
    if not shape.signed:
        return Mux(word[width:].any(), 0, word[:width])
    sign, above = word[-1], word[width - 1 : -1]
    limit = Mux(sign, Const(1 << width - 1, width), Const((1 << width - 1) - 1, width))
    return Mux(Mux(sign, above.all(), ~above.any()), word[:width], limit).as_signed()
