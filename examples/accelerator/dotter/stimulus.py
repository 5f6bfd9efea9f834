"""Random chains of descriptors for `dotter`: some are illegal, in some the bus responds with an error."""

import numpy as np

from systola.sim.stimulus.runs import Run

from .golden import PITCH

DRAM = 1 << 14


def random_cases(parameters: dict, count: int, seed: int) -> list[Run]:
    """Seeded random chains of 1 to 3 products.

    Every third is without stalls, every eighth is not legal, every eighth has a bus error.
    """
    rng = np.random.default_rng(seed)
    return [_case(parameters["lanes"], rng, number) for number in range(count)]


def _case(lanes: int, rng: np.random.Generator, number: int) -> Run:
    dram = rng.integers(0, 256, DRAM, dtype=np.uint8)
    if number % 4 == 1:  # the largest products
        dram[:] = 0x80
    shapes = [tuple(int(n) for n in rng.integers(1, 5, 3)) for _ in range(int(rng.integers(1, 4)))]
    sizes = [each for k, n, m in shapes for each in (PITCH, lanes * k * m, lanes * k * n, 4 * m * n)]
    starts = _places(sizes, rng)
    wrong = int(rng.integers(len(shapes))) if number % 8 == 6 else None
    for d, (k, n, m) in enumerate(shapes):
        at, a, b, y = starts[4 * d : 4 * d + 4]
        header = starts[4 * d + 4] if d + 1 < len(shapes) else 1
        words = [header, a, b, k, lanes, lanes, n, 0, lanes * k, m, lanes * k, 0, y]
        if rng.integers(2):  # from the end to the beginning of b
            words[2], words[5], words[8] = b + lanes * (k * n - 1), -lanes, -lanes * k
        if d == wrong:
            field, change = [(3, -k), (1, 1), (5, 2), (12, 2), (9, -m)][number // 8 % 5]
            words[field] += change
        dram[at : at + 4 * len(words)] = (np.array(words) % (1 << 32)).astype("<u4").view(np.uint8)
    fault = None
    if number % 8 == 7:
        first = starts[int(rng.integers(len(starts)))]
        fault = (first, first + PITCH - 1, int(rng.integers(2, 4)))
    stall = 0 if number % 3 == 0 else int(rng.choice([20, 90, 180]))
    entry = starts[0] + (4 if number == 14 else 0)
    return Run(dram, entry, latency=int(rng.choice([2, 20, 60])), stall=stall, fault=fault, limit=100_000)


def _places(sizes: list[int], rng: np.random.Generator) -> list[int]:
    """Addresses, multiples of PITCH, that do not overlap, in random order."""
    found, end = [0] * len(sizes), PITCH * int(rng.integers(8))
    for part in rng.permutation(len(sizes)):
        found[part] = end
        end += -(-sizes[part] // PITCH) * PITCH + PITCH * int(rng.integers(3))
    return found
