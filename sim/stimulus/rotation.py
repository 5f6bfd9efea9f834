"""Kinds of mistake in turn, so that few cases contain all of them."""

from collections import Counter


class Rotation:
    """Cyclic iteration over several lists, each with a position of its own, by its name."""

    def __init__(self):
        self._calls: Counter[str] = Counter()

    def next(self, name: str, kinds):
        """Return the next of these kinds: the first one at the first call with a name, and so on, cyclically."""
        self._calls[name] += 1
        return kinds[(self._calls[name] - 1) % len(kinds)]
