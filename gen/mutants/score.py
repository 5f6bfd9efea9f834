"""Mutation score of a bench: the share of its design's mutants that it notices."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from ...sim.runner import children
from ...sim.runner.simulate import simulate
from ...sim.runner.simulator import SimulatorError
from ..generators import Generator, find
from .equivalence import LIMIT, equivalent
from .mutate import Mutants, Mutation, mutants
from .reasons import reason

CASES = 40
"""Cases per mutant, the default of `systola sim`."""
PATIENCE = 10
"""Time limit of a bench, relative to its time with the unmodified design."""


class MutationError(Exception):
    """Failed measurement of a design's mutants; the message is one sentence for the user."""


@dataclass
class Score:
    """Verdicts on the mutants of a generator. `equivalents` are proven; `explained` are equivalent for a reason, which
    follows the description of each; `survivors` are none of these. `parameters` are those of the small design,
    `seconds` is the duration of the whole measurement.
    """

    name: str
    parameters: dict
    mutants: int
    noticed: int
    equivalents: list[str] = field(default_factory=list)
    explained: dict[str, str] = field(default_factory=dict)
    survivors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def share(self) -> float:
        """Noticed mutants, relative to all that are not equivalent to the design."""
        return self.noticed / max(1, self.noticed + len(self.survivors))

    def data(self) -> dict:
        return asdict(self)


def score(
    name: str,
    *,
    count: int,
    seed: int = 1,
    jobs: int = 2,
    limit: int = LIMIT,
    progress: Callable[[str], object] = lambda text: None,
) -> Score:
    """Simulate `count` mutants of a generator's small design in its bench, and try to prove survivors equivalent.

    `jobs` mutants are simulated concurrently. Each proof has `limit` seconds. Raises :class:`MutationError` if the
    bench rejects the unmodified design.
    """
    started, generator = time.perf_counter(), find(name)
    design = generator.design(**generator.small)
    with children.temporary() as folder:
        made = mutants(design, folder, count=count, seed=seed)
        progress(f"{name}: building {len(made.mutations)} mutants")
        patience = PATIENCE * _seconds(generator, made)
        progress(f"{name}: {len(made.mutations)} mutants, {CASES} cases each")
        with ThreadPoolExecutor(jobs) as pool:
            run = partial(notices, generator, made, CASES, limit=patience)
            noticed = list(pool.map(run, [each.number for each in made.mutations]))
        waiting = [each for each, found in zip(made.mutations, noticed, strict=True) if not found]
        explained = {str(each): found for each in waiting if (found := reason(name, str(each)))}
        others = [each for each in waiting if str(each) not in explained]
        same = [each for each in others if _proven(made, each, folder, limit, progress)]
        left = [each for each in others if each not in same]
    return Score(
        name,
        generator.small,
        len(made.mutations),
        len(made.mutations) - len(waiting),
        [str(each) for each in same],
        explained,
        [str(each) for each in left],
        time.perf_counter() - started,
    )


def _seconds(generator: Generator, made: Mutants) -> float:
    """Build the mutants, and measure the bench with the unmodified design, at least 5 seconds."""
    if notices(generator, made, 1, 0, None):
        raise MutationError(f"{generator.name}: its bench rejects the unmodified design.")
    began = time.perf_counter()
    if notices(generator, made, CASES, 0, None):
        raise MutationError(f"{generator.name}: its bench rejects the unmodified design.")
    return max(5.0, time.perf_counter() - began)


def notices(generator: Generator, made: Mutants, cases: int, number: int, limit: float | None) -> bool:
    """Whether the bench notices a mutant: by a mismatch, which ends it, by an error, or as it never completes."""
    stimulus = generator.cases(made.design.parameters, cases, 1)
    try:
        outcome, _ = simulate(made.design, stimulus, timeout=limit, plusargs=made.plusargs(number), first=True)
    except SimulatorError:
        return True
    return outcome.mismatches > 0


def _proven(made: Mutants, mutation: Mutation, folder: Path, limit: int, progress) -> bool:
    progress(f"{made.design.name}: proof for {mutation}")
    return equivalent(made, mutation.number, folder, limit)
