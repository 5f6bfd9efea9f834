"""Stimulus of the broadcast matrix unit: that of the systolic array."""

from systola.sim.stimulus import broadcast, systolic


def test_it_equals_the_stimulus_of_the_systolic_array():
    assert broadcast.random_cases is systolic.random_cases
