"""A function of two numbers, on generated Verilog, in many parallel copies: a million values take seconds."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from amaranth.hdl import Module, Shape
from amaranth.lib.wiring import In

from systola.gen.verilog.verilog import generate
from systola.hw.bundle import Lanes
from systola.hw.component import Component, Parameters, place
from systola.sim.golden import integer
from systola.sim.runner.simulator import build

COPIES = 16


class Copies(Component):
    """`COPIES` of a component, each of its ports as lanes."""

    latency, peak = 0, COPIES  # for the manifest, which is not read

    class Parameters(Parameters):
        function: type[Component]
        of: Parameters

    @staticmethod
    def members(p):
        members = p.function.members(p.of)
        return {name: member.flow(Lanes(member.shape, COPIES)) for name, member in members.items()}

    def elaborate(self, platform):
        m = Module()
        members = self.p.function.members(self.p.of)
        for n in range(COPIES):
            child = place(m, platform, f"copy{n}", self.p.function, **dict(self.p.of))
            for name, member in members.items():
                inside, lane = getattr(child, name), getattr(self, name)[n]
                m.d.comb += inside.eq(lane) if member.flow == In else lane.eq(inside)
        return m


@pytest.fixture(scope="session")
def driven(tmp_path_factory):
    """driven(component, latency, words): the values of the output for words applied to each input, one per cycle.

    For a component without registers `latency` is 1.
    """

    def run(component, latency, words):
        design = generate("copies", component)
        (output,) = set(design.ports) - {*design.inputs, "clk", "rst"}
        folder = tmp_path_factory.mktemp("lanes")
        (folder / "operands.pickle").write_bytes(pickle.dumps((words, output, latency)))
        environment = {"PYTHONPATH": str(Path(__file__).parent), "LANES": str(folder)}
        build(design.verilog, design.top).run("lanes_bench", env=environment, workdir=folder)
        return pickle.loads((folder / "results.pickle").read_bytes())

    return run


@pytest.fixture(scope="session")
def computed(driven):
    """computed(function, parameters, latency, x, y): the results for arrays of operands of the same length."""

    def run(function, of, latency, *operands):
        names = [name for name, member in function.members(of).items() if member.flow == In]
        widths = [Shape.cast(function.members(of)[name].shape).width for name in names]
        rows = -(-len(operands[0]) // COPIES)
        words = {
            name: integer.pack(np.resize(values, (rows, COPIES)), width)
            for name, width, values in zip(names, widths, operands, strict=True)
        }
        results = driven(Copies(function=function, of=of), latency, words)
        return (integer.unpack(results, COPIES, 32) & 0xFFFFFFFF).reshape(-1)[: len(operands[0])]

    return run
