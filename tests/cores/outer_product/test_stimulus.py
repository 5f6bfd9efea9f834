"""Random products: their parts do not meet, and every kind is there."""

from itertools import pairwise

from systola.sim.golden.cores.outer_product import BYTES, legal
from systola.sim.stimulus.cores.outer_product import MEMORY, random_cases


def test_parts_of_a_case_do_not_meet():
    p = {"depth": 64}
    cases = random_cases(p, 48, 1)
    for case in cases:
        parts = sorted([(case.a, 64 * case.depth * case.rows), (case.w, 64 * case.depth), (case.y, BYTES * case.rows)])
        assert all(place % BYTES == 0 for place, _ in parts)
        assert all(place + size <= after for (place, size), (after, _) in pairwise([*parts, (MEMORY, 0)]))
    assert {legal(p, case.depth, case.rows) for case in cases} == {True, False}
    assert any(case.fault for case in cases)
    assert {bool(case.pauses) for case in cases} == {True, False}
