"""Random stimulus of a DMA engine: descriptors, contents of the memories, and the behaviour of the environment.

Values stay within reasonable field widths: local strides within half the local memory, `before` and `after`
up to 15, sizes up to 7. DRAM has 64 KiB, anywhere on the bus.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count as numbers

import numpy as np

from ..golden.dma import COUNT_LIMIT, Descriptor, DmaCode, addresses, aligned, beats, check, extent, inside, turns
from .dma_limits import beyond, lone, long, window
from .dma_placement import DRAM_BYTES as DRAM_BYTES
from .dma_placement import (
    coin,
    dram_bytes,
    most_bytes,
    placed,
    random_counts,
    random_size,
    random_strides,
    random_value,
    replaced,
)

CHANNELS = ("aw", "w", "b", "ar", "r", "descriptor", "status", "local")
"""Channels that may pause: those of AXI, the streams of descriptors and statuses, the ports of the local memory."""

PADDING_LIMIT = 15
WORK = 1300
"""Approximate beats, of the slower side, in one case."""


@dataclass
class DmaCase:
    """Sequence of descriptors for an engine that starts from these two memories.

    `pauses`: the probability that each of :data:`CHANNELS` pauses in a cycle; `latency`: latency of the DRAM in cycles;
    `faults`: (first, last, code), addresses that return an error; `base`: address of the DRAM's first byte, from
    which all addresses of the case count; `reset_after`: cycle of a reset that ends the case.
    """

    descriptors: list[Descriptor]
    dram: np.ndarray
    local: np.ndarray
    pauses: dict[str, float] = field(default_factory=dict)
    latency: int = 1
    faults: list[tuple[int, int, int]] = field(default_factory=list)
    seed: int = 0
    base: int = 0
    reset_after: int | None = None

    @property
    def idle_free(self) -> bool:
        return not any(self.pauses.values())

    def lone(self, width: int) -> bool:
        """Whether the case is a single row of whole beats of `width` bytes, without pauses, faults and reset."""
        first, *others = self.descriptors
        undisturbed = self.idle_free and not self.faults and self.reset_after is None
        row = first.count[1:] == (1, 1, 1) and first.bus_stride[0] == first.local_stride[0] == width == 1 << first.size
        aligned = not (first.bus_addr % width or first.local_addr % width or first.padded or first.fill)
        return undisturbed and not others and row and aligned


def random_cases(parameters: dict, count: int, seed: int, *, descriptors: int = 12) -> list[DmaCase]:
    """Seeded random cases: every fourth runs without pauses, every fifth has faults, every tenth ends with a reset.
    Every tenth has a count near the limit, in each dimension in turn, and every eighth is a single row, whose cycles
    are exact. Most have a DRAM far from address 0.

    A load and a store that overlap in either memory are separated by `wait`.
    """
    rng, turn = np.random.default_rng(seed), numbers()  # kinds of mistake are used in turn
    cases = [_random_case(parameters, rng, turn, number, descriptors) for number in range(count)]
    for number, case in enumerate(cases):
        case.base = window(parameters, rng, number)
        if number % 10 == 5:
            case.reset_after = int(rng.choice([1, int(rng.integers(2, 40)), int(rng.integers(40, 600))]))
        if number % 10 == 6:
            case.descriptors, case.pauses, case.faults = (
                [long(parameters, rng, number // 10)],
                dict.fromkeys(CHANNELS, 0.0),
                [],
            )
            case.latency = 1
        elif number % 40 == 17:
            case.descriptors += beyond(parameters)
        elif number % 40 == 27:
            case.descriptors.append(replace(long(parameters, rng, 0, rows=False), wait=True))
            case.pauses = dict.fromkeys(CHANNELS, 0.0)
        elif number % 8 == 4:
            case.descriptors, case.faults = [lone(parameters, rng, number // 8)], []
    return cases


def random_descriptor(parameters: dict, rng: np.random.Generator, kinds: list[str], most: int, **fixed) -> Descriptor:
    """Legal descriptor of one of these kinds, with these fields, of about `most` beats or fewer; or a tiny one."""
    for _ in range(20):
        drawn = _KINDS[rng.choice(kinds)](parameters, rng)
        if drawn is None:
            continue
        d = replace(drawn, **fixed)
        if _exists(d, parameters) and check(d, parameters) == DmaCode.OK and work(d, parameters) <= most:
            return d
    while (drawn := _tiny(parameters, rng)) is None:
        pass
    return replace(drawn, **fixed)


def order(descriptors: list[Descriptor], parameters: dict) -> list[Descriptor]:
    """Copies of the descriptors, with `wait` where a load and a store that could run concurrently overlap.

    They overlap where one writes bytes that the other reads. Descriptors start in order: none overtakes a waiting one.
    """
    ordered, running = [], []  # still in progress: (store, bytes of DRAM, bytes of the local memory)
    for d in descriptors:
        sides = _touched(d, parameters)
        if d.wait or any(
            store != d.store and any(np.intersect1d(a, b).size for a, b in zip(others, sides, strict=True))
            for store, others in running
        ):
            d = replace(d, wait=True)
            running = []
        running.append((d.store, sides))
        ordered.append(d)
    return ordered


def work(d: Descriptor, parameters: dict) -> int:
    """Approximate cycles of a descriptor: the larger number of beats of its runs on either side."""
    if check(d, parameters) != DmaCode.OK:
        return 1
    width = parameters["data_width"] // 8
    flat = d.bus_stride[0] if d.fill and d.store else d.local_stride[0]
    elements = int(np.prod(d.count))
    runs = elements // d.count[0] if flat == 1 << d.size else elements
    return max(beats(d, width), runs + (elements << d.size) // width)


def _touched(d: Descriptor, p: dict) -> tuple[np.ndarray, np.ndarray]:
    if check(d, p) != DmaCode.OK:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    bus, local = addresses(d, p["addr_width"])
    byte = np.arange(1 << d.size)
    bus = bus[inside(d)].astype(np.int64)[:, None] + byte
    local = local.reshape(-1, 1) + byte
    nothing = byte[:0]
    return (nothing if d.fill and not d.store else np.unique(bus)), (
        nothing if d.fill and d.store else np.unique(local)
    )


def _random_case(p: dict, rng: np.random.Generator, turn: Iterator[int], number: int, descriptors: int) -> DmaCase:
    items, budget = [], WORK
    for _ in range(descriptors):
        kind = rng.choice([*_KINDS, "illegal"], p=_WEIGHTS)
        d = None
        for _ in range(20):
            drawn = _illegal(p, rng, turn) if kind == "illegal" else _KINDS[kind](p, rng)
            if drawn is not None and _exists(drawn, p) and work(drawn, p) <= max(budget / 2, 8):
                d = drawn
                break
        while d is None:  # one byte fits anywhere
            d = _tiny(p, rng)
        budget -= work(d, p)
        items.append(replace(d, tag=int(rng.integers(256)), wait=bool(rng.random() < 0.06)))
    items = order(items, p)
    size = dram_bytes(p)
    return DmaCase(
        items,
        rng.integers(0, 256, size, np.uint8),
        rng.integers(0, 256, p["local_bytes"], np.uint8),
        dict(
            zip(CHANNELS, (rng.choice([0.0, 0.1, 0.5, 0.9], len(CHANNELS)) * (number % 4 != 0)).tolist(), strict=True)
        ),
        int(rng.choice([1, 2, 5, 20, 60])),
        _faults(items, p, rng) if number % 5 == 3 else [],
        int(rng.integers(2**31)),
    )


def _exists(d: Descriptor, p: dict) -> bool:
    """Whether an engine with these options has the fields to represent the descriptor."""
    return (p["fill"] or not d.fill) and (p["padding"] or not d.padded)


def _faults(descriptors: list[Descriptor], p: dict, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """Up to three ranges of DRAM that return errors, most of them at targets of descriptors."""
    width, faults = p["data_width"] // 8, []
    for _ in range(int(rng.integers(1, 4))):
        touched = _touched(descriptors[int(rng.integers(len(descriptors)))], p)[0]
        near = int(rng.choice(touched)) if touched.size else int(rng.integers(dram_bytes(p)))
        first = near // width * width
        last = min(first + width * int(rng.choice([1, 1, 4, 64])), dram_bytes(p)) - 1
        faults.append((first, last, int(rng.choice([DmaCode.SLVERR, DmaCode.DECERR]))))
    return faults


# Descriptors by kind. Each function may return None if its random choice does not fit.


def _tiny(p: dict, rng: np.random.Generator) -> Descriptor | None:
    """One element, or a few bytes anywhere."""
    size = random_size(p, rng)
    n = int(rng.integers(1, 4)) if rng.random() < 0.5 else 1
    dense = (1 << size,)
    return placed(Descriptor(store=coin(rng), size=size, count=(n,), bus_stride=dense, local_stride=dense), p, rng)


def _dense(p: dict, rng: np.random.Generator) -> Descriptor | None:
    """One long row."""
    size = random_size(p, rng) if coin(rng) else 0
    n = max(1, int(rng.integers(1, most_bytes(p, 2000) + 1)) >> size)
    dense = (1 << size,)
    return placed(Descriptor(store=coin(rng), size=size, count=(n,), bus_stride=dense, local_stride=dense), p, rng)


def _rows(p: dict, rng: np.random.Generator) -> Descriptor | None:
    """Rows that are contiguous on both sides, with gaps or overlaps, forwards or backwards."""
    size = random_size(p, rng)
    count = random_counts(p, rng, most=most_bytes(p, 1500) >> size, first=int(rng.choice([1, 3, 16, 50, 200])))
    bus, local = [random_strides(rng, count, size, dense=1, aligned=coin(rng)) for _ in range(2)]
    return placed(Descriptor(coin(rng), 0, 0, size, count, bus, local), p, rng)


def _strided(p: dict, rng: np.random.Generator) -> Descriptor | None:
    """Elements with arbitrary strides on one side or both."""
    size = random_size(p, rng)
    count = random_counts(p, rng, most=min(most_bytes(p, 1500) >> size, 200), first=int(rng.choice([1, 2, 5, 20])))
    align = coin(rng)
    bus, local = [
        random_strides(rng, count, size, dense=int(rng.choice([0, 0, 1, 2])), aligned=align) for _ in range(2)
    ]
    return placed(Descriptor(coin(rng), 0, 0, size, count, bus, local), p, rng, align=align)


def _turn(p: dict, rng: np.random.Generator) -> Descriptor | None:
    """Rows contiguous in DRAM, columns contiguous in the local memory: a corner turn, or its inverse by a store."""
    size = random_size(p, rng)
    area = max(1, min(most_bytes(p, 1500) >> size, 400))
    cols = int(rng.integers(1, min(area, 64) + 1))
    lines = int(rng.integers(1, min(area // cols, 64) + 1))
    unit = 1 << size
    bus = (unit, unit * (cols + int(rng.choice([0, 0, 1, 7]))))
    local = (unit * (lines + int(rng.choice([0, 0, 1, 3]))), unit)
    if rng.random() < 0.2:  # upside down
        bus = (bus[0], -bus[1])
    count = (cols, lines)
    if p["dims"] > 2 and coin(rng):
        planes = int(rng.integers(1, max(2, area // (cols * lines)) + 1))
        count, bus, local = (*count, planes), (*bus, abs(bus[1]) * lines), (*local, local[0] * cols)
    if p["dims"] < 2:
        count, bus, local = count[:1], bus[:1], local[:1]
    store = rng.random() < 0.2
    align = not store or coin(rng)
    return placed(Descriptor(store, 0, 0, size, count, bus, local), p, rng, align=align)


def _padded(p: dict, rng: np.random.Generator) -> Descriptor | None:
    """Load with padding, sometimes of padding alone."""
    base = _KINDS[rng.choice(["dense", "rows", "rows", "strided", "turn"])](p, rng)
    if base is None:
        return None
    if not p["padding"] and rng.random() < 0.8:
        return base
    before, after = [0] * 4, [0] * 4
    for axis in range(p["dims"]):
        if rng.random() < 0.3:
            continue
        n = base.count[axis]
        spare = n if rng.random() < 0.05 else n - 1  # with padding of all n no element would be inside
        before[axis] = int(rng.integers(0, min(spare, PADDING_LIMIT) + 1))
        after[axis] = int(rng.integers(0, min(spare - before[axis], PADDING_LIMIT) + 1))
        if spare == n <= PADDING_LIMIT:
            after[axis] = n - before[axis]
    base = replace(base, store=False, value=random_value(p, rng), before=before, after=after)
    return placed(base, p, rng, align=aligned(base))


def _filled(p: dict, rng: np.random.Generator) -> Descriptor | None:
    base = _KINDS[rng.choice(["tiny", "dense", "rows", "strided"])](p, rng)
    if base is None or (not p["fill"] and rng.random() < 0.8):
        return base
    d = replace(base, fill=True, value=random_value(p, rng))
    if d.store and rng.random() < 0.3:  # no local memory is used, so its addresses are legal
        return replace(d, local_addr=p["local_bytes"] - 1, local_stride=(1 << d.size, 3)[: p["dims"]])
    return d


def _illegal(p: dict, rng: np.random.Generator, turn: Iterator[int]) -> Descriptor | None:
    """Descriptor to be rejected for the next reason, sometimes for two."""
    d = _KINDS[rng.choice(["tiny", "dense", "rows", "strided"])](p, rng)
    for _ in range(1 + (rng.random() < 0.3)):
        if d is None:
            return None
        d = _BREAK[list(_BREAK)[next(turn) % len(_BREAK)]](d, p, rng)
    return d if d is not None and check(d, p) != DmaCode.OK else None


def _zero_count(d, p, rng):
    return replace(d, count=replaced(d.count, int(rng.integers(p["dims"])), 0))


def _local_range(d, p, rng):
    """One byte too far, an element before the beginning, or counts so large that sums must not wrap."""
    low, high = extent(d.count, d.local_stride)
    size = 1 << d.size
    choice = rng.random()
    axis = int(rng.integers(p["dims"]))
    if choice < 0.4:
        over = p["local_bytes"] - high - size + int(rng.choice([1, 1, size]))
        return replace(d, local_addr=over) if -low <= over < p["local_bytes"] else None
    if choice < 0.7:
        under = -low - 1
        return replace(d, local_addr=under) if 0 <= under < p["local_bytes"] else None
    stride = int(rng.choice([1 << d.size, p["local_bytes"] // 4, -p["local_bytes"] // 4]))
    return replace(
        d,
        count=replaced(d.count, axis, int(rng.choice([COUNT_LIMIT, 1 << 15, (p["local_bytes"] & COUNT_LIMIT) + 1]))),
        local_stride=replaced(d.local_stride, axis, stride),
    )


def _too_large(d, p, rng):
    least = (p["data_width"] // 8).bit_length()
    return replace(d, size=int(rng.integers(least, 8))) if least < 8 else None


def _unsupported(d, p, rng):
    choice = int(rng.integers(4))
    edge = replaced((0,) * 4, int(rng.integers(p["dims"])), 1)
    if choice == 0:
        return replace(d, fill=True)
    if choice == 1:
        return replace(d, store=False, before=edge)
    if choice == 2:
        return replace(d, store=True, after=edge)
    return replace(d, fill=True, after=edge)


def _padding(d, p, rng):
    """Padding of one more than the count, at one end or at both together."""
    if not p["padding"]:
        return None
    axis = int(rng.integers(p["dims"]))
    n = int(rng.integers(1, min(d.count[axis], PADDING_LIMIT - 1) + 1)) if d.count[axis] else 1
    before = int(rng.integers(0, n + 2))
    return replace(
        d,
        store=False,
        fill=False,
        count=replaced(d.count, axis, n),
        before=replaced(d.before, axis, before),
        after=replaced(d.after, axis, n + 1 - before),
    )


def _alignment(d, p, rng):
    """Corner turn with one number that is not a multiple of the element."""
    if not p["scatter"] or p["data_width"] == 8:
        return None
    d = _turn(p, rng)
    if d is None or d.store or not d.size or not turns(d):
        return None
    off = int(rng.integers(1, 1 << d.size))
    axis = int(rng.integers(p["dims"]))
    return (
        replace(d, bus_addr=d.bus_addr + off),
        replace(d, local_addr=d.local_addr - off) if d.local_addr > off else None,
        replace(d, bus_stride=replaced(d.bus_stride, axis, d.bus_stride[axis] + off)) if axis else None,
        replace(d, local_stride=replaced(d.local_stride, axis, d.local_stride[axis] - off)),
    )[int(rng.integers(4))]


_KINDS = {
    "tiny": _tiny,
    "dense": _dense,
    "rows": _rows,
    "strided": _strided,
    "turn": _turn,
    "padded": _padded,
    "filled": _filled,
}
_WEIGHTS = [0.12, 0.2, 0.18, 0.12, 0.08, 0.12, 0.08, 0.1]
_BREAK = {
    "zero count": _zero_count,
    "local range": _local_range,
    "too large": _too_large,
    "unsupported": _unsupported,
    "padding": _padding,
    "alignment": _alignment,
}
