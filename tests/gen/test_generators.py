"""Finding a generator by name."""

import pytest

from systola.gen.generators import GENERATORS, UsageError, find


def test_every_generator_has_a_golden_model_and_a_bench():
    import importlib.util

    for name in GENERATORS:
        for room in ("golden", "bench"):
            assert importlib.util.find_spec(f"systola.sim.{room}.{name}")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("sistolic", "did you mean 'systolic'?"),
        ("xyz", "there are broadcast, scratchpad, split_scratchpad, systolic."),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(name, hint):
    with pytest.raises(UsageError) as error:
        find(name)
    assert str(error.value) == f"unknown generator '{name}': {hint}"
