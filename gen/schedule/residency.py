"""Which fragments of the operands stay in a scratchpad, decided when a program is made: Belady's rule, with sizes."""

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass


class DoesNotFit(Exception):
    """What must be in a scratchpad at the same time is more than it holds."""


@dataclass(frozen=True)
class Item:
    low: int
    high: int
    key: Hashable


class Memory:
    """A scratchpad from word `low` to before `high`."""

    def __init__(self, low: int, high: int):
        self.low, self.high = low, high
        self.items: list[Item] = []

    def find(self, key: Hashable) -> int | None:
        """The word at which a fragment is, if it is."""
        return next((item.low for item in self.items if item.key == key), None)

    def place(
        self, key: Hashable, words: int, pinned: Collection[Hashable], next_use: Callable[[Hashable], float]
    ) -> int:
        """Room for a fragment, at the cost of those that are needed latest, and of none that is pinned."""
        best = None
        for low in sorted({self.low, *(item.high for item in self.items), *(item.low for item in self.items)}):
            high = low + words
            hit = [item for item in self.items if item.low < high and low < item.high]
            if high > self.high or any(item.key in pinned for item in hit):
                continue
            soonest = min((next_use(item.key) for item in hit), default=float("inf"))
            if best is None or soonest > best[0]:
                best = soonest, low, hit
        if best is None:
            raise DoesNotFit
        _, low, hit = best
        self.items = [item for item in self.items if item not in hit]
        self.items.append(Item(low, low + words, key))
        return low
