"""AXI4 multiplexer: random masters against a golden memory, both priorities, IDs, write order, combinational paths."""

import random
from itertools import pairwise

import pytest
from amaranth.sim import Simulator

from systola.hw.bus.axi_mux import AxiMux, GrantQueue
from systola.hw.component import ParameterError


def word(addr: int, beat: int) -> int:
    """The golden memory: the data of beat `beat` of a burst from `addr`."""
    return (addr * 2654435761 + beat * 40503) & 0xFFFFFFFF


class MuxTraffic:
    """Random bursts of every master, and a slave that interleaves responses of different IDs at random."""

    def __init__(self, mux: AxiMux, bursts: int, seed: int):
        p = self.p = mux.p
        self.rng = random.Random(seed)
        self.inputs, self.outputs, self.bursts = {}, {}, {}
        for n in range(p.masters):
            for name in ["ar"] * p.reads + ["aw"] * p.writes:
                # The top byte of an address identifies master and burst; only the checks use it.
                self.bursts[n, name] = self.inputs[f"s{n}_axi.{name}"] = [
                    {
                        "id": self.rng.getrandbits(p.id_width),
                        "addr": n << 20 | k << 8 | self.rng.randrange(0, 256, 4),
                        "len": self.rng.choice([0, 0, 1, 3, self.rng.randrange(12)]),
                        "size": 2,
                        "burst": 1,
                    }
                    for k in range(bursts)
                ]
            if p.reads:
                self.outputs[f"s{n}_axi.r"] = sum(each["len"] + 1 for each in self.bursts[n, "ar"])
            if p.writes:
                self.inputs[f"s{n}_axi.w"] = [
                    {"data": word(each["addr"], beat), "strb": beat % 16, "last": beat == each["len"]}
                    for each in self.bursts[n, "aw"]
                    for beat in range(each["len"] + 1)
                ]
                self.outputs[f"s{n}_axi.b"] = bursts
        if p.reads:
            self.outputs["m_axi.ar"] = bursts * p.masters
            self.inputs["m_axi.r"] = []
        if p.writes:
            self.outputs["m_axi.aw"] = bursts * p.masters
            self.outputs["m_axi.w"] = sum(len(self.inputs[f"s{n}_axi.w"]) for n in range(p.masters))
            self.inputs["m_axi.b"] = []
        self.reads, self.seen = [], 0  # pending bursts; read addresses so far
        self.writes, self.lasts = [], 0  # write addresses; bursts with complete data

    def react(self, name, fields):
        if name == "m_axi.ar":
            self.seen += 1
            self.reads.append(
                [
                    {
                        "id": fields["id"],
                        "data": word(fields["addr"], beat),
                        "resp": fields["addr"] >> 8 & 3,
                        "last": beat == fields["len"],
                    }
                    for beat in range(fields["len"] + 1)
                ]
            )
            while self.reads and (len(self.reads) > 4 or self.seen == self.outputs["m_axi.ar"]):
                heads = {burst[0]["id"]: burst for burst in reversed(self.reads)}  # the oldest burst of each ID
                burst = self.rng.choice(list(heads.values()))
                self.inputs["m_axi.r"].append(burst.pop(0))
                self.reads = [each for each in self.reads if each]
        if name in ("m_axi.aw", "m_axi.w"):  # a burst is answered after its address and its data, in either order
            self.writes += [fields] * (name == "m_axi.aw")
            self.lasts += name == "m_axi.w" and fields["last"]
            while len(responses := self.inputs["m_axi.b"]) < min(self.lasts, len(self.writes)):
                aw = self.writes[len(responses)]
                responses.append({"id": aw["id"], "resp": aw["addr"] >> 8 & 3})

    def check(self, beats):
        """Every beat of each master arrived once, with its tag, in order; responses belong to its addresses."""
        p = self.p
        for (n, name), bursts in self.bursts.items():
            arrived = [fields for _, fields in beats[f"m_axi.{name}"] if fields["addr"] >> 20 == n]
            assert arrived == [each | {"id": n << p.id_width | each["id"]} for each in bursts]
        for n in range(p.masters):
            for own in range(1 << p.id_width):
                if p.reads:
                    expected = [
                        {"id": own, "data": word(a["addr"], b), "resp": a["addr"] >> 8 & 3, "last": int(b == a["len"])}
                        for a in self.bursts[n, "ar"]
                        if a["id"] == own
                        for b in range(a["len"] + 1)
                    ]
                    assert [f for _, f in beats[f"s{n}_axi.r"] if f["id"] == own] == expected
                if p.writes:
                    expected = [{"id": own, "resp": a["addr"] >> 8 & 3} for a in self.bursts[n, "aw"] if a["id"] == own]
                    assert [f for _, f in beats[f"s{n}_axi.b"] if f["id"] == own] == expected
        if p.writes:
            expected = [
                {"data": word(a["addr"], b), "strb": b % 16, "last": int(b == a["len"])}
                for _, a in beats["m_axi.aw"]
                for b in range(a["len"] + 1)
            ]
            assert [fields for _, fields in beats["m_axi.w"]] == expected


@pytest.mark.parametrize("pause", [0.0, 0.4, pytest.param(0.8, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "parameters",
    [
        {"masters": 2},
        {"masters": 3, "id_width": 2},
        {"masters": 5, "priority": "fixed", "outstanding": 1},
        {"masters": 4, "writes": False},
        {"masters": 3, "reads": False, "outstanding": 3},
    ],
    ids=str,
)
def test_nothing_is_lost(exchange, parameters, pause):
    mux = AxiMux(data_width=32, **parameters)
    traffic = MuxTraffic(mux, 16, seed=int(10 * pause))
    traffic.check(exchange(mux, traffic.inputs, traffic.outputs, pause=pause, react=traffic.react))


@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_two_readers_with_fixed_priority(exchange, pause):
    mux = AxiMux(masters=2, data_width=32, addr_width=16, priority="fixed", writes=False)
    requests = {
        f"s{n}_axi.ar": [{"addr": addr} for addr in numbers] for n, numbers in enumerate((range(50), range(1000, 1050)))
    }
    responses = []

    def memory(name, fields):
        if name == "m_axi.ar":
            assert fields["id"] == (fields["addr"] >= 1000)
            responses.append({"id": fields["id"], "data": fields["addr"] + 7, "last": 1})

    outputs = {"m_axi.ar": 100, "s0_axi.r": 50, "s1_axi.r": 50}
    beats = exchange(mux, requests | {"m_axi.r": responses}, outputs, pause=pause, react=memory)
    for n, start in enumerate((7, 1007)):
        assert [fields["data"] for _, fields in beats[f"s{n}_axi.r"]] == [start + k for k in range(50)]
    if not pause:  # one address per cycle, the lower master first
        assert [fields["id"] for _, fields in beats["m_axi.ar"]] == [0] * 50 + [1] * 50
        assert [cycle for cycle, _ in beats["m_axi.ar"]] == list(range(1, 101))


@pytest.mark.parametrize("name", ["ar", "aw"])
def test_waiting_is_bounded_with_round_robin(exchange, name):
    """While all masters request, grants rotate; a master that returns waits for at most one address of each other."""
    mux = AxiMux(masters=5, data_width=32, outstanding=64, reads=name == "ar", writes=name == "aw")
    beats = exchange(mux, {f"s{n}_axi.{name}": [{"addr": n}] * 10 for n in range(5)}, {f"m_axi.{name}": 50})
    assert [fields["addr"] for _, fields in beats[f"m_axi.{name}"]] == [0, 1, 2, 3, 4] * 10
    cycles = [cycle for cycle, _ in beats[f"m_axi.{name}"]]
    assert all(after == before + 1 for before, after in pairwise(cycles))


def test_grants_before_write_data_are_limited_to_the_outstanding_writes():
    mux, granted = AxiMux(masters=2, data_width=32, outstanding=3, reads=False), 0

    async def bench(ctx):
        nonlocal granted
        for port in (mux.s0_axi, mux.s1_axi):
            ctx.set(port.aw.valid, 1)
        ctx.set(mux.m_axi.aw.ready, 1)
        for cycle in range(40):
            ctx.set(mux.s0_axi.w.valid, cycle == 20)
            ctx.set(mux.s0_axi.w.payload.last, 1)
            ctx.set(mux.m_axi.w.ready, 1)
            assert granted <= 3 + (cycle > 20)
            granted += ctx.get(mux.m_axi.aw.valid)
            await ctx.tick()

    _run(mux, bench)
    assert granted == 4


def test_addresses_cross_no_combinational_path():
    mux = AxiMux(masters=3, data_width=32)
    rng, seen = random.Random(1), set()
    ports = [mux.s0_axi, mux.s1_axi, mux.s2_axi]

    async def bench(ctx):
        for _ in range(200):
            for name in ("ar", "aw"):
                target = getattr(mux.m_axi, name)
                before = ctx.get(target.valid), ctx.get(target.payload.addr)
                seen.add(before[0])
                for port in ports:
                    ctx.set(getattr(port, name).valid, rng.getrandbits(1))
                    ctx.set(getattr(port, name).payload.addr, rng.getrandbits(32))
                assert (ctx.get(target.valid), ctx.get(target.payload.addr)) == before
                ready = [ctx.get(getattr(port, name).ready) for port in ports]
                ctx.set(target.ready, rng.getrandbits(1))
                assert [ctx.get(getattr(port, name).ready) for port in ports] == ready
            await ctx.tick()

    _run(mux, bench)
    assert seen == {0, 1}


@pytest.mark.parametrize("depth", [1, 3, 4])
def test_grant_queue(depth):
    queue, rng, held = GrantQueue(masters=4, depth=depth), random.Random(depth), []

    async def bench(ctx):
        for _ in range(300):
            assert (ctx.get(queue.space), ctx.get(queue.valid)) == (len(held) < depth, bool(held))
            assert not held or ctx.get(queue.oldest) == held[0]
            write, read, grant = (
                len(held) < depth and rng.getrandbits(1),
                held and rng.getrandbits(1),
                1 << rng.randrange(4),
            )
            for port, value in (("write", write), ("read", bool(read)), ("grant", grant)):
                ctx.set(getattr(queue, port), value)
            await ctx.tick()
            held[:] = held[bool(read) :] + [grant] * bool(write)

    _run(queue, bench)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"masters": 1}, "masters=1: masters must be an integer from 2 to 64."),
        ({"masters": 2, "priority": "lowest"}, "priority=lowest: priority must be fixed or round_robin."),
        ({"masters": 2, "reads": False, "writes": False}, "writes=False: with reads=False writes must be true."),
    ],
)
def test_illegal_parameters(parameters, message):
    with pytest.raises(ParameterError) as error:
        AxiMux(data_width=32, **parameters)
    assert str(error.value) == message


def _run(component, bench):
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
