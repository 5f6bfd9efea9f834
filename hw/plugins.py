"""Discovery of formats, generators and accelerators by entry point, in all packages that are installed."""

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points


@dataclass(frozen=True)
class Plugins:
    """What the entry points of a group gave: objects by name, and one sentence for each that could not be loaded."""

    found: dict[str, object] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


@lru_cache
def load(group: str, kind: type) -> Plugins:
    """Load every entry point of `group`. One that fails, or is no `kind`, never affects the others."""
    plugins = Plugins()
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            loaded = point.load()
        except Exception as error:  # whatever a foreign package raises
            plugins.broken[point.name] = f"{_who(point)} cannot be loaded: {type(error).__name__}: {_line(error)}."
            continue
        if not isinstance(loaded, kind):
            plugins.broken[point.name] = f"{_who(point)} is not an instance of {kind.__module__}.{kind.__name__}."
        else:
            plugins.found[point.name] = loaded
    return plugins


def _who(point: EntryPoint) -> str:
    package = f" of package {point.dist.name}" if point.dist else ""
    return f"plug-in '{point.name}'{package} ({point.value})"


def _line(error: Exception) -> str:
    return (str(error).splitlines() or ["no message"])[0].rstrip(".")
