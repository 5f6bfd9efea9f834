"""Loop nests: every iteration in order with all its addresses and flags, one per cycle, under any back-pressure."""

import itertools
import random

import pytest

from systola.hw.stream.loop_nest import LoopNest

ADDRESSES = (("act", 12), ("wgt", 20), ("out", 9))


def draw(rng: random.Random, loops: int, addresses) -> dict:
    fields = {f"count{d}": rng.choice([1, 1, 2, 3, rng.randrange(1, 8)]) for d in range(loops)}
    for name, width in addresses:
        fields[f"{name}_base"] = rng.randrange(-1 << width - 1, 1 << width - 1)
        fields |= {f"{name}_stride{d}": rng.randrange(-1 << width - 1, 1 << width - 1) for d in range(loops)}
    return fields


def iterations(nest: dict, loops: int, addresses):
    """The golden model: the loops themselves."""
    for outer_first in itertools.product(*(range(nest[f"count{d}"]) for d in reversed(range(loops)))):
        steps = outer_first[::-1]
        fields = {"ended": sum((step == nest[f"count{d}"] - 1) << d for d, step in enumerate(steps))}
        for name, width in addresses:
            total = nest[f"{name}_base"] + sum(step * nest[f"{name}_stride{d}"] for d, step in enumerate(steps))
            fields[name] = (total + (1 << width - 1)) % (1 << width) - (1 << width - 1)
        yield fields


@pytest.mark.parametrize("pause", [0.0, 0.4])
@pytest.mark.parametrize(
    ("loops", "addresses"), [(1, ADDRESSES[:1]), (3, ADDRESSES), (6, ADDRESSES[:2]), (4, ())], ids=str
)
def test_every_iteration(exchange, loops, addresses, pause):
    rng = random.Random(loops)
    nests = [draw(rng, loops, addresses) for _ in range(40 if loops < 5 else 6)]
    expected = [each for nest in nests for each in iterations(nest, loops, addresses)]
    beats = exchange(LoopNest(loops=loops, addresses=addresses), {"i": nests}, {"o": len(expected)}, pause=pause)
    assert [fields for _, fields in beats["o"]] == expected
    if not pause:  # one per cycle, also from nest to nest
        assert [cycle for cycle, _ in beats["o"]] == list(range(1, len(expected) + 1))


def test_the_largest_count(exchange):
    nest = LoopNest(loops=2, addresses=(("a", 6),), count_width=4)
    boxes = [{"count0": 15, "count1": 15, "a_stride0": 1, "a_stride1": -1}]
    beats = exchange(nest, {"i": boxes}, {"o": 225})
    assert [fields for _, fields in beats["o"]] == list(iterations(boxes[0] | {"a_base": 0}, 2, (("a", 6),)))


def test_reset_abandons_a_nest(exchange):
    beats = exchange(LoopNest(loops=1), {"i": [{"count0": 100}]}, {"o": None}, reset_at=20)
    assert len(beats["o"]) < 100
