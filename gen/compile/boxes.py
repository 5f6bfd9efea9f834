"""Boxes between DRAM and the scratchpads, as LOAD and STORE with as few dimensions and as long rows as there can be."""

from dataclasses import dataclass, replace

COUNT_LIMIT = (1 << 16) - 1
PAD_LIMIT = (1 << 8) - 1


@dataclass(frozen=True)
class Dimension:
    """`count` steps of so many bytes on each side; `before` and `after` of them are not read, but get the value."""

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
    """Bytes to move; dimensions[0] is innermost, a byte a step. `bus` and `local` are where the first would be."""

    bus: int
    local: int
    dimensions: tuple[Dimension, ...]
    value: int = 0

    def coalesced(self) -> "Box":
        """The same with fewer dimensions: those that are contiguous on both sides become one."""
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

    @property
    def hull(self) -> tuple[int, int]:
        """Local bytes from and to which the box reaches."""
        return self.local, self.local + 1 + sum((d.count - 1) * d.local for d in self.dimensions)

    @property
    def bus_hull(self) -> tuple[int, int]:
        """The same in DRAM, of what is really read or written; empty if all is padding."""
        if not all(d.inside for d in self.dimensions):
            return self.bus, self.bus
        low = self.bus + sum(d.before * d.bus for d in self.dimensions)
        return low, low + 1 + sum((d.inside - 1) * d.bus for d in self.dimensions)


def element(inner: Dimension) -> int:
    """log2 of the largest element, up to 8 bytes, of which the innermost dimension and its padding are multiples."""
    return next(s for s in (3, 2, 1, 0) if not (inner.count | inner.before | inner.after) & ((1 << s) - 1))
