"""Random sizes, strides and addresses of DMA descriptors: boxes that fit into both memories."""

from dataclasses import replace

from ..golden.dma import PAGE, Descriptor, aligned, extent, turns

DRAM_BYTES = 1 << 16


def dram_bytes(p: dict) -> int:
    """Size of the DRAM image."""
    return min(DRAM_BYTES, 1 << p["addr_width"])


def coin(rng) -> bool:
    return bool(rng.random() < 0.5)


def replaced(numbers: tuple[int, ...], axis: int, number: int) -> tuple[int, ...]:
    return (*numbers[:axis], number, *numbers[axis + 1 :])


def random_size(p: dict, rng) -> int:
    return int(rng.integers(0, (p["data_width"] // 8).bit_length()))


def most_bytes(p: dict, bytes: int) -> int:
    return max(1, min(bytes, p["local_bytes"] // 3))


def random_value(p: dict, rng) -> int:
    if rng.random() < 0.2:
        return 0
    return int.from_bytes(rng.bytes(p["data_width"] // 8), "little")


def random_counts(p: dict, rng, *, most: int, first: int) -> tuple[int, ...]:
    """Counts of up to `most` elements together; dimension 0 about `first`, the others small."""
    counts, budget = [], max(1, most)
    for axis in range(p["dims"]):
        if axis == 0:
            n = int(rng.integers(1, max(1, min(first, budget)) + 1))
        else:
            n = min(int(rng.choice([1, 1, 2, 3, 4, 7])), budget)
        counts.append(n)
        budget //= n
    return tuple(counts)


def random_strides(rng, count: tuple[int, ...], size: int, *, dense: int, aligned: bool) -> tuple[int, ...]:
    """Stride of each dimension: contiguous for the first `dense`, then contiguous, with gaps, overlapping, or 0.

    A dimension may also run backwards.
    """
    strides, reach = [], 1 << size
    for axis, n in enumerate(count):
        gap = 0
        if axis >= dense:
            choice = rng.random()
            if choice < 0.6:
                gap = int(rng.integers(1, 2 * reach + 20))
            elif choice < 0.7:
                gap = -int(rng.integers(1, reach + 1))  # less than the inner dimensions extend: elements overlap
        stride = reach + gap
        if aligned:
            stride = stride >> size << size
        if axis >= dense and rng.random() < 0.25:
            stride = -stride
        strides.append(stride)
        reach = max(reach, abs(stride) * (n - 1) + reach)
    return tuple(strides)


def placed(d: Descriptor, p: dict, rng, *, align: bool | None = None) -> Descriptor | None:
    """Descriptor at random addresses that fit: anywhere, across a page boundary, or at either end.

    None if it does not fit.
    """
    size = 1 << d.size
    align = coin(rng) if align is None else align
    align = align or (p["scatter"] and turns(d))
    if p["scatter"] and turns(d) and not aligned(replace(d, bus_addr=0, local_addr=0)):
        return None
    if any(abs(s) > p["local_bytes"] // 2 for s in d.local_stride):
        return None
    unit = size if align else 1
    low, high = extent(d.count, d.local_stride)
    local = _base(rng, low, high + size, p["local_bytes"], unit)
    low = high = 0  # in DRAM only elements inside the padding count
    for n, stride, before, after in zip(d.count, d.bus_stride, d.before, d.after, strict=True):
        if before + after >= n:
            bus = int(rng.integers(1 << min(p["addr_width"], 62))) // unit * unit
            break
        ends = (before * stride, (n - 1 - after) * stride)
        low, high = low + min(ends), high + max(ends)
    else:
        bus = _base(rng, low, high + size, dram_bytes(p), unit)
    if local is None or bus is None:
        return None
    return replace(d, local_addr=local, bus_addr=bus % (1 << p["addr_width"]))


def _base(rng, low: int, high: int, room: int, unit: int) -> int | None:
    """Multiple of `unit` such that base + low and base + high are within 0 and `room`."""
    first, last = -(low // unit) * unit, (room - high) // unit * unit
    if first > last:
        return None
    choice = rng.random()
    if choice < 0.08:
        return first
    if choice < 0.16:
        return last
    if choice < 0.5 and room >= 2 * PAGE:
        page = PAGE * int(rng.integers(1, room // PAGE))
        base = (page - int(rng.integers(low, high))) // unit * unit
        return min(max(base, first), last)
    return int(rng.integers(first // unit, last // unit + 1)) * unit
