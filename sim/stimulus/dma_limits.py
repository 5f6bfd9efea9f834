"""Special cases of DMA transfers: the place of the DRAM, counts near the limit, single rows."""

from dataclasses import replace

import numpy as np

from ..golden.dma import COUNT_LIMIT, Descriptor
from .dma_placement import dram_bytes, placed, random_value, replaced


def window(p: dict, rng: np.random.Generator, number: int) -> int:
    """Address of the DRAM: each address bit in turn, the ends of the address space, or anywhere."""
    size, width = dram_bytes(p), p["addr_width"]
    high = width - (size - 1).bit_length()
    if not high:
        return 0
    pages = [0, (1 << high) - 1, 1 << number // 2 % high, int(rng.integers(1 << min(high, 62)))]
    return size * pages[(3, 2, 1, 2, 0)[number % 5]]


def long(p: dict, rng: np.random.Generator, axis: int, rows: bool = True) -> Descriptor:
    """Count near the limit in one dimension; in dimension 0 of contiguous bytes, if there is room; without
    `rows`, of elements at one local address."""
    axis %= p["dims"]
    dense = rows and axis == 0 and (p["fill"] or p["local_bytes"] > 1 << 14) and dram_bytes(p) > COUNT_LIMIT
    most = COUNT_LIMIT if p["fill"] else min(COUNT_LIMIT, p["local_bytes"])
    n = most if dense else (1 << 14 + (axis == 1)) + int(rng.integers(64))
    count = replaced((1,) * p["dims"], axis, n)
    stride = replaced((0,) * p["dims"], axis, 1)
    d = Descriptor(
        count=count,
        bus_stride=stride,
        local_stride=stride if dense else (0,) * p["dims"],
        store=dense,
        fill=dense and p["fill"],
        value=random_value(p, rng),
        tag=int(rng.integers(256)),
    )
    d = d if n <= dram_bytes(p) else replace(d, bus_stride=(0,) * 4)
    chosen = placed(d, p, rng, align=False) if not d.fill else replace(d, bus_addr=int(rng.integers(2)))
    if chosen is None:
        raise ValueError(f"{d} does not fit")
    return chosen


def beyond(p: dict) -> list[Descriptor]:
    """Illegal descriptors, one for each bit of the count of each dimension: only that bit makes them leave the local
    memory, at its end or at its beginning."""
    bits = range(1, min(COUNT_LIMIT, p["local_bytes"] - 1).bit_length())
    chosen = []
    for axis in range(p["dims"]):
        for bit in bits:
            down, stride = (axis + bit) % 2, -(-p["local_bytes"] // (1 << bit))
            chosen.append(
                Descriptor(
                    local_addr=(p["local_bytes"] - 1) * down,
                    count=replaced((1,) * p["dims"], axis, (1 << bit) + 1),
                    local_stride=replaced((0,) * p["dims"], axis, -stride if down else stride),
                    tag=16 * axis + bit,
                )
            )
    return chosen


def lone(p: dict, rng: np.random.Generator, number: int) -> Descriptor:
    """One row of whole beats, a load or a store."""
    size = (p["data_width"] // 8).bit_length() - 1
    n, dense = max(1, int(rng.integers(1, p["local_bytes"] + 1)) // 2 >> size), (1 << size,)
    d = placed(Descriptor(bool(number % 2), 0, 0, size, (n,), dense, dense), p, rng, align=True)
    if d is None:
        raise ValueError(f"a row of {n} beats does not fit")
    return d
