"""Boxes of LOAD and STORE: transfers between DRAM and the scratchpads, with few dimensions and long rows."""

from dataclasses import dataclass, replace
from math import prod

COUNT_LIMIT = (1 << 16) - 1
PAD_LIMIT = (1 << 8) - 1


@dataclass(frozen=True)
class Dimension:
    """`count` elements at strides of `bus` and `local` bytes. The first `before` and the last `after` elements are
    padding: they are not read, but filled with the value of the box."""

    count: int
    bus: int
    local: int
    before: int = 0
    after: int = 0

    @property
    def inside(self) -> int:
        return self.count - self.before - self.after


@dataclass(frozen=True)
class Box:
    """Box of bytes to transfer. `dimensions[0]` is innermost, with a stride of one byte. `bus` and `local` are the
    addresses of the first byte, padding included. `value` fills the padding."""

    bus: int
    local: int
    dimensions: tuple[Dimension, ...]
    value: int = 0

    def coalesced(self) -> "Box":
        """Equivalent box with fewer dimensions: adjacent ones that are contiguous on both sides are merged."""
        kept = [self.dimensions[0]]
        for outer in self.dimensions[1:]:
            inner = kept[-1]
            if outer.count == 1 and not (outer.before or outer.after):
                continue
            follows = outer.bus == inner.count * inner.bus and outer.local == inner.count * inner.local
            if follows and not (inner.before or inner.after):
                n = inner.count
                merged = replace(inner, count=n * outer.count, before=n * outer.before, after=n * outer.after)
                if merged.count <= 8 * COUNT_LIMIT and max(merged.before, merged.after) <= 8 * PAD_LIMIT:
                    kept[-1] = merged
                    continue
            kept.append(outer)
        first = kept[0]
        size = element(first)
        if max(first.count >> size > COUNT_LIMIT, first.before >> size > PAD_LIMIT, first.after >> size > PAD_LIMIT):
            kept = list(self.dimensions)
        return replace(self, dimensions=tuple(kept))

    def beats(self, width: int) -> int:
        """Beats of `width` bytes, padding included; misalignment is not modelled exactly."""
        inner, *outer = self.coalesced().dimensions
        rows = prod(dimension.count for dimension in outer)
        offset = (self.bus + inner.before) % width if all(d.bus % width == 0 for d in outer) else width - 1
        return rows * (-(-(offset % width + inner.count) // width) + (1 if inner.before or inner.after else 0))

    @property
    def hull(self) -> tuple[int, int]:
        """First scratchpad byte of the box, and the byte after its last."""
        return self.local, self.local + 1 + sum((d.count - 1) * d.local for d in self.dimensions)

    @property
    def bus_hull(self) -> tuple[int, int]:
        """First DRAM byte that is read or written, and the byte after the last; equal if all is padding."""
        if not all(d.inside for d in self.dimensions):
            return self.bus, self.bus
        low = self.bus + sum(d.before * d.bus for d in self.dimensions)
        return low, low + 1 + sum((d.inside - 1) * d.bus for d in self.dimensions)


def outside(first: int, count: int, size: int) -> tuple[int, int]:
    """Number of the `count` positions from `first` on that are before 0, and that are at `size` or later."""
    before = min(count, max(0, -first))
    return before, min(count - before, max(0, first + count - size))


def element(inner: Dimension) -> int:
    """log2 of the element size: the largest, up to 8 bytes, that divides the innermost dimension and its padding."""
    return next(s for s in (3, 2, 1, 0) if not (inner.count | inner.before | inner.after) & ((1 << s) - 1))
