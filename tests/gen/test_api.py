"""The public interface for components that belong to no generator: one sentence for what is missing."""

import pytest
from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out

from systola.gen import UsageError, generate, simulate
from systola.gen.generators import GROUP, Generator
from systola.hw.component import Component


class Invert(Component):
    """Inverter."""

    latency, peak = 0, 1

    @staticmethod
    def members(p):
        return {"x": In(8), "y": Out(8)}

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.y.eq(~self.x)
        return m


class Systolic(Invert):
    """A component with the name of a generator's."""


class Timeless(Component):
    """A component without latency."""

    @staticmethod
    def members(p):
        return {}


@pytest.mark.parametrize("component", [Invert, Systolic])
def test_a_component_without_a_bench_is_generated_but_not_simulated(component):
    design = generate(component())
    assert "~" in design.verilog
    message = f"component '{component.__name__.lower()}' has no bench: name one in a Generator.*{GROUP}"
    for cases in (1, []):
        with pytest.raises(UsageError, match=message):
            simulate(design, cases)


def test_a_bench_that_cannot_be_imported_is_named():
    design = Generator("invert", Invert, bench="systola_absent.bench").design()
    with pytest.raises(UsageError, match=r"generator 'invert': its bench systola_absent.bench is not a module"):
        simulate(design, [])


@pytest.mark.parametrize("offer", [lambda: generate(Timeless().described()), lambda: Generator("t", Timeless)])
def test_a_component_without_latency_is_named(offer):
    with pytest.raises(UsageError, match="component Timeless has no attribute `latency`: a generator needs `latency`"):
        offer()
