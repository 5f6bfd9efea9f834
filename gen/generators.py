"""The generators there are: a name for each component that users ask for, and what exercises it."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from ..hw.array.broadcast import Broadcast
from ..hw.array.systolic import Systolic
from ..hw.bus.registers import Registers
from ..hw.component import Component
from ..hw.dma.dma import Dma
from .registers import files as register_files


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


def _tiles(parameters: dict, count: int, seed: int):
    from ..sim.workloads.tiles import random_cases  # not needed to generate

    return random_cases(parameters, count, seed)


def _descriptors(parameters: dict, count: int, seed: int):
    from ..sim.workloads.descriptors import random_cases

    local_bytes = parameters["local_words"] * parameters["data_width"] // 8
    return random_cases(parameters | {"local_bytes": local_bytes}, count, seed)


def _register_accesses(parameters: dict, count: int, seed: int):
    from ..sim.workloads.register_accesses import random_cases

    return random_cases(parameters, count, seed)


GENERATORS = {
    g.name: g
    for g in (
        Generator("broadcast", Broadcast, _tiles),
        Generator("dma", Dma, _descriptors),
        Generator("registers", Registers, _register_accesses, register_files),
        Generator("systolic", Systolic, _tiles),
    )
}


def find(name: str) -> Generator:
    """The generator of that name. Raises :class:`UsageError` with the nearest one."""
    if name not in GENERATORS:
        near = difflib.get_close_matches(name, GENERATORS, n=1, cutoff=0.5)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(GENERATORS)}."
        raise UsageError(f"unknown generator '{name}': {hint}")
    return GENERATORS[name]
