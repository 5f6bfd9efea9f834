"""Generators: the components that users can generate by name, each with its test bench and stimulus."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ..hw.array.bfloat16_systolic import Bfloat16Systolic
from ..hw.array.broadcast import Broadcast
from ..hw.array.fusion_array import FusionArray
from ..hw.array.pe import Pe
from ..hw.array.sparse_systolic import SparseSystolic
from ..hw.array.systolic import Systolic
from ..hw.bus.registers import Registers
from ..hw.collective.collective import Collective
from ..hw.component import Component
from ..hw.dma.dma import Dma
from ..hw.host.link import Link
from ..hw.host.uart import Uart
from ..hw.mac.bitbrick import BitBrick
from ..hw.mac.fusion_temporal import FusionTemporal
from ..hw.mac.fusion_unit import FusionUnit
from ..hw.mac.nm_mac import SparseMac
from ..hw.memory.accumulator import Accumulator
from ..hw.memory.axi_memory import AxiMemory
from ..hw.memory.multiport import Multiport
from ..hw.memory.scratchpad import Scratchpad
from ..hw.memory.split_scratchpad import SplitScratchpad
from ..hw.noc.network_interface import NetworkInterface
from ..hw.noc.noc import Noc
from ..hw.noc.noc_traffic import NocTraffic
from ..hw.noc.router import Router
from ..hw.vector.pool import Pool
from ..hw.vector.requantise import Requantise
from .accelerators import registry
from .accelerators.base import Accelerator
from .errors import UsageError, suggestion
from .plugins import load
from .verilog.register_files import files as register_files
from .verilog.verilog import Design, generate

GROUP = "systola.generators"
OTHERS = "plug-ins"
HEADINGS = ("accelerators", "arrays and units", "memories and movement", "interconnect", "host and board", OTHERS)


@dataclass(frozen=True)
class Generator:
    """Named component with its test bench. A package offers one by an entry point of group `systola.generators`.

    `bench` is the module with the cocotb test. `stimulus` is the module whose `random_cases(parameters, count, seed)`
    returns test cases; it may have `directed_cases(parameters, seed)`, which are run to measure coverage. The default
    modules are those of the generator's name in `sim.bench` and `sim.stimulus`.
    `files(component, top)` returns the texts of further files, by file name, that are written with the Verilog.
    `facts` returns plain data for the bench. `small` are the parameters of an instance that simulates fast.
    """

    name: str
    component: type[Component]
    heading: str = OTHERS
    bench: str = ""
    stimulus: str = ""
    files: Callable = lambda component, top: {}
    facts: Callable[[], dict] = dict
    small: dict = field(default_factory=dict)

    def __post_init__(self):
        for attribute in ("bench", "stimulus"):
            if not getattr(self, attribute):
                object.__setattr__(self, attribute, f"systola.sim.{attribute}.{self.name}")
        for attribute in ("latency", "peak"):
            if not hasattr(self.component, attribute):
                raise UsageError(
                    f"generator '{self.name}': component {self.component.__name__} has no {attribute}, but it "
                    "needs `latency` in cycles and `peak` in operations per cycle."
                )

    @property
    def summary(self) -> str:
        """First line of the docstring of the component."""
        return (self.component.__doc__ or "no description").strip().splitlines()[0]

    def design(
        self, component: Component | None = None, *, top: str | None = None, sources: bool = False, **parameters
    ) -> Design:
        """Generate the Verilog of a component, by default one with these parameters, with the data for its bench."""
        component = component or self.component(**parameters)
        design = generate(self.name, component, top=top, sources=sources)
        return replace(design, bench=self.bench, facts=self.facts())

    def cases(self, parameters: dict, count: int, seed: int) -> list:
        """Draw random cases for the bench, some with a reset in mid-run. Raises :class:`.UsageError` if a format has no
        golden model."""
        from ..sim.golden.formats.names import FormatError
        from ..sim.stimulus.resets import interrupted

        try:
            return interrupted(importlib.import_module(self.stimulus).random_cases(parameters, count, seed), seed)
        except FormatError as error:
            raise UsageError(f"{self.name} cannot be simulated: {error}") from None

    def directed_cases(self, parameters: dict, seed: int) -> list:
        """Cases for what random cases seldom reach: those of `directed_cases` in the stimulus, if there is one."""
        directed = getattr(importlib.import_module(self.stimulus), "directed_cases", None)
        return directed(parameters, seed) if directed else []


def _of(accelerator: Accelerator) -> Generator:
    return Generator(
        accelerator.name,
        accelerator.component,
        "accelerators",
        "systola.sim.bench.accelerator",
        accelerator.stimulus,
        facts=accelerator.facts,
        small=dict(accelerator.presets["small"]),
    )


BUILT_IN = {
    "arrays and units": {
        "systolic": Systolic,
        "broadcast": Broadcast,
        "sparse_systolic": SparseSystolic,
        "bfloat16_systolic": Bfloat16Systolic,
        "fusion_array": FusionArray,
        "pe": Pe,
        "nm_mac": SparseMac,
        "fusion_unit": FusionUnit,
        "fusion_temporal": FusionTemporal,
        "bitbrick": BitBrick,
        "requantise": Requantise,
        "pool": Pool,
    },
    "memories and movement": {
        "scratchpad": Scratchpad,
        "split_scratchpad": SplitScratchpad,
        "multiport": Multiport,
        "accumulator": Accumulator,
        "axi_memory": AxiMemory,
        "dma": Dma,
    },
    "interconnect": {
        "noc": Noc,
        "noc_traffic": NocTraffic,
        "router": Router,
        "network_interface": NetworkInterface,
        "collective": Collective,
    },
    "host and board": {"uart": Uart, "link": Link, "registers": Registers},
}
FILES = {"registers": register_files}
SMALL = {
    "systolic": {"rows": 4, "cols": 4},
    "broadcast": {"rows": 4, "cols": 4},
    "sparse_systolic": {"rows": 4, "cols": 2},
    "bfloat16_systolic": {"rows": 4, "cols": 4},
    "fusion_array": {"rows": 4, "cols": 4},
    "requantise": {"cols": 4},
    "pool": {"cols": 4},
    "scratchpad": {"depth": 64, "counters": 6},
    "split_scratchpad": {"depth": 64, "counters": 6},
    "accumulator": {"cols": 4, "depth": 16},
    "axi_memory": {"bytes": 8192},
    "noc": {"k": 2, "l": 2, "width": 32, "counters": 16},
    "noc_traffic": {"k": 2, "l": 2},
    "collective": {"k": 2, "l": 2, "rows": 64},
    "uart": {"divisor": 5},
}
"""Parameters of small instances; the defaults of other generators are small."""


@lru_cache
def built_in() -> dict[str, Generator]:
    """All accelerators, and the generators of this package, by name."""
    found = {name: _of(accelerator) for name, accelerator in registry.accelerators().items()}
    for heading, components in BUILT_IN.items():
        for name, component in components.items():
            found[name] = Generator(
                name, component, heading, files=FILES.get(name, Generator.files), small=SMALL.get(name, {})
            )
    return found


def generators() -> dict[str, Generator]:
    """All generators by name. A generator of this package has priority over a plug-in of the same name."""
    return load(GROUP, Generator).found | built_in()


def broken() -> dict[str, str]:
    """One error sentence for each plug-in that cannot be used, by name."""
    plugins = load(GROUP, Generator)
    clashes = plugins.found.keys() & built_in().keys()
    taken = {name: f"plug-in '{name}' has the name of another generator." for name in clashes}
    return registry.plugins().broken | plugins.broken | taken


def find(name: str) -> Generator:
    """Look up a generator by name. Raises :class:`.UsageError`, which suggests the nearest name."""
    known, name = generators(), registry.ALIASES.get(name, name)
    if name not in known:
        if name in broken():
            raise UsageError(broken()[name])
        raise UsageError(f"unknown generator '{name}': {suggestion(name, known)}")
    return known[name]
