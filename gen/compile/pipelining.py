"""Schedules: assignment of loads, computation, requantisation and stores to steps. Three schedules are those of the
lecture on AI accelerators (`gen.papers.lecture`).
"""

from dataclasses import dataclass, field

from .tiling import Phase

ORDERS = {
    "serial": "load, compute, store, one after the other",
    "reordered": "each load is issued before the computation of the previous tile, so that the two overlap",
    "synchronised": "load, compute and store of three tiles overlap, with a SYNC of all units after each step",
    "overlapped": "load, compute, requantise and store of four tiles overlap; a SYNC names only the necessary units",
}


@dataclass
class Step:
    """Step of a schedule: work that may overlap.

    `load`: phases whose operands are loaded. `compute`: the phase that is computed. `requantise`: tiles whose sums were
    completed in earlier steps; `after`: tiles whose sums are completed in this step. `store`: tiles whose results are
    stored. `all`: whether a SYNC of all units precedes the step.
    """

    load: list[int] = field(default_factory=list)
    compute: int | None = None
    requantise: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    store: list[int] = field(default_factory=list)
    all: bool = True


def arrange(phases: list[Phase], order: str) -> list[Step]:
    """Steps of the schedule that `order` names."""
    return {
        "serial": _serial,
        "reordered": _reordered,
        "synchronised": _synchronised,
        "overlapped": _overlapped,
    }[order](phases)


def _serial(phases):
    steps = []
    for number, phase in enumerate(phases):
        ends = [phase.tile] if phase.last else []
        steps += [Step(load=[number]), Step(compute=number, after=ends)]
        if ends:
            steps.append(Step(store=ends))
    return steps


def _reordered(phases):
    steps = [Step(load=[0])]
    for number, phase in enumerate(phases):
        ends = [phase.tile] if phase.last else []
        steps.append(Step(load=[number + 1] if number + 1 < len(phases) else [], compute=number, after=ends))
        if ends:
            steps.append(Step(store=ends))
    return steps


def _synchronised(phases):
    steps = [Step(load=[0])]
    ready = []
    for number, phase in enumerate(phases):
        ends = [phase.tile] if phase.last else []
        following = [number + 1] if number + 1 < len(phases) else []
        steps.append(Step(load=following, compute=number, after=ends, store=ready))
        ready = ends
    return [*steps, Step(store=ready)]


def _overlapped(phases):
    steps = [Step(load=[0], all=False)]
    complete, ready = [], []
    for number, phase in enumerate(phases):
        following = [number + 1] if number + 1 < len(phases) else []
        steps.append(Step(load=following, compute=number, requantise=complete, store=ready, all=False))
        ready, complete = complete, [phase.tile] if phase.last else []
    return [*steps, Step(requantise=complete, store=ready, all=False), Step(store=complete, all=False)]
