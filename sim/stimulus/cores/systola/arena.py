"""Regions of memories that a random program uses, and places of address sequences in them."""

from typing import NamedTuple

from ....golden import dma


class Part(NamedTuple):
    """Operand: its value, and the limits by which it may decrease (`down`) and increase (`up`)."""

    value: int = 0
    down: int = 0
    up: int = 0


class Arena(NamedTuple):
    """Region of a memory used by a program, in words or rows."""

    first: int
    words: int

    def fit(self, rng, *loops: tuple[int, int]) -> Part | None:
        """Random place for an address sequence in the region."""
        low, high = dma.extent(*zip(*loops, strict=True))
        if high - low >= self.words:
            return None
        spare = self.words - 1 - (high - low)
        down = int(rng.choice([0, spare, int(rng.integers(spare + 1)), int(rng.integers(spare + 1))]))
        return Part(self.first - low + down, down, spare - down)

    def place(self, rng, *loops: tuple[int, int]) -> Part:
        """As `fit`, for an address sequence that fits. Raises `ValueError` for any other."""
        part = self.fit(rng, *loops)
        if part is None:
            raise ValueError(f"{loops} do not fit into {self.words} words")
        return part
