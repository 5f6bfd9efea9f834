"""Registry of the installed accelerators."""

from ...hw.accelerator.shell import Shell
from ..errors import UsageError, suggestion
from ..plugins import Plugins, load
from .base import Accelerator

GROUP = "systola.accelerators"
ALIASES = {"core": "systola"}
"""Earlier names."""


def plugins() -> Plugins:
    """All accelerators, and one error sentence for each that could not be loaded."""
    return load(GROUP, Accelerator, _fault)


def accelerators() -> dict[str, Accelerator]:
    """Installed accelerators by name."""
    return dict(plugins().found)


def find(name: str) -> Accelerator:
    """Look up an accelerator by name. Raises :class:`.UsageError`, which suggests the nearest name."""
    known, broken = accelerators(), plugins().broken
    name = ALIASES.get(name, name)
    if name not in known:
        if name in broken:
            raise UsageError(broken[name])
        raise UsageError(f"unknown accelerator '{name}': {suggestion(name, known)}")
    return known[name]


def _fault(accelerator: Accelerator) -> str | None:
    """Reason why an instance cannot be used, as the end of a sentence; None if it can."""
    for name in ("title", "paper", "component", "presets", "golden", "stimulus"):
        if not hasattr(accelerator, name):
            return f"has no {name}"
    component = accelerator.component
    if not (isinstance(component, type) and issubclass(component, Shell)):
        return f"has component={component!r}, which must be a subclass of hw.accelerator.shell.Shell"
    for name in ("engine", "latency", "peak"):
        if not hasattr(component, name):
            return f"has component={component.__name__}, which has no {name}"
    return None
