"""The generators there are: a name for each component that users ask for, and what exercises it."""

import difflib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..hw.array.bfloat16_systolic import Bfloat16Systolic
from ..hw.array.broadcast import Broadcast
from ..hw.array.fusion_array import FusionArray
from ..hw.array.pe import Pe
from ..hw.array.sparse_systolic import SparseSystolic
from ..hw.array.systolic import Systolic
from ..hw.bus.registers import Registers
from ..hw.collective.collective import Collective
from ..hw.component import Component
from ..hw.cores.outer_product.core import OuterProduct
from ..hw.cores.systola.core import Core
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
from .verilog.register_files import files as register_files


class UsageError(Exception):
    """Something the user asked for is not possible; the message is one sentence for the user."""


@dataclass(frozen=True)
class Generator:
    """A component under its name, and `cases(parameters, count, seed)`, random cases for its bench.

    `files(component, top)` gives what else is written beside the Verilog: texts by file name.
    """

    name: str
    component: type[Component]
    cases: Callable
    files: Callable = lambda component, top: {}

    @property
    def summary(self) -> str:
        return self.component.__doc__.strip().splitlines()[0]


def _random(workload: str, function: str = "random_cases") -> Callable:
    """The random cases of a workload, which is imported only where something is simulated."""

    def cases(parameters: dict, count: int, seed: int):
        module = importlib.import_module(f"...sim.stimulus.{workload}", __name__)
        return getattr(module, function)(parameters, count, seed)

    return cases


GENERATORS = {
    g.name: g
    for g in (
        Generator("accumulator", Accumulator, _random("accumulator")),
        Generator("axi_memory", AxiMemory, _random("axi_memory")),
        Generator("bfloat16_systolic", Bfloat16Systolic, _random("bfloat16_systolic")),
        Generator("bitbrick", BitBrick, _random("bitbrick")),
        Generator("broadcast", Broadcast, _random("broadcast")),
        Generator("collective", Collective, _random("collective")),
        Generator("core", Core, _random("cores.systola.programs")),
        Generator("dma", Dma, _random("dma")),
        Generator("fusion_array", FusionArray, _random("fusion_array")),
        Generator("fusion_temporal", FusionTemporal, _random("fusion_temporal")),
        Generator("fusion_unit", FusionUnit, _random("fusion_unit")),
        Generator("link", Link, _random("link")),
        Generator("multiport", Multiport, _random("multiport")),
        Generator("network_interface", NetworkInterface, _random("network_interface")),
        Generator("nm_mac", SparseMac, _random("nm_mac")),
        Generator("noc", Noc, _random("noc")),
        Generator("noc_traffic", NocTraffic, _random("noc_traffic")),
        Generator("outer_product", OuterProduct, _random("cores.outer_product")),
        Generator("pe", Pe, _random("pe")),
        Generator("pool", Pool, _random("pool")),
        Generator("registers", Registers, _random("registers"), register_files),
        Generator("requantise", Requantise, _random("requantise")),
        Generator("router", Router, _random("router")),
        Generator("scratchpad", Scratchpad, _random("scratchpad")),
        Generator("sparse_systolic", SparseSystolic, _random("sparse_systolic")),
        Generator("split_scratchpad", SplitScratchpad, _random("split_scratchpad")),
        Generator("systolic", Systolic, _random("systolic")),
        Generator("uart", Uart, _random("uart")),
    )
}


def find(name: str) -> Generator:
    """The generator of that name. Raises :class:`UsageError` with the nearest one."""
    if name not in GENERATORS:
        raise UsageError(f"unknown generator '{name}': {suggestion(name, GENERATORS)}")
    return GENERATORS[name]


def suggestion(name: str, known: Iterable[str]) -> str:
    """What somebody may have meant who wrote `name`."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}."
