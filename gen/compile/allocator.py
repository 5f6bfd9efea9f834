"""Which fragments of the operands stay in a scratchpad, decided when a program is made: Belady's rule, with sizes."""

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass


class DoesNotFit(Exception):
    """What must be in a scratchpad at the same time is more than it holds: `words` of the `room` words of `memory`."""

    def __init__(self, memory: str = "", words: int = 0, room: int = 0):
        super().__init__(memory, words, room)
        self.memory, self.words, self.room = memory, words, room


@dataclass(frozen=True)
class PlacedFragment:
    low: int
    high: int
    key: Hashable


class ScratchpadAllocator:
    """A scratchpad from word `low` to before `high`."""

    def __init__(self, low: int, high: int):
        self.low, self.high = low, high
        self.items: list[PlacedFragment] = []

    def find(self, key: Hashable) -> int | None:
        """The word at which a fragment is, if it is."""
        return next((item.low for item in self.items if item.key == key), None)

    def place(
        self, key: Hashable, words: int, pinned: Collection[Hashable], next_use: Callable[[Hashable], float]
    ) -> int:
        """Room for a fragment, at the cost of those that are needed latest, and of none that is pinned."""
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
