"""Scratchpad allocation at compile time: fragments with the farthest next use are evicted (Belady), for any sizes."""

from collections.abc import Callable, Collection, Hashable
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
        self.items: list[PlacedFragment] = []

    def find(self, key: Hashable) -> int | None:
        """First word of a fragment, None if it is not in the scratchpad."""
        return next((item.low for item in self.items if item.key == key), None)

    def place(
        self, key: Hashable, words: int, pinned: Collection[Hashable], next_use: Callable[[Hashable], float]
    ) -> int:
        """Allocate words for a fragment; return the first. Raises :class:`DoesNotFit`.

        Fragments in the range are evicted. The range is chosen so that their earliest next use is as late as possible;
        pinned fragments are never evicted.
        """
        items = sorted(self.items, key=lambda item: item.low)
        starts = sorted({self.low, *(item.high for item in items), *(item.low for item in items)})
        uses = {item.key: -1 if item.key in pinned else next_use(item.key) for item in items}
        best, soonest = None, -1.0
        for low in starts:
            if low + words > self.high:
                break
            hit = [item for item in items if item.low < low + words and low < item.high]
            least = min((uses[item.key] for item in hit), default=float("inf"))
            if least > soonest:
                best, soonest = (low, hit), least
                if not hit:
                    break
        if best is None:
            raise DoesNotFit
        low, hit = best
        self.items = [item for item in items if item not in hit]
        self.items.append(PlacedFragment(low, low + words, key))
        return low
