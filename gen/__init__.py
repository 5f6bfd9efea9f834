"""The public interface: generate, simulate, synthesise and run accelerators and their components, describe and compile
networks, quantise tensors.

Names are those of `systola list`; parameters are those of `systola show NAME`. An invalid request raises
:class:`.UsageError` or :class:`.ParameterError`, in `quantise` and `prune` :class:`.QuantiseError`, each with a message
of one sentence.
"""

from . import startup as _startup  # noqa: F401  # before the imports that take time

# isort: split
from ..hw.component import ParameterError
from ..sim.network import prune, quantise, reference
from ..sim.network.graph import Graph
from ..sim.network.quantise import QuantiseError
from . import accelerators as _accelerators_package
from . import run as _run_package
from .accelerators.registry import accelerators
from .api import assemble, generate, load, matmul, run, simulate, synthesise, tiles
from .compile.tiling import Chunk, Tiling
from .errors import UsageError
from .run.tasks import ConvTask

__all__ = [
    "Chunk",
    "ConvTask",
    "Graph",
    "ParameterError",
    "QuantiseError",
    "Tiling",
    "UsageError",
    "accelerators",
    "assemble",
    "generate",
    "load",
    "matmul",
    "prune",
    "quantise",
    "reference",
    "run",
    "simulate",
    "synthesise",
    "tiles",
]

# The functions `accelerators` and `run` replace the packages of the same names as attributes of this package. They
# share the packages' namespaces, so that `import systola.gen.run.report as report` still finds its module.
accelerators.__dict__ = _accelerators_package.__dict__
run.__dict__ = _run_package.__dict__
