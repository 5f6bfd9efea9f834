"""Discovery of golden models by entry point, in all installed packages; also in the process of a bench."""

from functools import lru_cache
from importlib.metadata import entry_points
from typing import TypeVar

T = TypeVar("T")


@lru_cache
def load(group: str, kind: type[T]) -> tuple[dict[str, T], dict[str, str]]:
    """Objects of a group by name, and one sentence for each that is not a usable `kind`."""
    found, broken = {}, {}
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        source = f" of package {point.dist.name}" if point.dist else ""
        plugin = f"plug-in '{point.name}'{source} ({point.value})"
        try:
            loaded = point.load()
        except Exception as error:  # third-party packages can raise any exception
            reason = (str(error).splitlines() or ["no message"])[0].rstrip(".")
            broken[point.name] = f"{plugin} cannot be loaded: {type(error).__name__}: {reason}."
            continue
        if isinstance(loaded, kind):
            found[point.name] = loaded
        else:
            broken[point.name] = f"{plugin} is not an instance of {kind.__module__}.{kind.__name__}."
    return found, broken
