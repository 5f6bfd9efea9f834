"""Routes in hardware: equal to the description for every start and every step."""

from itertools import pairwise, product

import pytest
from amaranth.hdl import Const, Module, Signal
from amaranth.sim import Simulator

from systola.hw.noc import reduction_tree
from systola.hw.noc.route import Flit, bits, route
from systola.hw.noc.topology.graphs import topology


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
def test_routes_match_the_description(what):
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


@pytest.mark.parametrize("what", [("mesh", 3, 2, 2), ("torus", 4, 3, 2)], ids=lambda what: "-".join(map(str, what)))
def test_forks_match_the_description(what):
    network = topology(*what, multicast=True)
    way = route(network)
    m = Module()
    position, header, vc = Signal(way.position), Signal(way.header), Signal(bits(network.vcs))
    corners = Signal(bits(network.nodes), name="low"), Signal(bits(network.nodes), name="high")
    low, high = (way.corner(m, corner.name, corner) for corner in corners)
    go, fields = way.spread(m, position, low, high, Const(1))
    start = _named(m, go, 0)[0]
    m.d.comb += [header[name].eq(value) for name, value in fields.items()]
    steps = {port: _named(m, *way.step(m, position, port, vc, header)) for port in range(1, 5)}

    async def bench(ctx):
        ctx.set(vc, 1)
        for first, last in product(range(network.nodes), repeat=2):
            area = network.at(first), network.at(last)
            if first == last or area[0][0] > area[1][0] or area[0][1] > area[1][1]:
                continue
            ctx.set(corners[0], first)
            ctx.set(corners[1], last)
            for source in range(network.nodes):
                ctx.set(position, way.place(source))
                assert ctx.get(start) == sum(1 << port for port in network.fork(0, source, *area))
                for before, _ in network.tree(source, *area, 1):
                    if before:
                        router, port, _ = before
                        ctx.set(position, way.place(router))
                        outputs = network.fork(port, network.links[router, port][0], *area)
                        assert ctx.get(steps[port][0]) == sum(1 << output for output in outputs)
                        assert ctx.get(steps[port][1]) == 1

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize("what", [("mesh", 3, 2, 2), ("torus", 4, 3, 3)], ids=lambda what: "-".join(map(str, what)))
def test_joins_match_the_description(what):
    network = topology(*what, reduction=True)
    way = route(network)
    m = Module()
    position, header, carried = Signal(way.position), Signal(way.header), Signal(way.header)
    root, vc = Signal(bits(network.nodes)), Signal(bits(network.vcs))
    go, fields = way.start_reduction(position, way.corner(m, "root", root))
    start, mask = _named(m, go, 0)[0], Signal(5)
    m.d.comb += [mask.eq(way.reduction_inputs(position)), [header[name].eq(value) for name, value in fields.items()]]
    steps = {port: _named(m, *way.step(m, position, port, vc, carried)) for port in range(1, 5)}

    async def bench(ctx):
        for to in range(network.nodes):
            ctx.set(root, to)
            for channel, inputs in reduction_tree.joins(network, to).items():
                ctx.set(position, way.place(channel[0]))
                there = {i for i in network.turns[channel[1]] if ctx.get(mask) >> i & 1}
                assert there == inputs
            for node in range(network.nodes):
                channels = reduction_tree.path(network, node, to)
                ctx.set(position, way.place(node))
                assert ctx.get(start) == 1 << channels[0][1]
                ctx.set(carried.as_value(), ctx.get(header.as_value()))
                for (router, port, here), (_, following, there) in pairwise(channels):
                    ctx.set(position, way.place(router))
                    ctx.set(vc, here)
                    assert ctx.get(steps[port][0]) == 1 << following
                    assert following == 0 or ctx.get(steps[port][1]) == there

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()


def _named(m, go, vc):
    signals = Signal(16), Signal(3)
    m.d.comb += [signal.eq(value) for signal, value in zip(signals, (go, vc), strict=True)]
    return signals


def test_width_of_a_torus_flit():
    """Destination and source 4 bits each, 2 for the turn into y, 5 + 1 for output and VC."""
    assert Flit(topology("torus", 4, 4), 64).size == 64 + 1 + 4 + (4 + 2) + 6
