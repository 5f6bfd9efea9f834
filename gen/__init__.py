"""The public interface: generate, simulate, synthesise and run accelerators and their components.

Names are those of `systola list`; parameters those of `systola show NAME`. All raise :class:`.UsageError` or
:class:`.ParameterError`, one sentence, for what is not possible.
"""

from . import startup as _startup  # noqa: F401  # before all that takes time

# isort: split
from ..hw.component import ParameterError
from . import run as _package  # noqa: F401  # loaded first, so that its import never replaces the function `run`
from .accelerators.registry import accelerators
from .api import generate, run, simulate, synthesise
from .errors import UsageError

__all__ = ["ParameterError", "UsageError", "accelerators", "generate", "run", "simulate", "synthesise"]
