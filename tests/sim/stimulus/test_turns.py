"""Kinds in turn: each once before any occurs again, independently by name."""

from systola.sim.stimulus.turns import Turns


def test_kinds_are_taken_in_turn():
    turns = Turns()
    assert [turns.take("a", "xyz") for _ in range(5)] == [*"xyzxy"]
    assert [turns.take("b", (1, 2)) for _ in range(3)] == [1, 2, 1]
    assert turns.take("a", "xyz") == "z"
