"""The accelerators that are installed."""

from ..errors import UsageError, suggestion
from ..plugins import Plugins, load
from .base import Accelerator

GROUP = "systola.accelerators"
ALIASES = {"core": "systola"}
"""Earlier names."""


def plugins() -> Plugins:
    """All accelerators, and a sentence for each that could not be loaded."""
    return load(GROUP, Accelerator)


def accelerators() -> dict[str, Accelerator]:
    """The accelerators that are installed, by name."""
    return dict(plugins().found)


def find(name: str) -> Accelerator:
    """The accelerator of that name. Raises :class:`.UsageError` with the nearest one."""
    known, broken = accelerators(), plugins().broken
    name = ALIASES.get(name, name)
    if name in broken:
        raise UsageError(broken[name])
    if name not in known:
        raise UsageError(f"unknown accelerator '{name}': {suggestion(name, known)}")
    return known[name]
