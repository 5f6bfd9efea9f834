"""Random sums and settings: fit the lanes, depend only on the seed, and include difficult ones."""

import numpy as np
import pytest

from systola.sim.golden import integer
from systola.sim.golden.requantise import RequantiseLanes
from systola.sim.stimulus.requantise import random_cases

PARAMETERS = {"cols": 3, "acc_width": 32, "out_format": "int8", "bias": True, "buffer": "auto"}
PARAMETERS |= {"rounding": "gemmlowp", "per_channel": True}


@pytest.mark.parametrize("more", [{}, {"acc_width": 9, "bias": False}, {"out_format": "uint16"}])
def test_values_are_legal(more):
    p = PARAMETERS | more
    sums, results = integer.limits(f"int{p['acc_width']}"), integer.limits(p["out_format"])
    for case in random_cases(p, 40, 1):
        for rows in case.packets:
            assert rows.shape[1] == 3
            assert sums[0] <= rows.min() <= rows.max() <= sums[1]
        assert set(case.changes[0].lane.tolist()) == {0, 1, 2}
        for change in case.changes:
            assert -31 <= change.shift.min() <= change.shift.max() <= 30
            assert np.array_equal(integer.wrap(change.multiplier, 32), change.multiplier)
            assert all(results[0] <= value <= results[1] for value in (change.zero_point, change.low, change.high))
            assert p["bias"] or not change.bias.any()


def test_cases_depend_on_the_seed():
    first, second = (random_cases(PARAMETERS, 8, 7) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert all(np.array_equal(s, t) for s, t in zip(a.packets, b.packets, strict=True))
        assert all(np.array_equal(s.bias, t.bias) for s, t in zip(a.changes, b.changes, strict=True))
    assert [case.idle_free for case in first[::4]] == [True, True]  # the cycle law is always included


def test_many_results_are_in_range_and_distinguish_the_roundings():
    inside = apart = total = 0
    for case in random_cases(PARAMETERS, 40, 1):
        one, two = (RequantiseLanes(3, rounding, True) for rounding in ("single", "gemmlowp"))
        one.change(case.changes[0])
        two.change(case.changes[0])
        for rows in case.packets:
            y, z = one.run(rows), two.run(rows)
            inside += ((y != one.low) & (y != one.high)).sum()
            apart += (y != z).sum()
            total += y.size
    assert inside > 0.3 * total
    assert apart > 0.02 * total
