"""Instruction of Systola: the generic instruction with the table of Systola."""

from ....hw.cores.systola.isa import ISA
from ...isa import instruction


class Instruction(instruction.BaseInstruction):
    """Instruction of Systola; its operands are of type `Reg`."""

    isa = ISA
