"""Folders of the user for data kept between runs, and their replacements if the usual ones cannot be used."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

NAME = "SYSTOLA_CACHE"
"""Environment variable that names the cache."""

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a file system without space for this user."""

ROOM = 64 << 20
"""Bytes that must be free for the caches of tools: a compiled tool is written there."""


class FolderError(Exception):
    """Error for a folder that cannot be used; the message is one sentence for the user."""


def reason(folder: Path, room: int = 0) -> str | None:
    """Phrase that states why no file can be written into a folder; None if one can. The folder need not exist."""
    for place in (folder, *folder.parents):
        try:
            found = place.lstat()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR):
                continue
            return error.strerror or str(error)
        except ValueError as error:  # a zero byte
            return str(error)
        if not stat.S_ISDIR(found.st_mode) and not place.is_dir():
            return f"{place.name} is not a directory" if place != folder else os.strerror(errno.ENOTDIR)
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            return os.strerror(errno.EROFS)
        if not os.access(place, os.W_OK | os.X_OK):
            return os.strerror(errno.EACCES)
        return os.strerror(errno.ENOSPC) if room and _free(place) < room else None
    return os.strerror(errno.ENOENT)


def cannot(folder: Path, room: int = 0) -> str | None:
    """As :func:`reason`, by creating the folder and a file in it: some file systems report an error only then."""
    if why := reason(folder, room):
        return why
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        return error.strerror
    return None


def caches() -> Iterator[Path]:
    """Folders for cached builds, in order of preference.

    `$SYSTOLA_CACHE` alone if it is set, otherwise the platform's cache directory and a temporary folder of the user,
    which is made only when the iteration reaches it.
    """
    if named := os.environ.get(NAME):
        try:
            place = Path(named).expanduser().absolute()
        except (RuntimeError, OSError) as error:
            raise FolderError(f"{NAME}={named}: {_sentence(error)}; set it to a folder that can be written.") from None
        yield place
        return
    from platformdirs import user_cache_dir  # an optional dependency, as is every user of the cache

    with contextlib.suppress(RuntimeError):  # a user without a home directory
        if (usual := Path(user_cache_dir("systola"))).is_absolute():
            yield usual
    yield from _temporary()


def tool_environment() -> dict[str, str]:
    """Environment of WebAssembly tools: they compile themselves at first use, into a cache of their own.

    Where that cannot be written, it is below a temporary folder. Raises :class:`FolderError` if there is none.
    """
    environment = dict(os.environ)
    home = os.path.expanduser("~")
    usual = environment.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(usual):
        usual = os.path.join(home, ".cache")
    if not os.path.isabs(usual) or cannot(Path(usual), ROOM):
        folder = next((str(place) for place in _temporary() if not cannot(place, ROOM)), None)
        if folder is None:
            raise FolderError(
                f"the cache of Yosys cannot be written ({usual}: {cannot(Path(usual), ROOM)}): set XDG_CACHE_HOME or "
                "TMPDIR to a folder that can be written and has space."
            )
        environment |= {"XDG_CACHE_HOME": folder, "XDG_CONFIG_HOME": folder}
        if "YOWASP_CACHE_DIR" not in environment:
            environment["YOWASP_CACHE_DIR"] = os.path.join(folder, "YoWASP")
    return environment


def _temporary() -> list[Path]:
    """Temporary folder of the user, which no other user can have created; an empty list if there is none."""
    try:
        folder = Path(tempfile.gettempdir()) / f"systola-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return []
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return [folder] if own else []


def _free(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def _sentence(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).rstrip(".")
