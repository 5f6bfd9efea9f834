"""Hierarchy: each distinct component becomes one module, and behaves as it does in line."""

import re
import shutil

import pytest
from amaranth.sim import Simulator

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.golden import systolic as golden
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.systolic import random_cases

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile
DESIGNS = [
    ("systolic", {"dataflow": "ws"}),
    pytest.param("systolic", {"dataflow": "os"}, marks=pytest.mark.slow),
    pytest.param("systolic", {"dataflow": "is"}, marks=pytest.mark.slow),
    ("broadcast", {}),
]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [*DESIGNS[:-1], pytest.param(*DESIGNS[-1], marks=pytest.mark.slow)],
    ids=lambda v: v if isinstance(v, str) else "".join(v.values()),
)
def test_a_module_behaves_as_in_line(name, parameters):
    """The same stimulus through both texts: the same results in the same cycles."""
    designs = [generate(name, find(name).component(rows=3, cols=5, **parameters), once=once) for once in (True, False)]
    assert len(designs[0].verilog) < len(designs[1].verilog)
    cases = random_cases(designs[0].parameters, 16, 9)
    (once, ours), (line, theirs) = (simulate(design, cases, keep=True, simulator=QUICK) for design in designs)
    assert once.mismatches == line.mismatches == 0
    assert once.output_cycles == line.output_cycles
    assert all((a == b).all() for x, y in zip(ours, theirs, strict=True) for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize(
    ("name", "parameters"), DESIGNS, ids=lambda v: v if isinstance(v, str) else "".join(v.values())
)
def test_it_agrees_with_amaranths_simulator(name, parameters):
    component = find(name).component(rows=3, cols=2, **parameters)
    flow = parameters.get("dataflow", "ws")
    case = random_cases(component.p.model_dump(), 1, 4)[0]
    pairs = [golden.beats(flow, a, w) for a, w in case.tiles]
    expected = [beat for a, w in case.tiles for beat in golden.result_beats(flow, golden.product(a, w)).tolist()]
    results = []

    def feed(stream, tiles):
        async def bench(ctx):
            ctx.set(stream.valid, 1)
            for tile in tiles:
                for number, beat in enumerate(tile.tolist()):
                    ctx.set(stream.payload.data, beat)
                    ctx.set(stream.payload.last, number == len(tile) - 1)
                    await ctx.tick().until(stream.ready)
            ctx.set(stream.valid, 0)

        return bench

    async def collect(ctx):
        ctx.set(component.y.ready, 1)
        while len(results) < len(expected):
            _, _, valid, data = await ctx.tick().sample(component.y.valid, component.y.payload.data)
            if valid:
                results.append(list(data))

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(feed(component.a, [a for a, _ in pairs]), background=True)
    simulator.add_testbench(feed(component.w, [w for _, w in pairs]), background=True)
    simulator.add_testbench(collect)
    simulator.run()
    assert results == expected


@pytest.mark.slow
def test_the_text_grows_with_the_sides_and_not_with_the_area():
    sizes = {n: len(generate("systolic", find("systolic").component(rows=n, cols=n)).verilog) for n in (16, 64)}
    assert sizes[16] < 72_000
    assert sizes[64] < 3 * sizes[16]


def test_equal_components_share_a_module():
    text = generate("systolic", find("systolic").component(rows=8, cols=8)).verilog
    assert len(re.findall(r"(?m)^module systolic__multiply_\w+ ", text)) == 1
    instances = re.findall(r"(?m)^  systolic__multiply_\w+ multiply ", text)
    assert len(instances) == 4  # one in each kind of cell: psums of 16 to 19 bits
    modules = re.findall(r"(?m)^module (\S+)", text)
    assert len(modules) == len(set(modules))
