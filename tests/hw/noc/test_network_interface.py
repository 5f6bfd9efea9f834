"""Network interfaces of several sizes through the bench, and stated facts."""

import random

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.sim import Simulator

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.noc.network_interface import NetworkInterface
from systola.hw.noc.noc import Noc
from systola.sim.golden.network_interface import rejection
from systola.sim.runner.verilator import lint


@pytest.mark.parametrize(
    "parameters",
    [{"width": 8, "nodes": 6, "flits": 3, "longest": 4}, {"width": 5, "nodes": 4, "flits": 1, "longest": 1}],
    ids=lambda p: f"{p['flits']}-{p['longest']}",
)
def test_packets_become_flits_and_beats_again(check, parameters):
    check("network_interface", cases=16, **parameters)


def test_illegal_parameters_are_rejected():
    with pytest.raises(ParameterError, match="flits=17: flits must be an integer from 1 to 16"):
        NetworkInterface(flits=17)
    with pytest.raises(ParameterError, match="nodes=1: nodes must be an integer from 2 to 64"):
        NetworkInterface(nodes=1)


def test_stated_facts():
    design = generate("network_interface", NetworkInterface())
    assert lint(design.verilog, design.top) == ""
    assert design.ports["send_data"] == ("input", 256)
    assert design.ports["o_data"] == ("output", 64)
    assert design.ports["status_error"] == ("output", 2)
    assert (design.latency, design.unit) == (1, "flit")
    assert find("network_interface").component is NetworkInterface


def test_from_end_to_end():
    """Three nodes on a ring, each with its interface: packets arrive complete, in order, between rejected ones."""
    m = Module()
    m.submodules.noc = noc = Noc(topology="ring", k=3, l=1, width=4, depth=2)
    ends = []
    for n in range(3):
        m.submodules[f"interface{n}"] = end = NetworkInterface(nodes=3, width=4, flits=2, longest=3)
        wiring.connect(m, end.o, getattr(noc, f"node{n}_in"))
        wiring.connect(m, getattr(noc, f"node{n}_out"), end.i)
        m.d.comb += end.node.eq(n)
        ends.append(end)
    rng = random.Random(4)
    packets = {
        n: [(rng.randrange(4), [rng.getrandbits(8) for _ in range(rng.randrange(1, 5))]) for _ in range(12)]
        for n in range(3)
    }
    got, refused = {}, {n: [] for n in range(3)}

    def sender(n):
        async def send(ctx):
            stream = ends[n].send
            for dest, words in packets[n]:
                for index, word in enumerate(words):
                    ctx.set(stream.payload, {"dest": dest, "last": index == len(words) - 1, "data": word})
                    ctx.set(stream.valid, 1)
                    await ctx.tick().until(stream.ready)
                    ctx.set(stream.valid, 0)

        return send

    def receiver(n):
        async def receive(ctx):
            words = []
            while True:
                ctx.set(ends[n].receive.ready, rng.random() < 0.5)
                ctx.set(ends[n].status.ready, 1)
                _, _, valid, ready, beat, failed, status = await ctx.tick().sample(
                    ends[n].receive.valid,
                    ends[n].receive.ready,
                    ends[n].receive.payload,
                    ends[n].status.valid,
                    ends[n].status.payload,
                )
                if failed:
                    refused[n].append((status.error.value, status.dest))
                if valid and ready:
                    words.append(beat.data)
                    if beat.last:
                        got.setdefault((beat.src, n), []).append(words)
                        words = []

        return receive

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    for n in range(3):
        simulator.add_testbench(sender(n))
        simulator.add_testbench(receiver(n), background=True)

    async def wait(ctx):
        await ctx.tick().repeat(600)

    simulator.add_testbench(wait)
    simulator.run()
    expected, wrong = {}, {n: [] for n in range(3)}
    for n, sent in packets.items():
        for dest, words in sent:
            if (error := rejection(n, 3, 3, dest, words)) is not None:
                wrong[n].append((error, dest))
            else:
                expected.setdefault((n, dest), []).append(words)
    assert got == expected
    assert refused == wrong
    assert {error for errors in wrong.values() for error, _ in errors} == {0, 1, 2}
