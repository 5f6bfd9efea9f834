"""Entry point and error handling of all commands: an error that a user can cause is reported in one sentence on
standard error, with an exit code.
"""

import contextlib
import io
import os
import signal
import sys

import typer

from ...hw.component import ParameterError
from ...sim.network.graph import GraphError
from ...sim.runner import children, extras
from ...sim.runner.folders import FolderError
from ...sim.runner.simulator import SimulatorError, ToolMissing
from ..accelerators.systola.program import ProgramError
from ..compile.image import ImageError
from ..errors import UsageError
from ..host.link import BoardError
from ..synth.synth import SynthesisError
from .mistakes import RejectedLine, sentence
from .options import err

REJECTED = (
    UsageError,
    ParameterError,
    GraphError,
    ImageError,
    ProgramError,
    FolderError,
    SynthesisError,
    BoardError,
    ToolMissing,
)
"""Errors with exit code 2: the request or the installed packages have to change."""


def main(app: typer.Typer):
    """Run a command as the program: install signal handlers, and exit with the exit code."""
    children.stop_on_signals(_clear_line)
    sys.exit(run(app))


def run(app: typer.Typer, arguments: list[str] | None = None) -> int:
    """Run a command with arguments, by default those of the process, and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # file names may not be valid text
    try:
        code = (
            app(args=arguments, prog_name="systola", standalone_mode=False) or 0
        )  # the code of `typer.Exit`; commands return nothing
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except typer.Abort:
        code = 1
    except RejectedLine as error:
        code = _rejected(error)
    except REJECTED as error:
        code = _fail(2, str(error))
    except SimulatorError as error:
        code = _fail(1, str(error))
    except ModuleNotFoundError as error:
        sentence = extras.missing(error.name or "")
        if sentence is None:
            raise
        code = _fail(2, sentence)
    except MemoryError as error:
        code = _fail(1, f"there is not enough memory: {error}." if str(error) else "there is not enough memory.")
    except OSError as error:
        code = _fail(1, _about(error))
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    return code if _flushed() else code or 1


def _clear_line():
    """Remove the line of progress from a terminal, and show the cursor that it hid."""
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(sys.stderr.fileno(), b"\r\x1b[K\x1b[?25h")


def _about(error: OSError) -> str:
    """Sentence about an error of the operating system."""
    reason = error.strerror or str(error).rstrip(".")
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {reason}."
    try:
        os.getcwd()
    except OSError:
        return f"the current folder cannot be used: {reason}; change to another one."
    return f"{reason}."


def _rejected(error) -> int:
    if error.message == (error.ctx.get_help() if error.ctx else ""):  # a group without a command
        print(error.message, file=sys.stderr)
        return 2
    return _fail(2, sentence(error))


def _fail(code: int, text: str) -> int:
    with contextlib.suppress(OSError):
        err.print(f"systola: {text}", markup=False)
    return code


def _flushed() -> bool:
    """Flush the output. If that fails, discard it, so that the interpreter does not try again."""
    done = True
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            done = False
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return done
