"""Resets in mid-run: every fourth case that allows one, at all parts of a case."""

from dataclasses import dataclass

from systola.sim.stimulus.resets import Interruptible, chosen, interrupted


@dataclass
class Case(Interruptible):
    number: int


def test_every_fourth_case_is_interrupted_and_not_the_first():
    cases = interrupted([Case(n) for n in range(40)], 1)
    assert [case.number for case in cases if case.reset is not None] == [n for n in range(40) if chosen(n)]
    assert [n for n in range(12) if chosen(n)] == [2, 6, 10]


def test_resets_occur_early_and_late():
    parts = [case.reset for case in interrupted([Case(n) for n in range(40)], 1) if case.reset is not None]
    assert all(0 <= part < 1 for part in parts)
    assert {int(4 * part) for part in parts} == {0, 1, 2, 3}


def test_resets_depend_on_the_seed():
    first, again, other = (interrupted([Case(n) for n in range(8)], seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_other_cases_are_left_alone():
    assert interrupted(["a", "b", "c"], 1) == ["a", "b", "c"]
