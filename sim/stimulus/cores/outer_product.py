"""Random products for the outer-product engine, some of them not legal, some where the bus answers with an error."""

from dataclasses import dataclass, field

import numpy as np

from ...golden.cores.outer_product import BEATS, BYTES, SIZE

MEMORY = 1 << 15
CHANNELS = ("aw", "w", "b", "ar", "r")


@dataclass
class Case:
    """A product, and the memory that it happens in. `depth` and `rows` as in the registers.

    `pauses`: the probability that each channel pauses in a cycle; `fault`: (first, last), bytes that answer SLVERR.
    """

    memory: np.ndarray
    a: int
    w: int
    y: int
    depth: int
    rows: int
    pauses: dict[str, float] = field(default_factory=dict)
    fault: tuple[int, int] | None = None
    seed: int = 0


def random_cases(p: dict, count: int, seed: int) -> list[Case]:
    """Seeded random cases: every third without pauses, every eighth not legal, every eighth with an error."""
    rng = np.random.default_rng(seed)
    return [_case(p, rng, number) for number in range(count)]


def _case(p: dict, rng: np.random.Generator, number: int) -> Case:
    depth = int(rng.integers(1, 1 + min(8, p["depth"] // BEATS)))
    rows = int(rng.integers(1, 5))
    if number % 8 == 6:
        depth, rows = [(0, rows), (p["depth"] // BEATS + 1, rows), (depth, 0)][number // 8 % 3]
    memory = rng.integers(0, 256, MEMORY, dtype=np.uint8)
    sizes = [BEATS * SIZE * depth * max(rows, 1), BEATS * SIZE * depth, BYTES * max(rows, 1)]
    spare = (MEMORY - sum(sizes)) // BYTES
    gaps = np.sort(rng.integers(0, spare + 1, 3)) * BYTES
    order = rng.permutation(3)
    places, end = [0, 0, 0], 0
    for gap, part in zip(gaps, order, strict=True):
        places[part] = int(gap) + end
        end += sizes[part]
    if number % 4 == 1:  # the largest sums there are
        memory[places[0] :][: sizes[0]] = memory[places[1] :][: sizes[1]] = 0x80
    pauses = {} if number % 3 == 0 else {channel: float(rng.choice([0, 0.2, 0.7])) for channel in CHANNELS}
    fault = None
    if number % 8 == 7:
        part = int(rng.integers(3))
        fault = (places[part], places[part] + sizes[part] - 1)
    return Case(memory, *places, depth, rows, pauses, fault, int(rng.integers(1 << 30)))
