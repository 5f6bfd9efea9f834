"""Accelerators at their small presets, and a product that all of them can run."""

import pytest

from systola.gen.accelerators.registry import find
from systola.gen.run.execute import design
from systola.gen.run.tasks import GemmTask
from systola.sim.network import reference

NAMES = ("systola", "outer_product")


@pytest.fixture(scope="session", params=NAMES)
def accelerator(request):
    return find(request.param)


@pytest.fixture(scope="session")
def parameters(accelerator):
    return accelerator.preset("small")


@pytest.fixture(scope="session")
def small_design(accelerator, parameters):
    """The Verilog of an accelerator; equal to that of `systola run`, so that it is built once."""
    return design(accelerator, parameters)


@pytest.fixture
def task():
    return GemmTask.check(m=9, k=20, n=6)


@pytest.fixture(scope="session")
def expected():
    """A function that returns the outputs of a task's network, by the NumPy reference."""

    def run(work):
        values = reference.run(work.graph, work.inputs)
        return {name: values[name] for name in work.graph.outputs}

    return run
