"""Regions of memories: address sequences that fit have every address inside, and others have no place."""

from itertools import product

import numpy as np

from systola.sim.stimulus.cores.systola.arena import Arena, Part


def test_every_address_of_a_sequence_is_inside():
    rng = np.random.default_rng(1)
    for _ in range(200):
        region = Arena(int(rng.integers(100)), int(rng.integers(1, 60)))
        loops = [(int(rng.integers(1, 5)), int(rng.integers(-9, 10))) for _ in range(2)]
        found = region.fit(rng, *loops)
        offsets = [sum(n * stride for n, (_, stride) in zip(each, loops, strict=True)) for each in indices(loops)]
        if found is None:
            assert max(offsets) - min(offsets) >= region.words
            continue
        assert isinstance(found, Part)
        assert region.first <= found.value - found.down + min(offsets)
        assert found.value + found.up + max(offsets) < region.first + region.words


def indices(loops):
    return product(*(range(count) for count, _ in loops))


def test_a_sequence_that_is_too_long_has_no_place():
    assert Arena(0, 8).fit(np.random.default_rng(1), (9, 1)) is None
    assert Arena(0, 9).fit(np.random.default_rng(1), (9, 1)) == Part(0, 0, 0)
