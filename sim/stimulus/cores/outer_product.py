"""Stimulus of `outer_product`: random chains of descriptors, some illegal, some with bus errors."""

from dataclasses import replace

import numpy as np

from ...golden.cores.outer_product import BEATS, BYTES, SIZE
from ..runs import Run, window

DRAM = 1 << 15
STOPPED, SLOW = 5, 11
"""Numbers of the cases that are stopped, modulo 8, and of that with the slowest DRAM, modulo 40."""
LONGEST = (1 << 16) - 1
"""Latency of the slowest DRAM."""


def random_cases(parameters: dict, count: int, seed: int) -> list[Run]:
    """Seeded random chains of 1 to 3 products: every third without stalls, every eighth illegal, every eighth with a
    bus error: in a descriptor, an operand or a result in turn. Every eighth is stopped while the bus stalls, which the
    golden model does not reproduce. One of forty has a DRAM so slow that counters of cycles exceed 2^18. Most have a
    DRAM far from address 0."""
    rng = np.random.default_rng(seed)
    return [_case(parameters, rng, number) for number in range(count)]


def _case(p: dict, rng: np.random.Generator, number: int) -> Run:
    dram = rng.integers(0, 256, DRAM, dtype=np.uint8)
    if number % 4 == 1:  # the largest possible sums
        dram[: DRAM // 2] = 0x80
    most = min(6, p["depth"] // BEATS)
    shapes = [(int(rng.integers(1, most + 1)), int(rng.integers(1, 5))) for _ in range(int(rng.integers(1, 4)))]
    if number % 40 == SLOW:
        shapes = [(1, 5)]
    sizes = [size for depth, rows in shapes for size in _sizes(depth, rows)]
    starts = _places([BYTES] * len(shapes) + sizes, rng)
    base = window(rng, number, len(dram))
    chain, operands = starts[: len(shapes)], starts[len(shapes) :]
    wrong = int(rng.integers(len(shapes))) if number % 8 == 6 else None
    for n, (depth, rows) in enumerate(shapes):
        a, w, y = operands[3 * n : 3 * n + 3]
        following = chain[n + 1] if n + 1 < len(shapes) else 0
        if n == wrong:
            bad = [(0, rows, a), (p["depth"] // BEATS + 1, rows, a), (depth, 0, a), (depth, rows, a + 4)]
            depth, rows, a = bad[number // 8 % 4]
        places = [base + place for place in (a, w, y)] + [base + following if following else 0]
        dram[chain[n] : chain[n] + 20] = np.array([depth | rows << 16, *places], "<u4").view(np.uint8)
    fault = None
    if number % 8 == 7:
        first = [chain[-1], *operands[-3:]][number // 8 % 4]
        fault = (first, first + BYTES - 1, int(rng.integers(2, 4)))
    stall = 0 if number % 3 == 0 else int(rng.choice([20, 90, 180]))
    latency, seed = int(rng.choice([2, 20, 60])), int(rng.integers(1, 2**31))
    run = Run(dram, chain[0], latency=latency, stall=stall, fault=fault, limit=100_000, base=base, seed=seed)
    if number % 8 == STOPPED:
        stop = int(rng.integers(1, 16 if number % 16 == STOPPED else 2000))  # early: a request waits for the bus
        return replace(run, latency=2, stall=240, stop=stop, golden=False)
    if number % 40 == SLOW:
        return replace(run, latency=LONGEST, stall=0, limit=32 * LONGEST)
    return run


def _sizes(depth: int, rows: int) -> tuple[int, int, int]:
    """Sizes of A, W and Y in bytes."""
    return SIZE * BEATS * depth * rows, SIZE * BEATS * depth, BYTES * rows


def _places(sizes: list[int], rng: np.random.Generator) -> list[int]:
    """Addresses that do not overlap, in random order, with random gaps."""
    spare = (DRAM - sum(sizes)) // BYTES
    gaps = np.diff(np.sort(rng.integers(0, spare + 1, len(sizes))), prepend=0)
    found, end = [0] * len(sizes), 0
    for gap, part in zip(gaps, rng.permutation(len(sizes)), strict=True):
        found[part] = end + int(gap) * BYTES
        end = found[part] + sizes[part]
    return found
