"""Weights shared through a small table (Deep Compression, EIE): a code is an index, the table holds integers."""

from dataclasses import dataclass

import numpy as np

from .grid import ValueGrid


@dataclass(frozen=True)
class Codebook(ValueGrid):
    """Table of 2^bits integers. EIE's has 16 of 16 bits, and entry 0 is 0: the padding between distant weights."""

    entries: tuple[int, ...]

    def __post_init__(self):
        if len(self.entries) < 2 or len(self.entries) & len(self.entries) - 1:
            raise ValueError(f"a codebook has a power of two of entries, at least 2, not {len(self.entries)}")

    @property
    def bits(self) -> int:
        return len(self.entries).bit_length() - 1

    def fields(self, codes):
        codes = self.check(codes)
        return np.array(self.entries, np.int64)[codes], np.zeros_like(codes)


def fit(values: np.ndarray, entries: int = 16, *, zero: bool = True, seed: int = 0, rounds: int = 100) -> np.ndarray:
    """Centres of k-means over the values, float64: entry 0 is 0.0 and stays so if `zero`; the others ascend.

    k-means++ with a fixed seed, then at most `rounds` rounds of Lloyd's algorithm. Zeros are not counted if `zero`: in
    a pruned tensor they are the majority and occupy only the first entry. With fewer distinct values than entries some
    entries repeat.
    """
    values = np.sort(np.asarray(values, np.float64).ravel())
    if zero:
        values = values[values != 0]
    if not values.size:
        return np.zeros(entries)
    unit = np.abs(values).max() or 1.0
    values = values / unit
    rng = np.random.default_rng(seed)
    centres = [0.0 if zero else values[rng.integers(values.size)]]
    distance = np.full(values.size, np.inf)
    while len(centres) < entries:
        distance = np.minimum(distance, (values - centres[-1]) ** 2)
        total = np.cumsum(distance)
        drawn = np.searchsorted(total, rng.random() * total[-1], side="right")
        centres.append(values[min(drawn, values.size - 1)])
    centres = np.sort(centres)
    # Of equal centres one: the exact place of the pinned 0.0 among them makes no difference.
    pinned = np.flatnonzero(centres == 0)[:1] if zero else []
    sums = np.concatenate([[0.0], np.cumsum(values)])
    for _ in range(rounds):
        middles = (centres[1:] + centres[:-1]) / 2
        borders = np.concatenate([[0], np.searchsorted(values, middles), [values.size]])
        count, total = np.diff(borders), np.diff(sums[borders])
        moved = np.where(count > 0, total / np.maximum(count, 1), centres)
        moved[pinned] = 0.0
        if (moved == centres).all():
            break
        centres = moved
    if zero:
        centres = np.concatenate([[0.0], np.delete(centres, pinned)])
    return centres * unit
