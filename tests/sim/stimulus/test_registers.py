"""Random accesses: reproducible, inside and outside the registers, with and without pauses."""

from systola.sim.stimulus.registers import random_cases

PARAMETERS = {"map": {"registers": [{"offset": offset} for offset in (0, 4, 16)]}}


def test_cases_depend_on_the_seed():
    assert random_cases(PARAMETERS, 12, 3) == random_cases(PARAMETERS, 12, 3) != random_cases(PARAMETERS, 12, 4)


def test_addresses_and_data_cover_all_values():
    cases = random_cases(PARAMETERS, 40, 1)
    reads = {address for case in cases for address in case.reads}
    writes = {address for case in cases for address, _, _ in case.writes}
    for addresses in (reads, writes):
        assert {address // 4 for address in addresses} == set(range(8))
        assert {address % 4 for address in addresses} == set(range(4))
    assert {strobe for case in cases for _, _, strobe in case.writes} == set(range(16))
    assert {0, 2**32 - 1, 2**31} <= {data for case in cases for _, data, _ in case.writes}


def test_words_without_a_register_are_accessed_in_turn():
    cases = random_cases(PARAMETERS, 4, 1)
    for addresses in ([a for case in cases for a in case.reads], [a for case in cases for a, _, _ in case.writes]):
        free = [address // 4 for address in addresses if address // 4 in {2, 3, 5, 6, 7}]
        assert len(free) >= 5
        assert free == [(2, 3, 5, 6, 7)[n % 5] for n in range(len(free))]


def test_pauses_and_cuts():
    cases = random_cases(PARAMETERS, 24, 1)
    assert [case.idle_free for case in cases[::4]] == [True] * 6
    assert not all(case.idle_free for case in cases)
    assert [case.cut is not None for case in cases] == [number % 6 == 5 for number in range(24)]
