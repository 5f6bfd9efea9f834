"""Generators: found by name or alias, each with its golden model, bench and stimulus."""

import importlib.util

import pytest

from systola.gen.errors import UsageError
from systola.gen.generators import HEADINGS, Generator, find, generators
from systola.hw.component import Component
from systola.hw.mac.bitbrick import BitBrick


@pytest.mark.parametrize("name", generators())
def test_every_generator_has_a_golden_model_a_bench_and_stimuli(name):
    generator = find(name)
    golden = generator.facts().get("golden", f"systola.sim.golden.{name}")
    for module in (golden, generator.bench, generator.stimulus):
        assert importlib.util.find_spec(module)


def test_every_generator_is_in_a_section():
    assert {generator.heading for generator in generators().values()} <= set(HEADINGS)
    assert [name for name, each in generators().items() if each.heading == "accelerators"] == [
        "outer_product",
        "systola",
    ]


def test_core_is_an_alias():
    assert find("core") is find("systola")
    assert "core" not in generators()


@pytest.mark.parametrize(
    ("name", "hint"),
    [("sistolic", "did you mean 'systolic'?"), ("xyz", f"known are {', '.join(generators())}.")],
)
def test_unknown_names_are_answered_with_the_nearest(name, hint):
    with pytest.raises(UsageError) as error:
        find(name)
    assert str(error.value) == f"unknown generator '{name}': {hint}"


def test_a_component_without_latency_is_rejected():
    class Plain(Component):
        """A component."""

    with pytest.raises(UsageError, match="generator 'plain': component Plain has no latency"):
        Generator("plain", Plain)


def test_a_design_has_its_bench_and_its_facts():
    generator = Generator("brick", BitBrick, bench="a.bench", facts=lambda: {"golden": "g"})
    design = generator.design()
    assert (design.name, design.bench, design.facts) == ("brick", "a.bench", {"golden": "g"})
    assert Generator("brick", BitBrick).stimulus == "systola.sim.stimulus.brick"
    assert generator.design(top="mine").top == "mine"


def test_random_cases_depend_only_on_the_seed():
    generator = find("outer_product")
    first, again, other = (generator.cases({"depth": 64}, 3, seed) for seed in (1, 1, 2))
    assert all((one.dram == two.dram).all() for one, two in zip(first, again, strict=True))
    assert any((one.dram != two.dram).any() for one, two in zip(first, other, strict=True))
