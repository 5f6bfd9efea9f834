"""One instruction of Systola: the generic instruction with Systola's table."""

from ....hw.cores.systola.isa import ISA
from ...isa import instruction


class Instruction(instruction.BaseInstruction):
    """An instruction of Systola, whose operands are `Reg`s."""

    isa = ISA
