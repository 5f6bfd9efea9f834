"""Scratchpad allocation at compile time: fragments with the farthest next use are evicted (Belady), for any sizes."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass


class DoesNotFit(Exception):
    """The fragments needed at the same time exceed the scratchpad: `words` of the `capacity` words of `memory`."""

    def __init__(self, memory: str = "", words: int = 0, capacity: int = 0):
        super().__init__(memory, words, capacity)
        self.memory, self.words, self.capacity = memory, words, capacity

    def error(self, part: str, size: int) -> ValueError:
        """Error for the user with the missing bytes for `part` of a layer; `size` is the bytes of a word."""
        need, capacity = self.words * size, self.capacity * size
        missing = need - capacity
        return ValueError(
            f"{self.memory}_bytes={capacity}: {part} of this layer needs {need:,} bytes, {missing:,} more."
        )


@dataclass(frozen=True)
class PlacedFragment:
    """Words from `low` to before `high`, with the key of the fragment that occupies them."""

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
        """Occupy ranges of words, [low, high) each, as far as they are free and inside; return their keys."""
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
