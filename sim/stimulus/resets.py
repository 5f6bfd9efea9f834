"""Reset in mid-run: cases that are begun once, interrupted by a reset, and then run from the reset state."""

import random
from dataclasses import dataclass

EVERY = 4
"""Period of the interrupted cases: every fourth."""


@dataclass(kw_only=True)
class Interruptible:
    """Case of a bench that resets its design in mid-run. `reset`: the case is begun first, and a reset occurs when this
    part of its beats has been transferred; then it runs from the beginning, and its results are those after a reset."""

    reset: float | None = None


def chosen(number: int) -> bool:
    """Whether the case of this number is interrupted, if it allows it."""
    return number % EVERY == 2


def interrupted(cases: list, seed: int) -> list:
    """Cases, of which every fourth that allows it (not the first) is interrupted: in turn in the first, second, third
    and last quarter of its beats."""
    rng = random.Random(seed)
    for number, case in enumerate(cases):
        if isinstance(case, Interruptible) and chosen(number):
            case.reset = (number // EVERY % 4 + rng.random()) / 4
    return cases
