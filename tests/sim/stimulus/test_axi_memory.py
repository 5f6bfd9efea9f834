"""Random bursts: each master has blocks of its own, and every kind is there."""

from systola.sim.golden.axi_memory import FIXED, INCR, RESERVED, WRAP, beats, legal
from systola.sim.stimulus.axi_memory import BLOCK, random_cases

P = {"masters": 2, "data_width": 64, "bytes": 8192, "bursts": "all"}


def _beats(burst) -> list[range]:
    return beats(burst.address, burst.size, burst.length, burst.burst)


def _legal(burst) -> bool:
    return legal(burst.address, burst.size, burst.length, burst.burst, 8)


def test_masters_do_not_meet_in_a_byte():
    for case in random_cases(P, 40, 1):
        if sum(map(bool, case.masters)) == 1:  # one master has the memory
            continue
        for number, bursts in enumerate(case.masters):
            blocks = {place // BLOCK for burst in bursts if _legal(burst) for each in _beats(burst) for place in each}
            assert {block % 2 for block in blocks} <= {number}


def test_every_kind_is_there():
    cases = random_cases(P, 40, 1)
    bursts = [burst for case in cases for bursts in case.masters for burst in bursts]
    for writes in (True, False):
        found = [burst for burst in bursts if bool(burst.words) == writes]
        assert {burst.address >= 8192 for burst in found} == {True, False}
        assert {(burst.burst, burst.length) for burst in found if _legal(burst)} >= {(WRAP, n) for n in (2, 4, 8, 16)}
        assert {(burst.burst, burst.size) for burst in found if _legal(burst)} == {
            (kind, size) for kind in (FIXED, INCR, WRAP) for size in range(4)
        }
        assert {burst.burst for burst in found if not _legal(burst)} == {FIXED, INCR, WRAP, RESERVED}
        assert {burst.size > 3 for burst in found if not _legal(burst)} == {True, False}
        assert max(burst.length for burst in found) > 128
    for burst in bursts:
        assert len(burst.words) == len(burst.strobes) == burst.length or not burst.words
        assert burst.address < 16384
        assert 1 <= burst.length <= 256
        if burst.words and _legal(burst):
            lanes = [sum(1 << place % 8 for place in each) for each in _beats(burst)]
            assert all(strobe | lane == lane for strobe, lane in zip(burst.strobes, lanes, strict=True))
    assert any(case.alone_reads for case in cases)
    assert random_cases(P, 3, 1) == cases[:3]


def test_the_widest_bus_has_every_kind():
    widest = P | {"masters": 8, "data_width": 512, "bytes": 4096}
    bursts = [b for c in random_cases(widest, 40, 1) for m in c.masters for b in m]
    assert {burst.burst for burst in bursts} == {FIXED, INCR, WRAP, RESERVED}


def test_masters_compete_for_a_bank():
    found = [case.masters for case in random_cases(P, 40, 1) if case.together]
    assert {bool(masters[0][0].words) for masters in found} == {True, False}
    assert all(len(bursts) == 1 for masters in found for bursts in masters)
    assert not any(case.together for case in random_cases(P | {"bursts": "incr"}, 40, 1))
