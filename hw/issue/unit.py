"""Common parts of units: address generators, memory limits, fault reports."""

from amaranth.hdl import Mux, Signal, signed

from ..accelerator.contract import PC_WIDTH
from ..component import place
from ..memory.address_generator import AddressGenerator
from .command import saturate


def address_generator(m, platform, command, start, legal, base, steps, width: int):
    """Instantiate an address generator, started at `base` by a command if `start` is high; other commands pass.

    `steps` are (count, stride) of each dimension. A command that starts the generator but is not `legal` (a count is 0)
    never completes. Returns the generator and the number of its instruction.
    """
    generator = place(m, platform, "address_generator", AddressGenerator, dims=len(steps), width=width)
    m.d.comb += [
        generator.i.valid.eq(command.valid & start & legal),
        command.ready.eq(Mux(start, generator.i.ready & legal, 1)),
    ]
    m.d.comb += load_box(generator, base, steps, width)
    pc = Signal(PC_WIDTH, name="walked_pc", reset_less=True)
    with m.If(generator.i.valid & generator.i.ready):
        m.d.sync += pc.eq(command.payload.pc)
    return generator, pc


def load_box(generator, base, steps, width: int):
    """Return statements that drive an address generator's box: `base`, and (count, stride) of each dimension."""
    box = generator.i.payload
    yield box.base.eq(saturate(base, signed(width)))
    for d, (count, stride) in enumerate(steps):
        yield box[f"count{d}"].eq(count)
        yield box[f"stride{d}"].eq(stride)


def within(address, words: int):
    """High if an address is inside a memory of `words`, a power of two."""
    return ~address[words.bit_length() - 1 :].any()


def report_fault(m, fault, causes: dict):
    """Drive `fault` by its causes: {code: (condition, number of the instruction)}."""
    m.d.sync += fault.valid.eq(0)
    for code, (condition, pc) in causes.items():
        with m.If(condition):
            m.d.sync += [fault.valid.eq(1), fault.code.eq(code), fault.pc.eq(pc)]
