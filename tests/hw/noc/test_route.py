"""Routes in hardware are those of the description: every start, and every step of every way."""

from itertools import pairwise

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from systola.hw.noc.route import Flit, bits, route
from systola.hw.noc.topology import topology


@pytest.mark.parametrize(
    "what",
    [
        ("ring", 5, 1, 2),
        ("mesh", 4, 3, 3),
        ("torus", 4, 4, 2),
        ("torus", 3, 6, 5),
        ("crossbar", 5, 1, 2),
        ("bus", 5, 1, 3),
        ("fat_tree", 2, 3, 2),
        ("fat_tree", 4, 2, 1),
        ("fat_tree", 4, 1, 1),
    ],
    ids=lambda what: "-".join(map(str, what)),
)
def test_as_described(what):
    network = topology(*what)
    way = route(network)
    m = Module()
    position, header, carried = Signal(way.position), Signal(way.header), Signal(way.header)
    source, destination = Signal(bits(network.nodes)), Signal(bits(network.nodes))
    vc = Signal(bits(network.vcs))
    lane = way.lane(m, destination)
    start_go, start_vc, fields = way.start(m, position, source, destination, lane)
    start = _named(m, start_go, start_vc)
    m.d.comb += [header[name].eq(value) for name, value in fields.items()]
    ports = {port for _, port in network.links}
    steps = {port: _named(m, *way.step(m, position, port, vc, carried)) for port in ports}

    async def bench(ctx):
        def same(found, port, vc):
            assert ctx.get(found[0]) == 1 << port
            assert port in network.exits or ctx.get(found[1]) == vc

        for (a, b), channels in network.paths.items():
            ctx.set(source, a)
            ctx.set(destination, b)
            ctx.set(position, way.place(channels[0][0]))
            same(start, *channels[0][1:])
            assert ctx.get(lane) == network.lane(b)
            ctx.set(carried.as_value(), ctx.get(header.as_value()))
            for (router, port, here), (_, *there) in pairwise(channels):
                ctx.set(position, way.place(router))
                ctx.set(vc, here)
                same(steps[port], *there)

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()


def _named(m, go, vc):
    signals = Signal(16), Signal(3)
    m.d.comb += [signal.eq(value) for signal, value in zip(signals, (go, vc), strict=True)]
    return signals


def test_a_flit_of_a_torus():
    """Destination and source 4 bits each, 2 for the turn into y, 5 + 1 for output and VC."""
    assert Flit(topology("torus", 4, 4), 64).size == 64 + 1 + 4 + (4 + 2) + 6
