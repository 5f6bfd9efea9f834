"""`systola asm` and `systola disasm`: programs of the `systola` accelerator as text and as bytes."""

from pathlib import Path
from typing import Annotated

import typer

from ...hw.cores.systola.isa import ISA
from ...hw.cores.systola.parameters import SystolaParameters
from ..accelerators.systola.assembler import assemble
from ..accelerators.systola.program import Program, ProgramError
from ..errors import UsageError
from .files import read_bytes, read_text
from .options import Preset, Set, file_option, out, values


def asm(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Assembly source file.")],
    target: Annotated[Path, file_option("-o", help="Binary file to write.")],
    parameters: Set = None,
    preset: Preset = None,
):
    """Assemble a program of the accelerator `systola`, after static checks for the given parameters."""
    machine = SystolaParameters.parse(values(parameters, preset, "systola"))
    try:
        code = assemble(Program.parse(read_text(source)), machine)
    except UnicodeDecodeError:
        raise UsageError(f"{source} is not text: see `systola disasm`.") from None
    except (OSError, ProgramError) as error:
        raise UsageError(f"{source}: {_reason(error)}") from None
    try:
        target.write_bytes(code)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}.") from None
    out.print(f"{target}  {len(code) // ISA.slot} instructions", markup=False)


def disasm(source: Annotated[Path, typer.Argument(metavar="FILE", help="Binary file of a program.")]):
    """Disassemble a program of the accelerator `systola`."""
    try:
        program = Program.decode(read_bytes(source))
    except (OSError, ProgramError) as error:
        raise UsageError(f"{source}: {_reason(error)}") from None
    out.print(program.text(), markup=False, end="")


def _reason(error: OSError | ProgramError) -> str:
    return f"{error.strerror}." if isinstance(error, OSError) else str(error)
