"""Address generator: every address of its box, in order, one per cycle."""

import itertools
import random

import pytest

from systola.hw.memory.address_generator import AddressGenerator

WIDTH = 12


def draw(rng: random.Random, dims: int) -> dict:
    fields = {"base": rng.randrange(-100, 1000)}
    for d in range(dims):
        fields |= {f"count{d}": rng.choice([1, 1, 2, 3, rng.randrange(1, 8)]), f"stride{d}": rng.randrange(-40, 40)}
    return fields


def addresses(box: dict, dims: int):
    counts = [range(box[f"count{d}"]) for d in reversed(range(dims))]
    for steps in itertools.product(*counts):
        steps = steps[::-1]
        addr = box["base"] + sum(step * box[f"stride{d}"] for d, step in enumerate(steps))
        ended = sum((step == box[f"count{d}"] - 1) << d for d, step in enumerate(steps))
        yield {"addr": addr, "ended": ended}


@pytest.mark.parametrize("dims", [1, 2, 4])
@pytest.mark.parametrize("pause", [0.0, 0.4])
def test_addresses(exchange, dims, pause):
    rng = random.Random(dims)
    boxes = [draw(rng, dims) for _ in range(60)]
    expected = [each for box in boxes for each in addresses(box, dims)]
    beats = exchange(AddressGenerator(dims=dims, width=WIDTH), {"i": boxes}, {"o": len(expected)}, pause=pause)
    assert [fields for _, fields in beats["o"]] == expected
    if not pause:
        cycles = [cycle for cycle, _ in beats["o"]]
        assert cycles == list(range(1, len(expected) + 1))


def test_the_longest_dimension(exchange):
    box = {"base": 0, "count0": 2047, "stride0": 1, "count1": 1, "stride1": 0}
    beats = exchange(AddressGenerator(dims=2, width=WIDTH), {"i": [box]}, {"o": 2047})
    assert [fields["addr"] for _, fields in beats["o"]] == list(range(2047))
