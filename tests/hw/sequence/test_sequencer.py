"""Sequencer with a toy datapath: chains of matrix-vector products, their descriptors fetched from DRAM."""

import random

import pytest
from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from systola.hw.bundle import Bundle
from systola.hw.component import ParameterError
from systola.hw.sequence.fetch import DescriptorFetch
from systola.hw.sequence.sequencer import Sequencer
from systola.hw.stream.loop_nest import LoopNest
from systola.hw.stream.packet import join

SIZE = 64
READ = LoopNest.Parameters(loops=2, addresses=(("a", 8), ("w", 8)), count_width=6)
WRITE = LoopNest.Parameters(loops=1, addresses=(("y", 8),), count_width=6)
FIELDS = Bundle({"read": READ.nest, "write": WRITE.nest, "bias": signed(16)})


class ToySequencer(wiring.Component):
    """y[j] = bias + sum over i of a[.] * w[.] at the addresses of unit `read`, to those of unit `write`.

    The two units are connected by a stream of one word, so that `write` can be ahead or late; `gap` stalls the reads.
    """

    def __init__(self, a, w):
        self.fetch = DescriptorFetch(fields=FIELDS)
        self.sequencer = Sequencer(fields=FIELDS, units=(("read", READ), ("write", WRITE)))
        self.a = Memory(shape=signed(8), depth=SIZE, init=a)
        self.w = Memory(shape=signed(8), depth=SIZE, init=w)
        inner = self.fetch.signature.members
        result = Bundle({"addr": 8, "value": signed(32)})
        super().__init__(
            {name: inner[name] for name in ("start", "stop", "ar", "r", "fault", "busy")}
            | {"y": Out(stream.Signature(result)), "gap": In(1), "passes": Out(8)}
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.fetch, m.submodules.sequencer = fetch, sequencer = self.fetch, self.sequencer
        m.submodules.a, m.submodules.w = self.a, self.w
        a, w = self.a.read_port(domain="comb"), self.w.read_port(domain="comb")
        join(m, self.start, fetch.start)
        join(m, fetch.ar, self.ar)
        join(m, self.r, fetch.r)
        join(m, fetch.fault, self.fault)
        join(m, fetch.o, sequencer.descriptor)
        m.d.comb += [fetch.stop.eq(self.stop), sequencer.stop.eq(self.stop), self.busy.eq(fetch.busy)]
        with m.If(sequencer.start):
            m.d.sync += self.passes.eq(self.passes + 1)
        read, write = sequencer.read, sequencer.write
        total, full, word = Signal(signed(32)), Signal(), Signal(signed(32))
        added = Signal(signed(32))
        m.d.comb += [
            a.addr.eq(read.payload.a),
            w.addr.eq(read.payload.w),
            added.eq(total + a.data * w.data),
            read.ready.eq(~self.gap & (~full | ~read.payload.ended[0])),
            self.y.valid.eq(full & write.valid),
            self.y.payload.addr.eq(write.payload.y),
            self.y.payload.value.eq(word + sequencer.fields.bias),
            write.ready.eq(full & self.y.ready),
        ]
        with m.If(write.valid & write.ready):
            m.d.sync += full.eq(0)
            m.d.comb += sequencer.done.eq(write.payload.ended.all())
        with m.If(read.valid & read.ready):
            m.d.sync += total.eq(Mux(read.payload.ended[0], 0, added))
            with m.If(read.payload.ended[0]):
                m.d.sync += [word.eq(added), full.eq(1)]
        return m


class DescriptorFeed:
    """Random passes, packed into DRAM as a linked list; their results by the golden model, the loops themselves."""

    def __init__(self, p, passes, seed):
        rng = random.Random(seed)
        self.a, self.w = ([rng.randrange(-128, 128) for _ in range(SIZE)] for _ in range(2))
        self.p, self.memory, self.responses, self.results = p, {}, [], []
        slots = rng.sample(range(1, 100), passes)
        self.start = slots[0] * p.pitch
        for n, slot in enumerate(slots):
            inner, outer = rng.choice([1, 2, 7]), rng.choice([1, 3, 5])
            base = {name: rng.randrange(28) for name in "aw"}
            steps = {name: (rng.randrange(4), rng.randrange(3)) for name in "aw"}
            y, step, bias = rng.randrange(100), rng.choice([-7, 1, 3]), rng.randrange(-1 << 15, 1 << 15)
            fields = [(base["a"], 8), (base["w"], 8)]
            for d, count in enumerate((inner, outer)):
                fields += [(count, 6), (steps["a"][d], 8), (steps["w"][d], 8)]
            fields += [(y, 8), (outer, 6), (step, 8), (bias, 16)]
            bits = (n == passes - 1) | (slots[n + 1] * p.pitch if n < passes - 1 else 0)
            offset = p.header
            for value, width in fields:
                bits |= (value & (1 << width) - 1) << offset
                offset += width
            self.memory[slot * p.pitch] = bits
            for j in range(outer):
                at = {name: base[name] + steps[name][1] * j for name in "aw"}
                total = sum(
                    self.a[at["a"] + steps["a"][0] * i] * self.w[at["w"] + steps["w"][0] * i] for i in range(inner)
                )
                self.results.append({"addr": (y + step * j) % 256, "value": total + bias})

    def react(self, name, fields):
        if name == "ar":
            for beat in range(self.p.beats):
                self.responses.append({"data": self.memory[fields["addr"]] >> 64 * beat & (1 << 64) - 1})


def toy(passes, seed):
    p = DescriptorFetch.Parameters(fields=FIELDS)
    chain = DescriptorFeed(p, passes, seed)
    return ToySequencer(chain.a, chain.w), chain


@pytest.mark.parametrize("pause", [0.0, 0.4])
@pytest.mark.parametrize("passes", [1, 2, 12])
def test_passes_in_order(exchange, passes, pause):
    design, chain = toy(passes, passes)
    inputs = {"start": [{"value": chain.start}], "r": chain.responses}
    outputs = {"ar": passes, "y": len(chain.results), "fault": 0}
    beats = exchange(design, inputs, outputs, pause=pause, react=chain.react, watch=("passes", "busy"))
    results = [{name: fields[name] for name in ("addr", "value")} for _, fields in beats["y"]]
    assert results == chain.results
    assert beats["y"][-1][1]["passes"] == passes


@pytest.mark.parametrize("at", [0, 3, 25, 26, 27, 28, 40, 77, 120])
def test_stop_finishes_the_pass_and_begins_no_other(at):

    design, chain = toy(12, 5)
    seen, passes_at_stop = [], None

    async def bench(ctx):
        nonlocal passes_at_stop
        beats = []
        ctx.set(design.start.payload, chain.start)
        ctx.set(design.ar.ready, 1)
        ctx.set(design.y.ready, 1)
        for cycle in range(400):
            ctx.set(design.start.valid, cycle == 0)
            ctx.set(design.stop, cycle >= at > 0)
            ctx.set(design.gap, cycle % 3 == 0)
            ctx.set(design.r.valid, bool(beats))
            ctx.set(design.r.payload.data, beats[0] if beats else 0)
            if beats and ctx.get(design.r.ready):
                beats.pop(0)
            if ctx.get(design.ar.valid):
                bits = chain.memory[ctx.get(design.ar.payload.addr)]
                beats += [bits >> 64 * beat & (1 << 64) - 1 for beat in range(chain.p.beats)]
            if ctx.get(design.y.valid):
                seen.append({"addr": ctx.get(design.y.payload.addr), "value": ctx.get(design.y.payload.value)})
            if cycle == at > 0:
                passes_at_stop = ctx.get(design.passes)
            await ctx.tick()
        assert not ctx.get(design.busy)
        assert not ctx.get(design.sequencer.busy)
        assert at == 0 or ctx.get(design.passes) == passes_at_stop

    simulator = Simulator(design)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    whole = [0]
    for bits in chain.memory.values():  # results after each whole pass
        whole.append(whole[-1] + (bits >> chain.p.header + 16 + 22 & 63))
    assert seen == chain.results[: len(seen)]
    assert len(seen) in (whole if at else whole[-1:])
    assert not at or len(seen) == whole[passes_at_stop]


def test_a_unit_can_be_unused_and_done_can_precede_the_start_of_its_nest(exchange):
    units = (("one", LoopNest.Parameters(loops=1, count_width=4)), ("two", LoopNest.Parameters(loops=1, count_width=4)))
    fields = Bundle({name: unit.nest for name, unit in units})
    sequencer = Sequencer(fields=fields, units=units)
    passes = [(3, 2), (0, 4), (5, 0), (1, 1)]
    beats = {"one": [], "two": []}

    async def bench(ctx):
        ctx.set(sequencer.one.ready, 1)
        todo, started = list(passes), 0
        for cycle in range(120):
            ctx.set(sequencer.two.ready, cycle % 4 == 0)  # `two` is late: its nest waits for that of the pass before
            ctx.set(sequencer.descriptor.valid, bool(todo))
            if todo:
                ctx.set(
                    sequencer.descriptor.payload.fields, {"one": {"count0": todo[0][0]}, "two": {"count0": todo[0][1]}}
                )
            ctx.set(sequencer.done, started)  # for one cycle, as early as possible
            started = ctx.get(sequencer.start)
            for name in beats:
                port = getattr(sequencer, name)
                if ctx.get(port.valid & port.ready):
                    beats[name].append(ctx.get(port.payload.ended))
            if todo and ctx.get(sequencer.descriptor.ready):
                todo.pop(0)
            await ctx.tick()
        assert not todo

    simulator = Simulator(sequencer)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    for n, name in enumerate(beats):
        assert beats[name] == [int(i == counts[n] - 1) for counts in passes for i in range(counts[n])]


def test_with_stop_a_pass_ends_and_descriptors_are_dropped():
    unit = LoopNest.Parameters(loops=1, count_width=4)
    sequencer = Sequencer(fields=Bundle({"one": unit.nest}), units=(("one", unit),))

    async def bench(ctx):
        ctx.set(sequencer.one.ready, 1)
        ctx.set(sequencer.descriptor.payload.fields, {"one": {"count0": 3}})
        ctx.set(sequencer.descriptor.valid, 1)
        assert ctx.get(sequencer.start)
        await ctx.tick()
        ctx.set(sequencer.stop, 1)
        for _ in range(10):
            assert (ctx.get(sequencer.busy), ctx.get(sequencer.descriptor.ready)) == (1, 0)
            await ctx.tick()
        ctx.set(sequencer.done, 1)
        assert ctx.get(sequencer.descriptor.ready)
        await ctx.tick()
        ctx.set(sequencer.done, 0)
        for _ in range(3):
            values = sequencer.busy, sequencer.start, sequencer.descriptor.ready, sequencer.one.valid
            assert [ctx.get(each) for each in values] == [0, 0, 1, 0]
            await ctx.tick()
        ctx.set(sequencer.stop, 0)
        assert (ctx.get(sequencer.start), ctx.get(sequencer.descriptor.ready)) == (1, 0)

    simulator = Simulator(sequencer)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_a_descriptor_without_a_nest_is_rejected():
    with pytest.raises(ParameterError) as error:
        Sequencer(fields=Bundle({"read": 3}), units=(("read", READ),))
    assert str(error.value) == "units=read: a descriptor must have a field read of the layout of its nest."
