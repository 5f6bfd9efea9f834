"""Discovery of formats, generators and accelerators by entry point, in all installed packages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Plugins(Generic[T]):
    """Result of loading a group of entry points: objects by name, and one sentence for each that failed to load."""

    found: dict[str, T] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


OWN = "systola"
"""The package whose entry points precede those of all others."""


@lru_cache
def load(group: str, kind: type[T], fault: Callable[[T], str | None] = lambda loaded: None) -> Plugins[T]:
    """Load every entry point of `group`. One that fails, or is not a `kind`, never affects the others.

    `fault(loaded)` returns why an instance of `kind` is unusable, as the end of a sentence, or None. If several entry
    points have the same name, the first one is used; those of this package precede all others.
    """
    plugins: Plugins[T] = Plugins()
    for point in sorted(entry_points(group=group), key=lambda point: (point.name, _package(point) != OWN)):
        try:
            reason = _reason(point, point.load(), kind, fault, plugins)
        except (Exception, SystemExit) as error:  # third-party packages can raise any exception
            reason = f"cannot be loaded: {type(error).__name__}: {_line(error)}"
        if reason:
            plugins.broken.setdefault(point.name, f"{_label(point)} {reason}.")
    return plugins


def _reason(point: EntryPoint, loaded, kind: type, fault: Callable, plugins: Plugins) -> str | None:
    """Add a loaded object to `plugins`, or return why it is unusable."""
    if not isinstance(loaded, kind):
        return f"is not an instance of {kind.__module__}.{kind.__name__}"
    if getattr(loaded, "name", None) != point.name:
        return f"has name={getattr(loaded, 'name', None)!r}, which must be that of the entry point"
    if point.name in plugins.found:
        return "has the name of another plug-in"
    if reason := fault(loaded):
        return reason
    plugins.found[point.name] = loaded
    return None


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _label(point: EntryPoint) -> str:
    package = f" of package {_package(point)}" if point.dist else ""
    return f"plug-in '{point.name}'{package} ({point.value})"


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no message"])[0].rstrip(".")
