"""Instruction of Systola: the generic instruction with the table of Systola."""

from ....hw.cores.systola.isa import ISA
from ...isa import instruction
from ...isa.operand import Reg


class Instruction(instruction.BaseInstruction):
    """Instruction of Systola; its operands are of type `Reg`."""

    isa = ISA

    def __getitem__(self, name: str) -> Reg:
        value = super().__getitem__(name)
        assert isinstance(value, Reg)
        return value
