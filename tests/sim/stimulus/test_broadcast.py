"""Stimulus of the broadcast matrix unit is that of the systolic array."""

from systola.sim.stimulus import broadcast, systolic


def test_it_is_the_stimulus_of_the_systolic_array():
    assert broadcast.random_cases is systolic.random_cases
