"""Random tiles: fit the engine, depend only on the seed, and include the extremes."""

import numpy as np
import pytest

from systola.sim.golden.integer import limits
from systola.sim.stimulus.systolic import draw, random_cases

PARAMETERS = {"rows": 3, "cols": 5, "a_format": "int8", "w_format": "uint4", "buffer": "auto"}


@pytest.mark.parametrize("dataflow", ["ws", "os", "is"])
def test_shapes_fit(dataflow):
    for case in random_cases(PARAMETERS | {"dataflow": dataflow}, 20, 1):
        for a, w in case.tiles:
            assert a.shape[1] == w.shape[0]
            sizes = {"ws": w.shape, "os": (a.shape[0], w.shape[1]), "is": a.shape[::-1]}[dataflow]
            assert sizes == (3, 5)


def test_cases_depend_on_the_seed():
    first, second = (random_cases(PARAMETERS, 8, 7) for _ in range(2))
    assert all(
        (x == y).all()
        for a, b in zip(first, second, strict=True)
        for s, t in zip(a.tiles, b.tiles, strict=True)
        for x, y in zip(s, t, strict=True)
    )
    assert first[0].idle_free  # the cycle law is always included
    assert first[4].idle_free
    assert not all(case.idle_free for case in first)


@pytest.mark.parametrize("name", ["int8", "uint8", "int2", "uint1"])
def test_extremes_occur(name):
    values = draw(np.random.default_rng(1), name, (40, 40), "extremes")
    assert {values.min(), values.max()} == set(limits(name))
