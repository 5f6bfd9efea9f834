"""Illegal metadata of N:M sparsity: each kind in turn, in each of which one pair of places is wrong."""

from collections.abc import Iterator
from itertools import cycle, product

import numpy as np

Kind = tuple[int, bool]
"""Number t of a place, and whether place t + 1 equals it (or is below it)."""


def kinds(n: int) -> Iterator[Kind]:
    """All kinds of illegal places of a group of n, in turn and without end; nothing for n = 1, which has none where m
    is a power of 2."""
    return cycle(product(range(n - 1), (True, False)))


def illegal_places(rng: np.random.Generator, n: int, m: int, kind: Kind) -> np.ndarray:
    """Places (n) of one group: ascending, apart from the pair of `kind`."""
    at, equal = kind
    if equal:
        places = np.sort(rng.permutation(m)[: n - 1])
        return np.insert(places, at, places[at])
    places = np.sort(rng.permutation(m)[:n])
    places[[at, at + 1]] = places[[at + 1, at]]
    return places


def corrupt(
    rng: np.random.Generator, places: np.ndarray, wrong: np.ndarray, m: int, turn: Iterator[Kind]
) -> np.ndarray:
    """`places` (..., n), with illegal ones of the next kinds in the groups that are `wrong` (...)."""
    n = places.shape[-1]
    spoilt = places.copy()
    if n > 1:
        for group in map(tuple, np.argwhere(wrong)):
            spoilt[group] = illegal_places(rng, n, m, next(turn))
    return spoilt
