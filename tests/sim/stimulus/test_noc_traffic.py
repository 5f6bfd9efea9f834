"""Loads in the units of the ports."""

from systola.sim.stimulus.noc_traffic import WRAPS, case, random_cases


def test_a_load_is_in_flits():
    settings = case("tornado", 0.5, length=4, stall=0.25).settings
    assert (settings.pattern, settings.load, settings.length, settings.vary, settings.stall) == (1, 1 << 13, 4, 0, 64)
    assert case("uniform", 0.5, length=4, vary=True).settings.load == round((1 << 16) * 0.2)
    assert case("uniform", 1.0, background=0.5, bad=0.125).settings.background == 128
    assert case("uniform", 1.0, before=7).before == 7


def test_random_cases_depend_on_the_seed():
    assert random_cases({}, 8, 1) == random_cases({}, 8, 1)
    assert random_cases({}, 8, 1) != random_cases({}, 8, 2)
    assert {each.settings.pattern for each in random_cases({}, 12, 1)} == set(range(6))


def test_full_sets_wrap_the_sequence_numbers_and_lose_packets_at_the_end():
    *others, long, last = random_cases({}, 40, 1)
    assert (long.measured, long.settings.load, long.settings.length) == (WRAPS, 1 << 16, 1)
    assert WRAPS > 1 << 16
    assert last.lost
    assert not any(each.lost for each in (*others, long, *random_cases({}, 39, 1)))
