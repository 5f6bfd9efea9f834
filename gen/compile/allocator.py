"""Scratchpad allocation at compile time: fragments with the farthest next use are evicted (Belady), for any sizes."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass


class DoesNotFit(Exception):
    """The fragments needed at the same time exceed the scratchpad: `words` of the `room` words of `memory`."""

    def __init__(self, memory: str = "", words: int = 0, room: int = 0):
        super().__init__(memory, words, room)
        self.memory, self.words, self.room = memory, words, room


@dataclass(frozen=True)
class PlacedFragment:
    low: int
    high: int
    key: Hashable


class ScratchpadAllocator:
    """Allocator of the words from `low` to before `high` of a scratchpad."""

    def __init__(self, low: int, high: int):
        self.low, self.high = low, high
        self.items: list[PlacedFragment] = []  # by address, disjoint
        self.places: dict[Hashable, int] = {}  # first word of each fragment

    def reserve(self, spans: Iterable[tuple[int, int]]) -> set[Hashable]:
        """Occupy ranges of words, as far as they are free and inside; return their keys."""
        found: set[Hashable] = set()
        for low, high in sorted(spans):
            low = max([low, self.low, *(item.high for item in self.items)])
            if low < min(high, self.high):
                key = low, high
                self.items.append(PlacedFragment(low, min(high, self.high), key))
                self.places[key] = low
                found.add(key)
        return found

    def find(self, key: Hashable) -> int | None:
        """First word of a fragment, None if it is not in the scratchpad."""
        return self.places.get(key)

    def place(
        self, key: Hashable, words: int, pinned: Collection[Hashable], next_use: Callable[[Hashable], float]
    ) -> int:
        """Allocate words for a fragment; return the first. Raises :class:`DoesNotFit`.

        Fragments in the range are evicted. The range is chosen so that their earliest next use is as late as possible;
        pinned fragments are never evicted.
        """
        items = self.items
        lows, highs = [item.low for item in items], [item.high for item in items]
        uses = [-1 if item.key in pinned else next_use(item.key) for item in items]
        best, soonest = None, -1.0
        for low in sorted({self.low, *highs, *lows}):
            if low + words > self.high:
                break
            hit = slice(bisect_right(highs, low), bisect_left(lows, low + words))
            least = min(uses[hit], default=float("inf"))
            if least > soonest:
                best, soonest = (low, hit), least
                if not uses[hit]:
                    break
        if best is None:
            raise DoesNotFit
        low, hit = best
        for item in items[hit]:
            del self.places[item.key]
        items[hit] = [PlacedFragment(low, low + words, key)]
        self.places[key] = low
        return low
