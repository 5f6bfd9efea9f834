"""Kinds in turn: each once before any occurs again, independently by name."""

from systola.sim.stimulus.rotation import Rotation


def test_kinds_are_returned_in_turn():
    rotation = Rotation()
    assert [rotation.next("a", "xyz") for _ in range(5)] == [*"xyzxy"]
    assert [rotation.next("b", (1, 2)) for _ in range(3)] == [1, 2, 1]
    assert rotation.next("a", "xyz") == "z"
