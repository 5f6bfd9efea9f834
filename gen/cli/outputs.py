"""Checks of what a command will write, made before it begins: each leaves everything as it was."""

import errno
import os
import stat
import tempfile
from pathlib import Path

from ...sim.runner.folders import reason


def unwritable(path: Path) -> str | None:
    """Why a file cannot be written, as a phrase; None if it can."""
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
    """Why nothing can be written into a folder, which need not exist yet, as a phrase; None if it can."""
    if why := reason(folder.absolute()):
        return why
    place = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.is_dir())
    try:
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        return error.strerror
    return None
