"""Random chains: their parts do not overlap, and every kind occurs."""

from itertools import pairwise

import numpy as np

from systola.sim.golden.cores.outer_product import BUS, BYTES, DESCRIPTOR, OK, run
from systola.sim.stimulus.cores.outer_product import DRAM, random_cases

P = {"depth": 64}


def parts(case) -> list[tuple[int, int]]:
    """(address, bytes) of descriptors and operands, up to the first illegal descriptor."""
    found, at = [], case.entry
    while True:
        sizes, a, w, y, following = case.dram[at : at + 20].view("<u4").tolist()
        depth, rows = sizes & 0xFFFF, sizes >> 16
        found.append((at, BYTES))
        found += [(a - case.base, 64 * depth * rows), (w - case.base, 64 * depth), (y - case.base, BYTES * rows)]
        if not following:
            return found
        at = following - case.base


def test_parts_of_a_case_do_not_overlap():
    for number, case in enumerate(random_cases(P, 48, 1)):
        if number % 8 == 6:
            continue  # one of its descriptors is not legal
        found = sorted(parts(case))
        assert all(place % BYTES == 0 for place, _ in found)
        assert all(place + size <= after for (place, size), (after, _) in pairwise([*found, (DRAM, 0)]))


def test_every_kind_occurs():
    cases = random_cases(P, 48, 1)
    faults = [[case.fault] if case.fault else [] for case in cases]
    results = [run(P, case.dram, case.entry, faults=f, base=case.base) for case, f in zip(cases, faults, strict=True)]
    assert {result.error for result in results} == {OK, DESCRIPTOR, BUS}
    assert {result.error for result in results[6::8]} == {DESCRIPTOR}
    assert {result.at for result in results} == {0, 1, 2}
    assert {bool(case.stall) for case in cases} == {True, False}
    assert any(case.fault for case in cases)


def test_cases_depend_on_the_seed():
    cases, again, other = random_cases(P, 4, 3), random_cases(P, 4, 3), random_cases(P, 4, 4)
    assert all(np.array_equal(a.dram, b.dram) and a.entry == b.entry for a, b in zip(cases, again, strict=True))
    assert not all(np.array_equal(a.dram, b.dram) for a, b in zip(cases, other, strict=True))
