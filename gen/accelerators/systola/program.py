"""Programs of Systola: written in Python or as text, encoded to bytes and decoded.

    p = Program()
    with p.loop(16) as loop:
        p.load(Reg(1), 0x200)
        p.sync(Unit.LOAD)
        loop.step({Reg(1): 4096})
    p.halt()
    p.encode()

The text has one line per instruction (see :mod:`systola.gen.isa.text`).
"""

from ....hw.cores.systola.isa import Op, Setting, Unit
from ....hw.cores.systola.parameters import SystolaParameters
from ...isa import program
from ...isa.operand import ProgramError, Reg, Value
from .instruction import Instruction

SPARE = 16
"""Slots of the instruction buffer that an outermost loop, LOOP and END included, must leave free."""

__all__ = ["Instruction", "Op", "Program", "ProgramError", "Reg", "Setting", "Unit", "longest_loop"]


def longest_loop(parameters: SystolaParameters) -> int:
    """Maximum number of instructions of an outermost loop, LOOP and END included."""
    return parameters.instructions - SPARE


class Program(program.BaseProgram[Instruction]):
    """Instructions in order. Numbers may be negative if they fit 32 bits."""

    instruction = Instruction

    def load(self, bus: Value, local: Value):
        self.emit(Op.LOAD, bus, local)

    def store(self, bus: Value, local: Value):
        self.emit(Op.STORE, bus, local)

    def weights(self, word: Value, rows: Value):
        self.emit(Op.WEIGHTS, word, rows)

    def matmul(self, word: Value, row: Value, accumulate: bool | Reg = False, keep: bool = False):
        """Append a MATMUL. `accumulate`: a constant, or an operand that disables accumulation if it is 0."""
        always = isinstance(accumulate, bool)
        self.emit(Op.MATMUL, word, row, 0 if always else accumulate, accumulate=accumulate if always else 0, keep=keep)

    def quant(self, *, multiplier: Value, bias: Value = 0, shift: int = 0, zero_point: int = 0, low: int, high: int):
        self.emit(Op.QUANT, multiplier, bias, zero_point=zero_point, low=low, high=high, shift=shift)

    def quant_channel(self, word: Value, *, zero_point: int = 0, low: int, high: int):
        self.emit(Op.QUANT_CHANNEL, word, zero_point=zero_point, low=low, high=high)

    def table(self, word: Value):
        self.emit(Op.TABLE, word)

    def vector(
        self,
        source: Value,
        dest: Value,
        second: Value = 0,
        *,
        scratchpad: bool = False,
        add: bool = False,
        maximum: bool = False,
        table: bool = False,
        multiply: bool = False,
        weights: bool = False,
    ):
        flags = {"add": add, "maximum": maximum, "table": table, "multiply": multiply, "weights": weights}
        self.emit(Op.VECTOR, source, dest, second, scratchpad=scratchpad, **flags)
