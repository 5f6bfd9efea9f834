"""Cache of build results: a directory for each distinct content, in the user's cache."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from . import children, folders
from .folders import FolderError


def once(name: str, content: Iterable[str], fill: Callable[[Path], None]) -> Path:
    """Cached directory for this `content`; `fill` is called to create it unless a complete one exists.

    `content` is everything on which the result depends. The directory takes its final name only when `fill` has
    returned. A directory whose files differ from those that `fill` created, for example after a full disk, is created
    again. Concurrent processes with the same content wait for the first. Raises :class:`.FolderError`, one sentence, if
    no cache can be written.
    """
    digest = hashlib.sha256("\0".join(content).encode()).hexdigest()[:24]
    places, reasons = [], []
    for place in folders.caches():
        if _complete(final := place / f"{name}-{digest}"):
            return final
        places.append(place)
        reasons.append(folders.cannot(place))
        if reasons[-1] is None:
            break
    else:
        raise FolderError(_unusable(places, reasons))
    try:
        return _made(final, fill)
    except OSError as error:
        if error.errno in folders.FULL or Path(str(error.filename)).parent == place:
            raise FolderError(_unusable([place], [error.strerror])) from None
        raise


def _made(final: Path, fill: Callable[[Path], None]) -> Path:
    from filelock import FileLock  # an optional dependency

    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(f"{final.name}.partial")
    with FileLock(final.with_name(f"{final.name}.lock")):
        if not _complete(final):
            for left in (partial, final):  # left by a killed build, or damaged
                if left.exists():
                    shutil.rmtree(left)
            with children.removed(partial):
                partial.mkdir()
                fill(partial)
                _list(final).write_text(json.dumps(_contents(partial)))
                partial.rename(final)
    return final


def _complete(folder: Path) -> bool:
    """Whether a directory has all files that were created in it, unchanged."""
    try:
        listed = json.loads(_list(folder).read_text())
        return folder.is_dir() and all(_entry(folder / path) == entry for path, entry in listed.items())
    except (OSError, ValueError, AttributeError):
        return False


def _list(folder: Path) -> Path:
    """File that lists the files of a complete directory: size, and whether it is executable."""
    return folder.with_name(f"{folder.name}.json")


def _contents(folder: Path) -> dict[str, list]:
    return {str(path.relative_to(folder)): _entry(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def _entry(path: Path) -> list:
    found = path.stat()
    return [found.st_size, bool(found.st_mode & 0o100)]


def _unusable(places: list[Path], reasons: list[str | None]) -> str:
    found = "; ".join(f"{place}: {reason}" for place, reason in zip(places, reasons, strict=True)) or "there is none"
    named = f"{folders.NAME}={os.environ[folders.NAME]}" if os.environ.get(folders.NAME) else "the cache"
    return f"{named} cannot be used ({found}): set {folders.NAME} to a folder that can be written and has space."
