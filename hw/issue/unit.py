"""What units do with addresses: begin a walk, see that it stays inside, and say whose fault it was."""

from amaranth.hdl import Mux, Signal, signed

from ..component import place
from ..memory.address_generator import AddressGenerator
from .command import PC_WIDTH, held


def walked(m, platform, command, begins, legal, base, steps, width: int):
    """A walk from `base` on, in module `m`, that a command begins when `begins` is high; other commands pass.

    `steps` are (count, stride) of each dimension; unless they are `legal` (no count is 0) the command waits for ever.
    Returns the walk and the number of its instruction.
    """
    walk = place(m, platform, "walk", AddressGenerator, dims=len(steps), width=width)
    m.d.comb += [
        walk.i.valid.eq(command.valid & begins & legal),
        command.ready.eq(Mux(begins, walk.i.ready & legal, 1)),
    ]
    m.d.comb += aim(walk, base, steps, width)
    pc = Signal(PC_WIDTH, name="walked_pc", reset_less=True)
    with m.If(walk.i.valid & walk.i.ready):
        m.d.sync += pc.eq(command.payload.pc)
    return walk, pc


def aim(walk, base, steps, width: int):
    """Statements that give a walk its box: `base`, a word of 32 bits, and (count, stride) of each dimension."""
    box = walk.i.payload
    yield box.base.eq(held(base, signed(width)))
    for d, (count, stride) in enumerate(steps):
        yield box[f"count{d}"].eq(count)
        yield box[f"stride{d}"].eq(stride)


def within(address, words: int):
    """Whether an address is one of a memory of `words`, a power of two."""
    return ~address[words.bit_length() - 1 :].any()


def blame(m, fault, causes: dict):
    """Tell of faults: {code: (condition, number of the instruction)}."""
    m.d.sync += fault.valid.eq(0)
    for code, (condition, pc) in causes.items():
        with m.If(condition):
            m.d.sync += [fault.valid.eq(1), fault.code.eq(code), fault.pc.eq(pc)]
