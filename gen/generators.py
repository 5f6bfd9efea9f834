"""The generators there are: a name for each component that users ask for, and what exercises it."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from ..hw.array.broadcast import Broadcast
from ..hw.array.systolic import Systolic
from ..hw.component import Component
from ..hw.memory.scratchpad import Scratchpad
from ..hw.memory.split_scratchpad import SplitScratchpad


class UsageError(Exception):
    """Something the user asked for is not possible; the message is one sentence for the user."""


@dataclass(frozen=True)
class Generator:
    """A component under its name, and `cases(parameters, count, seed)`, random cases for its bench."""

    name: str
    component: type[Component]
    cases: Callable

    @property
    def summary(self) -> str:
        return self.component.__doc__.strip().splitlines()[0]


def _tiles(parameters: dict, count: int, seed: int):
    from ..sim.workloads.tiles import random_cases  # not needed to generate

    return random_cases(parameters, count, seed)


def _accesses(parameters: dict, count: int, seed: int):
    from ..sim.workloads.accesses import random_cases

    return random_cases(parameters, count, seed)


def _split_accesses(parameters: dict, count: int, seed: int):
    from ..sim.workloads.accesses import split_cases

    return split_cases(parameters, count, seed)


GENERATORS = {
    g.name: g
    for g in (
        Generator("broadcast", Broadcast, _tiles),
        Generator("scratchpad", Scratchpad, _accesses),
        Generator("split_scratchpad", SplitScratchpad, _split_accesses),
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
