"""The public interface: generate, simulate, synthesise and run accelerators and their components.

Names are those of `systola list`; parameters are those of `systola show NAME`. Every function raises
:class:`.UsageError` or :class:`.ParameterError`, each with a message of one sentence, if a request cannot be fulfilled.
"""

from . import startup as _startup  # noqa: F401  # before the imports that take time

# isort: split
from ..hw.component import ParameterError
from . import accelerators as _accelerators_package
from . import run as _run_package
from .accelerators.registry import accelerators
from .api import generate, matmul, run, simulate, synthesise
from .errors import UsageError

__all__ = ["ParameterError", "UsageError", "accelerators", "generate", "matmul", "run", "simulate", "synthesise"]

# The functions `accelerators` and `run` replace the packages of the same names as attributes of this package. They
# share the packages' namespaces, so that `import systola.gen.run.report as report` still finds its module.
accelerators.__dict__ = _accelerators_package.__dict__
run.__dict__ = _run_package.__dict__
