"""Traffic of a network on chip, generated at its entries and checked at its exits: one endpoint per node."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import enum, stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, place
from ..stream.buffer import StreamBuffer
from .noc import Incoming, Outgoing
from .parameters import LinkParameters
from .route import bits
from .topology.graphs import Topology
from .vc_queue_head import DISTRIBUTED

STAMP = 16
"""Low bits of a word: the cycle in which its packet was ready (15), and whether it is included in measurements (1)."""
SEQUENCE = 16
"""Bits of the sequence numbers of a pair's packets."""
BACKLOG = 64
"""Maximum number of packets that wait at a source."""
LONGEST = 16
"""Flits of the longest packet."""
COUNT = 32
"""Bits of a counter."""


class TrafficPattern(enum.Enum, shape=3):
    """Destinations of packets. All patterns but the first have a fixed destination per node, never the node itself."""

    UNIFORM = 0
    TORNADO = 1
    TRANSPOSE = 2
    BIT_COMPLEMENT = 3
    HOT_SPOT = 4
    NEIGHBOUR = 5


def fixed(network: Topology, node: int) -> list[int]:
    """Return the destinations of a node in each pattern; 0 in the first, which is not fixed.

    A network without coordinates is treated as one row of nodes. Where a pattern leads to the node itself, its packets
    go to the next node.
    """
    count = network.nodes
    k, l = (network.k, network.l) if network.kind in ("mesh", "torus") else (count, 1)  # noqa: E741
    x, y = node % k, node // k
    size = (count - 1).bit_length()
    half = max(1, size) // 2
    swapped = (node >> half | (node & (1 << half) - 1) << (size - half)) % count
    dests = {
        TrafficPattern.TORNADO: (y + (l - 1) // 2) % l * k + (x + (k - 1) // 2) % k,
        TrafficPattern.TRANSPOSE: x * k + y if k == l else swapped,
        TrafficPattern.BIT_COMPLEMENT: count - 1 - node,
        TrafficPattern.HOT_SPOT: count // 2,
        TrafficPattern.NEIGHBOUR: y * k + (x + 1) % k,
    }
    return [0, *((node + 1) % count if dest == node else dest for dest in dests.values())]


class TrafficSettings(Bundle):
    """Settings of all sources and sinks, which may change at any time.

    `run`: packets are generated, one per cycle with probability load / 2^16. They have `length` flits, or with `vary` 1
    to `length`. `background` / 2^8 of them go to any node in every `pattern`, and `bad` / 2^8 to the node itself, which
    the network must reject. An exit is not ready with probability stall / 2^8. `measure`: packets generated while it is
    high are included in latencies, and flits that arrive while it is high are counted.
    """

    def __init__(self):
        super().__init__(
            {
                "run": 1,
                "measure": 1,
                "pattern": TrafficPattern,
                "load": 17,
                "length": 5,
                "vary": 1,
                "background": 8,
                "bad": 8,
                "stall": 8,
            }
        )


class TrafficCounts(Bundle):
    """Counters of a node.

    `sent` and `received` packets (but for those to itself), packets not generated because the backlog was full
    (`blocked`), words with unexpected contents (`wrong`); `flits` that arrived during measurement; measured packets
    (`timed`), the sum of their cycles from being ready to the last flit's arrival (`cycles`), and the maximum
    (`slowest`).
    """

    def __init__(self):
        names = ("sent", "received", "blocked", "wrong", "flits", "timed", "cycles", "slowest")
        super().__init__(dict.fromkeys(names, COUNT))


class TrafficNode(Component):
    """Traffic node: sends random packets and checks all packets that it receives.

    `pattern_dests` are the destinations of the patterns (see `fixed`). Random numbers are a xorshift of 64 bits (G.
    Marsaglia, Xorshift RNGs, 2003), one in each cycle, that starts from `seed` and `node`: the traffic depends on these
    and the settings only, unless the backlog is full.

    A word is the stamp of its packet, and above it a mark, a hash of that, source, destination, the packet's sequence
    number within the pair, and the word's index in the packet. The sink counts packets on its own; of the received
    packet it uses only the source and the stamp, which the mark confirms. Marks are wrong after a packet that is lost,
    duplicated, truncated, changed, out of order or at the wrong node.
    """

    class Parameters(LinkParameters):
        pass

    @staticmethod
    def members(p):
        nodes = p.network.nodes
        return {
            "node": In(bits(nodes)),
            "pattern_dests": In(Lanes(bits(nodes), len(TrafficPattern))),
            "seed": In(32),
            "settings": In(TrafficSettings()),
            "o": Out(stream.Signature(Outgoing(nodes, p.width))),
            "i": In(stream.Signature(Incoming(nodes, p.width))),
            "counts": Out(TrafficCounts()),
        }

    def elaborate(self, platform):
        m = Module()
        random, started = Signal(64, name="random", init=1), Signal(name="started")
        cycle, stamp = Signal(STAMP - 1, name="cycle"), Signal(STAMP, name="stamp")
        m.d.sync += [
            started.eq(1),
            random.eq(Mux(started, _xorshift(m, "next", random, 13, -7, 17), Cat(self.seed, self.node, Const(1, 1)))),
            cycle.eq(cycle + 1),
        ]
        m.d.comb += stamp.eq(Cat(cycle, self.settings.measure))
        self._source(m, platform, random, stamp)
        self._sink(m, random, cycle)
        return m

    def _source(self, m, platform, random, stamp):
        nodes, settings, counts = self.p.network.nodes, self.settings, self.counts
        order = Bundle({"stamp": STAMP, "dest": bits(nodes), "last": bits(LONGEST)})
        backlog = place(m, platform, "backlog", StreamBuffer, payload=order, depth=BACKLOG, style="distributed")
        generated = Signal(name="generated")
        random_dest, dest = (Signal(bits(nodes), name=name) for name in ("random_dest", "dest"))
        draw = random[16:32] * (nodes - 1) >> 16
        pattern_dest = self.pattern_dests.as_value().word_select(settings.pattern.as_value(), bits(nodes))
        uniform = (settings.pattern == TrafficPattern.UNIFORM) | (random[32:40] < settings.background)
        bad = random[48:56] < settings.bad
        m.d.comb += [
            random_dest.eq(draw + (draw >= self.node)),
            dest.eq(Mux(uniform, random_dest, pattern_dest)),
            generated.eq(settings.run & (random[:16] < settings.load)),
            backlog.reserve.eq(generated & backlog.space),
            backlog.write.valid.eq(backlog.reserve),
            backlog.write.payload.stamp.eq(Cat((stamp[:-1] + 2)[:-1], stamp[-1])),  # when the buffer can output it
            backlog.write.payload.dest.eq(Mux(bad, self.node, dest)),
            backlog.write.payload.last.eq(
                Mux(settings.vary, random[40:48] * settings.length >> 8, settings.length - 1)
            ),
        ]

        numbers = Memory(shape=SEQUENCE, depth=nodes, init=[], attrs=DISTRIBUTED)
        m.submodules.sent = numbers
        number = numbers.read_port(domain="comb")
        write = numbers.write_port()
        packet = backlog.o.payload
        index, packet_sent = Signal(bits(LONGEST), name="index_out"), Signal(name="packet_sent")
        m.d.comb += [
            number.addr.eq(packet.dest),
            self.o.valid.eq(backlog.o.valid),
            self.o.payload.dest.eq(packet.dest),
            self.o.payload.last.eq(index == packet.last),
            self.o.payload.data.eq(self._word(m, "out", self.node, packet.dest, number.data, index, packet.stamp)),
            packet_sent.eq(self.o.valid & self.o.ready & self.o.payload.last),
            backlog.o.ready.eq(packet_sent),
            write.addr.eq(packet.dest),
            write.data.eq(number.data + 1),
            write.en.eq(packet_sent),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += index.eq(Mux(self.o.payload.last, 0, index + 1))
        m.d.sync += [
            counts.sent.eq(counts.sent + (packet_sent & (packet.dest != self.node))),
            counts.blocked.eq(counts.blocked + (generated & ~backlog.space)),
        ]

    def _sink(self, m, random, cycle):
        settings, counts, beat = self.settings, self.counts, self.i.payload
        numbers = Memory(shape=SEQUENCE, depth=self.p.network.nodes, init=[], attrs=DISTRIBUTED)
        m.submodules.received = numbers
        number = numbers.read_port(domain="comb")
        write = numbers.write_port()
        index, passed = Signal(bits(LONGEST), name="index_in"), Signal(STAMP - 1, name="passed")
        arrives, ends, timed = (Signal(name=name) for name in ("arrives", "ends", "timed"))
        stamp = beat.data[:STAMP]
        expected = self._word(m, "in", beat.src, self.node, number.data, index, stamp)
        m.d.comb += [
            arrives.eq(self.i.valid & self.i.ready),
            ends.eq(arrives & beat.last),
            timed.eq(ends & stamp[-1]),
            passed.eq(cycle - stamp),
            number.addr.eq(beat.src),
            write.addr.eq(beat.src),
            write.data.eq(number.data + 1),
            write.en.eq(ends),
        ]
        with m.If(arrives):
            m.d.sync += index.eq(Mux(beat.last, 0, index + 1))
        with m.If(timed):
            m.d.sync += counts.cycles.eq(counts.cycles + passed)
            with m.If(passed > counts.slowest):
                m.d.sync += counts.slowest.eq(passed)
        m.d.sync += [
            self.i.ready.eq(random[56:] >= settings.stall),
            counts.received.eq(counts.received + ends),
            counts.wrong.eq(counts.wrong + (arrives & (beat.data != expected))),
            counts.flits.eq(counts.flits + (arrives & settings.measure)),
            counts.timed.eq(counts.timed + timed),
        ]

    def _word(self, m, name: str, source, destination, number, index, stamp):
        """Return the stamp and a mark above it."""
        marks = []
        mark = Cat(number, source, destination, index)[:32] ^ Cat(stamp, stamp)
        while sum(map(len, marks)) < self.p.width:
            for turn in range(2):
                mark = _xorshift(m, f"{name}{len(marks)}_{turn}", mark, 13, -17, 5)
            marks.append(mark)
        return Cat(stamp, *marks)[: self.p.width]


def _xorshift(m, name: str, value, *shifts: int):
    """Return the value after a xorshift: XOR with itself shifted, once per shift; positive shifts are to the left."""
    size = len(value)
    for n, shift in enumerate(shifts):
        other = (value << shift)[:size] if shift > 0 else value >> -shift
        value, before = Signal(size, name=f"{name}_{n}"), value
        m.d.comb += value.eq(before ^ other)
    return value
