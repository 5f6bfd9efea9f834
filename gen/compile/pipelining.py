"""In which steps loads, computing, requantisation and stores are done: the lecture's schedules, and ours."""

from dataclasses import dataclass, field

from .tiling import Phase

ORDERS = {
    "serial": "load, compute, store, one after the other",
    "reordered": "the next load stands before the present computation",
    "synchronised": "the lecture's last: load, compute and store of three tiles between two SYNCs of all units",
    "overlapped": "load, compute, requantise and store of four tiles, each SYNC of those units only that matter",
}


@dataclass
class Step:
    """What may overlap: operands that are loaded for phases, a phase that is computed, tiles that are requantised from
    what earlier steps computed (`after`: this one) or stored. `all`: a SYNC of all units stands before."""

    load: list[int] = field(default_factory=list)
    compute: int | None = None
    requantise: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)
    store: list[int] = field(default_factory=list)
    all: bool = True


def arrange(phases: list[Phase], order: str) -> list[Step]:
    """The steps of a schedule."""
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
