"""Stimulus of the AXI4 memory: reads and writes of several masters on one memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count as numbers

import numpy as np

from ..golden.axi_memory import BOUNDARY, FIXED, INCR, RESERVED, WRAP, beats
from .resets import Interruptible

BLOCK = 256
"""Size in bytes of the blocks of memory assigned to the masters in turn: each reads and writes its own."""


@dataclass
class AxiBurst:
    """Burst of `length` beats of 2^`size` bytes. `words` and `strobes`, one for each beat, are written; a read has
    none."""

    address: int
    size: int
    length: int
    burst: int = INCR
    words: list[int] = field(default_factory=list)
    strobes: list[int] = field(default_factory=list)
    id: int = 0


@dataclass
class AxiMemoryCase(Interruptible):
    """Bursts of each master, in sequence; and the pauses of each channel."""

    masters: list[list[AxiBurst]]
    pauses: dict[str, float] = field(default_factory=dict)
    seed: int = 0

    @property
    def together(self) -> bool:
        """One burst of each master on the same bank, at the same time."""
        bursts = [each for master in self.masters for each in master]
        same = len({(each.burst, each.size, each.length, not each.words) for each in bursts}) == 1
        return all(map(len, self.masters)) and not any(self.pauses.values()) and same and bursts[0].burst == FIXED

    @property
    def alone_reads(self) -> bool:
        """One burst of reads, of the first master, without pauses: the cycle laws hold exactly."""
        first, *others = self.masters
        return not any(self.pauses.values()) and not any(others) and [each.words for each in first] == [[]]


def random_cases(parameters: dict, count: int, seed: int, *, most: int = 16) -> list[AxiMemoryCase]:
    """Seeded random bursts; every fourth case without pauses. In every eighth case a single master is active."""
    rng, turn = np.random.default_rng(seed), numbers()  # kinds of mistake are used in turn
    return [_random_case(parameters, rng, turn, number, most) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, turn: Iterator[int], number: int, most: int) -> AxiMemoryCase:
    pauses: dict[str, float] = dict(
        zip(("aw", "w", "b", "ar", "r"), rng.choice([0.0, 0.3, 0.8], 5).tolist(), strict=True)
    )
    width = p["data_width"] // 8
    masters = [[] for _ in range(p["masters"])]
    if number % 16 == 8 and p["bursts"] == "all":
        masters = [[_same(width, BLOCK * master, write=number % 32 > 16)] for master in range(p["masters"])]
    elif number % 8 == 0:
        masters[0] = [AxiBurst(0, width.bit_length() - 1, BLOCK // width)]
    elif number % 8 == 4:
        alone = masters[int(rng.integers(p["masters"]))]
        for _ in range(rng.integers(1, most)):
            page = BOUNDARY * int(rng.integers(p["bytes"] // BOUNDARY))
            alone += _accesses(p, rng, turn, page, BOUNDARY)
        alone += _ends(width)
    else:
        for master, accesses in enumerate(masters):
            for _ in range(rng.integers(1, most)):
                accesses += _accesses(p, rng, turn, _block(p, rng, master), BLOCK)
    return AxiMemoryCase(masters, pauses if number % 4 else {}, seed=int(rng.integers(2**31)))


def _same(width: int, address: int, write: bool) -> AxiBurst:
    """Burst whose beats all access the same word."""
    burst = AxiBurst(address, width.bit_length() - 1, 16, FIXED)
    if write:
        burst.words, burst.strobes = list(range(16)), [2**width - 1] * 16
    return burst


def _ends(width: int) -> list[AxiBurst]:
    """Write and read, of each size, of the last two beats of a page."""
    found = []
    for size in range(width.bit_length()):
        address = BOUNDARY - 2 * 2**size
        lanes = [sum(1 << place % width for place in places) for places in beats(address, size, 2, INCR)]
        found += [AxiBurst(address, size, 2, INCR, [size, 2**size], lanes), AxiBurst(address, size, 2)]
    return found


def _block(p: dict, rng: np.random.Generator, master: int) -> int:
    blocks = p["bytes"] // BLOCK // p["masters"]
    few = min(blocks, 3) if rng.random() < 0.7 else blocks  # most access the same rows
    return BLOCK * (int(rng.integers(few)) * p["masters"] + master)


def _accesses(p: dict, rng: np.random.Generator, turn: Iterator[int], block: int, room: int) -> list[AxiBurst]:
    """One burst within a block of `room` bytes; a write that is illegal or not served is followed by a read of the 256
    bytes around it."""
    width, end = p["data_width"] // 8, p["bytes"]
    widest = width.bit_length() - 1
    illegal = rng.random() < 0.3
    burst = _illegal(width, rng, block, room, turn) if illegal else _legal(width, rng, block, room)
    if p["bursts"] == "incr" and not illegal:
        if rng.random() < 0.7:
            burst = _whole_beats(width, rng, block, room)
        illegal = (burst.burst, burst.size) != (INCR, widest)
    if rng.random() < 0.1:
        burst.address += end
    burst.id = int(rng.integers(2))
    if rng.random() < 0.5:
        return [burst]
    burst.words = [int.from_bytes(rng.bytes(width), "little") for _ in range(burst.length)]
    if illegal:  # data that would be observed if it were written
        burst.strobes = [2**width - 1] * burst.length
        return [burst, AxiBurst(burst.address % end // BLOCK * BLOCK, widest, BLOCK // width)]
    sparse = rng.random() < 0.3
    for places in beats(burst.address, burst.size, burst.length, burst.burst):
        lanes = sum(1 << place % width for place in places)
        burst.strobes.append(lanes & int.from_bytes(rng.bytes(width // 8 + 1), "little") if sparse else lanes)
    return [burst]


def _legal(width: int, rng: np.random.Generator, block: int, room: int) -> AxiBurst:
    widest = width.bit_length() - 1
    size = int(rng.choice([widest, int(rng.integers(widest + 1))]))
    count, start = 2**size, int(rng.integers(room))
    if start % 4 == 1:  # near the end, where incrementing an address carries
        start = room - 1 - start // 4 % width
    kind = int(rng.choice([INCR, WRAP, FIXED]))
    if kind == FIXED:
        return AxiBurst(block + start, size, int(rng.integers(1, 17)), FIXED)
    if kind == WRAP:
        lengths = [length for length in (2, 4, 8, 16) if length * count <= room]
        return AxiBurst(block + start // count * count, size, int(rng.choice(lengths)), WRAP)
    most = min(256, (room - start // count * count) // count)
    return AxiBurst(block + start, size, int(rng.choice([1, most, int(rng.integers(1, most + 1))])), INCR)


def _whole_beats(width: int, rng: np.random.Generator, block: int, room: int) -> AxiBurst:
    """INCR burst of beats of `width` bytes."""
    start = int(rng.integers(room))
    most = min(256, (room - start // width * width) // width)
    return AxiBurst(block + start, width.bit_length() - 1, int(rng.choice([1, most, int(rng.integers(1, most + 1))])))


def _illegal(width: int, rng: np.random.Generator, block: int, room: int, turn: Iterator[int]) -> AxiBurst:
    """Burst that AXI4 forbids: across a 4 KiB boundary, or of the next of the other kinds."""
    widest, start = width.bit_length() - 1, int(rng.integers(room))
    at, aligned = block + start, block + start // width * width
    page = block // BOUNDARY * BOUNDARY + BOUNDARY
    last = max(page - width * int(rng.integers(1, 4)), aligned)
    if block + room == page and rng.random() < 0.5:
        return AxiBurst(last, widest, (page - last) // width + int(rng.integers(1, 5)), INCR)
    kinds = [
        AxiBurst(at, widest, int(rng.integers(1, 17)), RESERVED),
        AxiBurst(aligned, widest, int(rng.choice([1, 3, 5, 6, 7, 9, 12, 14, 15, 17, 18, 32, 256])), WRAP),
        AxiBurst(aligned + int(rng.integers(1, width)), widest, int(rng.choice([2, 4, 8, 16])), WRAP),
        AxiBurst(at, int(rng.integers(widest + 1)), int(rng.integers(17, 40)), FIXED),
        AxiBurst(at, int(rng.integers(widest + 1, 8)), int(rng.choice([1, 2, 4])), int(rng.choice([INCR, WRAP]))),
    ]
    return kinds[next(turn) % len(kinds)]
