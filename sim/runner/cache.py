"""Keeps what is expensive to build: a directory for each distinct content, in the user's cache."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_dir


def root() -> Path:
    """Where everything is kept: `$SYSTOLA_CACHE`, else the platform's cache directory."""
    return Path(os.environ.get("SYSTOLA_CACHE") or user_cache_dir("systola")).absolute()


def once(name: str, content: Iterable[str], fill: Callable[[Path], None]) -> Path:
    """The directory that `fill` made for this `content`; `fill` runs only if it does not exist yet.

    `content` is everything that the result depends on. The directory takes its final name only when `fill`
    has returned: one that has that name is complete, whatever was interrupted. Processes that want the
    same content at the same time wait for the first.
    """
    digest = hashlib.sha256("\0".join(content).encode()).hexdigest()[:24]
    final = root() / f"{name}-{digest}"
    if final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_name(f"{final.name}.partial")
    with FileLock(final.with_name(f"{final.name}.lock")):
        if not final.is_dir():
            shutil.rmtree(partial, ignore_errors=True)  # left by a build that was killed
            partial.mkdir()
            try:
                fill(partial)
                partial.rename(final)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return final
