"""Golden model of the DMA engine: copies boxes of elements between DRAM and a local memory as described by descriptors.

Element (i0, i1, i2, i3), i0 fastest, 0 <= i_d < count_d, is 2^size bytes at

    DRAM:  bus_addr + sum over d of i_d * bus_stride_d, modulo 2^addr_width
    local: local_addr + sum over d of i_d * local_stride_d

and is copied from one to the other, later elements over earlier ones. Arrays over elements have the shape
(count3, count2, count1, count0), so that their flat order is that of the elements.

`parameters` are those of the engine: data_width and addr_width (bits), local_bytes, dims, padding, fill, scatter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

COUNT_LIMIT = (1 << 16) - 1
"""Largest count."""

PAGE = 4096
"""Boundary in bytes: no burst crosses a multiple of this address."""


class CycleLaw(NamedTuple):
    """Cycles of a row. `address`: from its descriptor to the first address, less the number of dimensions, and less two
    for a queue; `status`: from the last response. `channels`: of addresses, data and responses."""

    channels: tuple[str, str, str]
    address: int
    status: int


LAWS = {False: CycleLaw(("ar", "r", "r"), 8, 4), True: CycleLaw(("aw", "w", "b"), 9, 2)}
"""Cycle laws of loads, and of stores."""


class DmaCode(IntEnum):
    """Status of a descriptor: done, an error on the bus, or rejected without side effects."""

    OK = 0
    SLVERR = 2
    DECERR = 3
    ZERO_COUNT = 4
    LOCAL_RANGE = 5
    SIZE = 6
    UNSUPPORTED = 7
    PADDING = 8
    ALIGNMENT = 9


@dataclass(frozen=True)
class Descriptor:
    """Descriptor of a box of elements to move. Tuples may be shorter than four; dimension 0 is innermost.

    `store`: local to DRAM, else DRAM to local. `fill`: nothing is read, the byte at target address a becomes byte a mod
    W of `value` (byte 0 is the lowest). `before`, `after`: number of elements at either end of each dimension that are
    not read but filled with `value`; `bus_addr` is the address that element (0, 0, 0, 0) would have. `wait`: the
    descriptor starts only when all earlier ones are complete.
    """

    store: bool = False
    bus_addr: int = 0
    local_addr: int = 0
    size: int = 0
    count: tuple[int, ...] = (1, 1, 1, 1)
    bus_stride: tuple[int, ...] = (0, 0, 0, 0)
    local_stride: tuple[int, ...] = (0, 0, 0, 0)
    fill: bool = False
    value: int = 0
    before: tuple[int, ...] = (0, 0, 0, 0)
    after: tuple[int, ...] = (0, 0, 0, 0)
    wait: bool = False
    tag: int = 0

    def __post_init__(self):
        for name, neutral in (("count", 1), ("bus_stride", 0), ("local_stride", 0), ("before", 0), ("after", 0)):
            given = tuple(int(number) for number in getattr(self, name))
            if len(given) > 4:
                raise ValueError(f"{name} has {len(given)} dimensions; there are at most 4")
            object.__setattr__(self, name, given + (neutral,) * (4 - len(given)))

    @property
    def padded(self) -> bool:
        return any(self.before) or any(self.after)


@dataclass(frozen=True)
class DmaStatus:
    """Status returned for a descriptor: `tag`, `code`, `addr`.

    An error of a store can only be attributed to its burst: any of `codes` and any of `addrs` may then be returned;
    `addr` is the first bad beat itself.
    """

    tag: int
    code: DmaCode = DmaCode.OK
    addr: int = 0
    codes: frozenset[int] = frozenset()
    addrs: range = range(0)

    def allows(self, tag: int | None, code: int | None, addr: int | None) -> bool:
        """Whether an engine may return this status."""
        return (
            tag == self.tag and (code == self.code or code in self.codes) and (addr == self.addr or addr in self.addrs)
        )


class DmaResult(NamedTuple):
    """Statuses in order, and for either memory a mask of the bytes with undefined contents."""

    statuses: list[DmaStatus]
    dram_uncertain: np.ndarray
    local_uncertain: np.ndarray


def check(d: Descriptor, parameters: dict) -> DmaCode:
    """Check a descriptor: OK, or the reason for its rejection, the first that applies in the engine's order of
    checking."""
    dims = parameters["dims"]
    if any(n != 1 for n in d.count[dims:]) or any(d.before[dims:]) or any(d.after[dims:]):
        raise ValueError(f"{d} has more than the {dims} dimensions of the engine")
    if 8 << d.size > parameters["data_width"]:
        return DmaCode.SIZE
    if d.fill and not parameters["fill"]:
        return DmaCode.UNSUPPORTED
    if d.padded and (not parameters["padding"] or d.store or d.fill):
        return DmaCode.UNSUPPORTED
    if 0 in d.count:
        return DmaCode.ZERO_COUNT
    if any(b + a > n for b, a, n in zip(d.before, d.after, d.count, strict=True)):
        return DmaCode.PADDING
    low, high = extent(d.count, d.local_stride)
    inside_local = d.local_addr + low >= 0 and d.local_addr + high + (1 << d.size) <= parameters["local_bytes"]
    if not inside_local and not (d.fill and d.store):
        return DmaCode.LOCAL_RANGE
    if parameters["scatter"] and turns(d) and not aligned(d):
        return DmaCode.ALIGNMENT
    return DmaCode.OK


def extent(count: Iterable[int], stride: Iterable[int]) -> tuple[int, int]:
    """Minimum and maximum of the sum of i_d * stride_d."""
    ends = [(n - 1) * s for n, s in zip(count, stride, strict=True)]
    return sum(min(e, 0) for e in ends), sum(max(e, 0) for e in ends)


def turns(d: Descriptor) -> bool:
    """Whether a descriptor is a corner turn: a load of rows contiguous in DRAM whose elements are scattered."""
    return not d.store and not d.fill and d.bus_stride[0] == 1 << d.size != d.local_stride[0]


def aligned(d: Descriptor) -> bool:
    """Whether every element is at a multiple of its size, for all counts."""
    return all(number % (1 << d.size) == 0 for number in (d.bus_addr, d.local_addr, *d.bus_stride, *d.local_stride))


def addresses(d: Descriptor, addr_width: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Address of each element: in DRAM (uint64, modulo 2^addr_width) and in the local memory (int64)."""
    mask = (1 << addr_width) - 1
    bus = np.full((1, 1, 1, 1), d.bus_addr & mask, np.uint64)
    local = np.full((1, 1, 1, 1), d.local_addr, np.int64)
    for axis, (n, bus_stride, local_stride) in enumerate(zip(d.count, d.bus_stride, d.local_stride, strict=True)):
        i = np.arange(n).reshape((-1,) + (1,) * axis)
        bus = bus + i.astype(np.uint64) * np.uint64(bus_stride % (1 << 64))
        local = local + i * local_stride
    return bus & np.uint64(mask), local


def bytes_of(d: Descriptor, addr_width: int = 32) -> tuple[np.ndarray, np.ndarray, np.ndarray | slice]:
    """Addresses of every byte, in DRAM and in the local memory, in the order of elements; and a mask of the bytes
    moved."""
    bus, local = addresses(d, addr_width)
    bus, local = bus.reshape(-1, 1), local.reshape(-1, 1)
    if d.size:
        byte = np.arange(1 << d.size)
        mask = np.uint64((1 << addr_width) - 1)
        bus, local = bus + byte.astype(np.uint64) & mask, local + byte
    moved = np.repeat(inside(d).reshape(-1), 1 << d.size) if d.padded else slice(None)
    return bus.reshape(-1), local.reshape(-1), moved


def inside(d: Descriptor) -> np.ndarray:
    """Mask of the elements that are moved rather than padded: before_d <= i_d < count_d - after_d for all d."""
    mask = np.ones((1, 1, 1, 1), bool)
    for axis, (n, before, after) in enumerate(zip(d.count, d.before, d.after, strict=True)):
        i = np.arange(n).reshape((-1,) + (1,) * axis)
        mask = mask & (i >= before) & (i < n - after)
    return mask


def run(
    descriptors: Iterable[Descriptor],
    dram: np.ndarray,
    local: np.ndarray,
    parameters: dict,
    faults: Iterable[tuple[int, int, int]] = (),
) -> DmaResult:
    """Execute the descriptors one after the other; `dram` and `local` (uint8) change in place.

    `dram` holds the addresses from 0. Beats beyond it return DECERR; beats that touch one of `faults` (first and last
    address, code) return that code. Each byte of the target of a descriptor with such a beat may hold its old or its
    new value. The model keeps the old one and marks the byte uncertain, as well as all copies of it, until it is
    overwritten with a certain value.
    """
    machine = DmaModel(dram, local, parameters, faults)
    statuses = [machine.execute(d) for d in descriptors]
    return DmaResult(statuses, machine.dram_uncertain, machine.local_uncertain)


def targets(descriptors: Iterable[Descriptor], parameters: dict, dram_bytes: int) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the bytes of DRAM and of the local memory that the descriptors may write."""
    dram, local = np.zeros(dram_bytes, bool), np.zeros(parameters["local_bytes"], bool)
    for d in descriptors:
        if check(d, parameters) == DmaCode.OK:
            bus, inner, _ = bytes_of(d, parameters["addr_width"])
            if d.store:
                dram[bus[bus < dram_bytes]] = True
            else:
                local[inner] = True
    return dram, local


class DmaModel:
    """DMA engine and its two memories, which change in place; see :func:`run`."""

    def __init__(self, dram, local, parameters, faults):
        self.dram, self.local, self.parameters = dram, local, parameters
        self.width = parameters["data_width"] // 8
        self.beats = len(dram) // self.width
        self.bus_responses = np.zeros(self.beats + 1, np.uint8)
        for first, last, code in reversed(list(faults)):
            self.bus_responses[first // self.width : last // self.width + 1] = code
        self.bus_responses[-1] = DmaCode.DECERR
        self.sound = not self.bus_responses[:-1].any()
        self.dram_uncertain = np.zeros(len(dram), bool)
        self.local_uncertain = np.zeros(len(local), bool)
        self.certain = True

    def execute(self, d: Descriptor) -> DmaStatus:
        code = check(d, self.parameters)
        if code != DmaCode.OK:
            return DmaStatus(d.tag, code)
        bus, local, moved = bytes_of(d, self.parameters["addr_width"])
        crossing = bus if d.store else bus[:0] if d.fill else bus[moved]
        responses = self.response(crossing)
        if responses is not None and responses.any():
            if d.store:
                self.dram_uncertain[bus[bus < len(self.dram)]] = True
            else:
                self.local_uncertain[local] = True
            self.certain = False
            return self.failed(d, crossing, responses)

        target, at, target_uncertain = self.local, local, self.local_uncertain
        source, source_at, source_uncertain = self.dram, bus, self.dram_uncertain
        if d.store:
            target, at, target_uncertain, source, source_at, source_uncertain = (
                source, source_at, source_uncertain, target, at, target_uncertain,
            )  # fmt: skip
        if d.fill or d.padded:
            pattern = np.frombuffer(d.value.to_bytes(self.width, "little"), np.uint8)
            new = pattern[(at % self.width).astype(np.intp)]
        else:
            new = np.empty(len(at), np.uint8)
        if not d.fill:
            new[moved] = source[source_at[moved]]
        target[at] = new
        if not self.certain:
            new_uncertain = np.zeros(len(at), bool)
            if not d.fill:
                new_uncertain[moved] = source_uncertain[source_at[moved]]
            target_uncertain[at] = new_uncertain
        return DmaStatus(d.tag)

    def response(self, crossing: np.ndarray) -> np.ndarray | None:
        """Response of the beat of each byte, None if there is no error."""
        if not len(crossing) or (self.sound and crossing.max() < self.beats * self.width):
            return None
        return self.bus_responses[np.minimum(crossing // np.uint64(self.width), np.uint64(self.beats)).astype(np.intp)]

    def fails(self, address: int, count: int) -> bool:
        """Whether the bus returns an error for one of `count` bytes from `address` on."""
        responses = self.response(np.arange(address, address + count, dtype=np.uint64))
        return responses is not None and bool(responses.any())

    def failed(self, d: Descriptor, crossing: np.ndarray, responses: np.ndarray) -> DmaStatus:
        """Status of a descriptor whose bytes `crossing` have these responses."""
        first = int((responses != 0).argmax())
        bad = int(crossing[first]) // self.width * self.width
        code = DmaCode(int(responses[first]))
        if not d.store:
            return DmaStatus(d.tag, code, bad)
        # The burst began in the same run of bytes and the same page, and ended at this byte.
        breaks = np.flatnonzero(np.diff(crossing) != 1) + 1
        start = breaks[breaks <= first].max(initial=0)
        stop = breaks[breaks > first].min(initial=len(crossing))
        page = bad // PAGE * PAGE
        lowest = max(int(crossing[start]) // self.width * self.width, page)
        burst = responses[first:stop][crossing[first:stop] < page + PAGE]
        codes = frozenset(int(response) for response in np.unique(burst) if response)
        return DmaStatus(d.tag, code, bad, codes, range(lowest, bad + 1, self.width))


def beats(d: Descriptor, width: int, *, scatter: bool = False) -> int:
    """Bus beats of `width` bytes, when runs that are contiguous on both sides are transferred one after the other.

    A run is dimension 0, or an element where that is not contiguous. (For a fill only DRAM counts, as for loads with
    `scatter` whose rows have no padding.) It takes ceil((offset + bytes) / width) beats, where offset is that of its
    first byte in its beat.
    """
    if d.fill and not d.store:
        return 0
    bus, _ = addresses(d, 64)
    mask = inside(d)
    run = 1 << d.size
    one_side = d.fill or (scatter and not d.store and not (d.before[0] or d.after[0]))
    if d.bus_stride[0] == run and (one_side or d.local_stride[0] == run):
        run *= d.count[0] - d.before[0] - d.after[0]
        if run <= 0:
            return 0
        bus, mask = bus[..., d.before[0]], mask[..., d.before[0]]
    offset = bus[mask].astype(np.int64) % width
    return int((-(-(offset + run) // width)).sum())
