"""Kinds of mistake in turn, so that few cases contain all of them."""

from collections import Counter


class Turns:
    """Turns of several lists of kinds, each by its name."""

    def __init__(self):
        self._taken: Counter[str] = Counter()

    def take(self, name: str, kinds):
        """Return the next of these kinds: the first one at the first call with a name, and so on, cyclically."""
        self._taken[name] += 1
        return kinds[(self._taken[name] - 1) % len(kinds)]
