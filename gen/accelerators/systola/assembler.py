"""Assembler of Systola: encodes only programs that pass the static checks for a machine."""

from ....hw.cores.systola.parameters import SystolaParameters
from ...isa.operand import ProgramError
from .checker import check
from .program import Program


def assemble(program: Program, machine: SystolaParameters) -> bytes:
    """Encode a program after checking it for the machine. Raises :class:`ProgramError` with all problems found."""
    if problems := check(program, machine):
        raise ProgramError("\n".join(map(str, problems)))
    return program.encode()
