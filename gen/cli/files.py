"""Files of commands: input files, the standard output, and checks of output files before a command begins.

The checks change no file.
"""

import errno
import io
import os
import stat
import sys
import tempfile
from pathlib import Path

from ...sim.runner.folders import reason

LARGEST = 64 << 20
"""Maximum number of bytes read from a file: a device such as /dev/zero has no end."""


def read_bytes(path: Path) -> bytes:
    """Read a file that the user names. Raises `OSError`."""
    with path.open("rb") as file:
        contents = file.read(LARGEST + 1)
    if len(contents) > LARGEST:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return contents


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, with or without a byte-order mark. Raises `OSError` and `UnicodeDecodeError`."""
    return io.TextIOWrapper(io.BytesIO(read_bytes(path)), encoding="utf-8-sig").read()


class StandardOutput:
    """Output file of a console: the current `sys.stdout`. Its errors name it; writes have no effect if it is closed."""

    def write(self, text: str) -> int:
        return self._call("write", text) or 0

    def flush(self):
        self._call("flush")

    def __getattr__(self, name):
        return getattr(sys.stdout, name)

    @staticmethod
    def _call(name: str, *arguments):
        try:
            return getattr(sys.stdout, name)(*arguments) if sys.stdout is not None else None
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard output") from None


def unwritable(path: Path) -> str | None:
    """Reason why a file cannot be written, as a phrase; None if it can."""
    try:
        if not os.path.lexists(path):
            path.open("xb").close()
            path.unlink()
            return None
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return os.strerror(errno.EISDIR)
        if stat.S_ISREG(kind):
            path.open("ab").close()
        elif not os.access(path, os.W_OK):
            return os.strerror(errno.EACCES)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def uncreatable(folder: Path) -> str | None:
    """Reason why files cannot be written to a folder, which need not exist yet, as a phrase; None if they can."""
    if why := reason(folder.absolute()):
        return why
    place = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
    try:
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        return error.strerror
    return None
