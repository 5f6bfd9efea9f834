"""Child processes and temporary folders that do not outlive this process.

Each child leads a process group of its own, so that it is ended together with its descendants: when its call ends for
any reason, and on a signal for which :func:`stop_on_signals` was called.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from .folders import FULL, FolderError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end this process."""

_children: set["Child"] = set()
_folders: set[Path] = set()
_stopping = False


class Child(subprocess.Popen):
    """Process in a group of its own; arguments as of `subprocess.Popen`. A `with` block ends it on exit."""

    def __init__(self, command, **options):
        if _stopping:
            raise ChildProcessError("this process is ending")
        super().__init__(command, process_group=0, **options)
        _children.add(self)
        if _stopping:
            self.end()

    def end(self):
        """Kill the process and its descendants, and wait for it."""
        self.kill_group()
        self.wait()
        _children.discard(self)

    def pipes(self) -> tuple[IO, IO]:
        """Return standard input and standard output. Raises `ValueError` if they are no pipes."""
        if self.stdin is None or self.stdout is None:
            raise ValueError("the process was begun without pipes for standard input and output")
        return self.stdin, self.stdout

    def kill_group(self):
        """Kill the process and its descendants. Acquires no lock of `Popen`, which the interrupted code may hold."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def __exit__(self, *error):
        self.end()
        super().__exit__(*error)


def run(command, *, timeout: float | None = None, input: str | None = None, **options) -> subprocess.CompletedProcess:
    """Equivalent of `subprocess.run` with a :class:`Child`. Raises `subprocess.TimeoutExpired` after `timeout`
    seconds."""
    if input is not None:
        options["stdin"] = subprocess.PIPE
    with Child(command, **options) as child:
        out, err = child.communicate(input, timeout)
        return subprocess.CompletedProcess(command, child.returncode, out, err)


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """New temporary folder, removed at the end. Raises :class:`.FolderError` if it cannot be made, or is full."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="systola-"))
    except OSError as error:
        raise _no_temporary(error) from None
    with removed(folder):
        try:
            yield folder
        except OSError as error:
            if error.errno in FULL:
                raise _no_temporary(error) from None
            raise


@contextlib.contextmanager
def removed(folder: Path) -> Iterator[None]:
    """Remove a folder at the end, if it still exists."""
    _folders.add(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _folders.discard(folder)


def _no_temporary(error: OSError) -> FolderError:
    return FolderError(f"no temporary file can be written: {error.strerror}; set TMPDIR to a folder with space.")


def stop_on_signals(report: Callable[[], object]):
    """On a signal of :data:`SIGNALS`, end all children, remove temporary folders, call `report`, and end this process.

    The process ends in the handler: an exception could be raised inside a destructor, which discards it.
    """

    def stop(number: int, _):
        global _stopping
        _stopping = True
        for child in list(_children):
            child.kill_group()
        for folder in list(_folders):
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(Exception):
            report()
        os._exit(128 + number)

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup sets it
            signal.signal(number, stop)


def die_with_parent():
    """End this child process when its parent ends, for any reason. Called in the child. Without effect on systems that
    lack the call."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
