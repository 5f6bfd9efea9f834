"""Order: a stream delivers every beat once, in order, and unchanged; it never starves a reader or loses its capacity.

A reference queue takes the beats that the component takes. Each offer of the component must be the oldest of them;
`latency` cycles after the first arrives there must be an offer; an empty component must accept.
"""

from collections.abc import Callable

import pytest
from amaranth.hdl import Mux, Signal, Value

from systola.hw.bundle import Bundle
from systola.hw.stream.buffer import StreamBuffer
from systola.hw.stream.register import StreamRegister
from systola.hw.stream.resize import StreamResize
from systola.hw.stream.skid import StreamSkid
from systola.hw.stream.spill import StreamSpill

from .prover import Break, Monitor, Proof

WORD = {"payload": Bundle({"n": 3})}
BUFFER = WORD | {"depth": 4}


def in_order(monitor: Monitor, i, o, *, capacity: int, latency: int):
    """Guarantee that stream `o` has the beats of `i` in order, at most `capacity` of them at a time inside.

    The narrower of the two streams determines the words: a wide beat is several of them, low bits first.
    """
    m = monitor.m
    sides = [Value.cast(each.payload) for each in (i, o)]
    width = min(map(len, sides))
    enter, leave = (len(side) // width for side in sides)
    words = [Signal(width, name=f"word{n}") for n in range(capacity + enter)]  # the oldest first
    count, starved = Signal(range(capacity + enter + 1)), Signal(range(latency + 2))
    arrives, departs = i.valid & i.ready, o.valid & o.ready
    held = [Signal(width, name=f"held{n}") for n in range(len(words))]  # with what arrives in this cycle
    total = Signal(range(capacity + enter + 1))
    m.d.comb += total.eq(count + Mux(arrives, enter, 0))
    for n, (now, word) in enumerate(zip(held, words, strict=True)):
        m.d.comb += now.eq(word)
        for k in range(enter):
            with m.If((count + k == n) & (i.valid if latency == 0 else arrives)):
                m.d.comb += now.eq(sides[0].word_select(k, width))
    for n, word in enumerate(words):
        following = held[n + leave] if n + leave < len(words) else 0
        m.d.sync += word.eq(Mux(departs, following, held[n]))
    m.d.sync += [
        count.eq(total - Mux(departs, leave, 0)),
        starved.eq(Mux((count >= leave) & ~o.valid, starved + (starved <= latency), 0)),
    ]
    available = count >= leave
    if latency == 0:
        available |= i.valid
    monitor.guarantee(count <= capacity)
    if isinstance(i.ready, Signal):
        monitor.guarantee(count + enter - Mux(departs, leave, 0) <= capacity, when=i.ready)
    monitor.guarantee(available, when=o.valid)
    for k in range(leave):
        monitor.guarantee(sides[1].word_select(k, width) == held[k], when=o.valid)
    monitor.guarantee(o.valid | (starved < max(1, latency) - 1), when=available)
    monitor.guarantee(starved <= max(1, latency) - 1)
    monitor.guarantee(i.ready, when=count + enter <= capacity)
    return count, words


def through(capacity: int, latency: int) -> Callable:
    """Return the property of a component with streams `i` and `o`."""
    return lambda monitor, dut: in_order(monitor, dut.i, dut.o, capacity=capacity, latency=latency)


def buffered(monitor: Monitor, dut):
    """State the property of a buffer, whose writer claims space first: with `take`, while there is `space`."""
    claims = Signal(range(dut.p.depth + 1))
    monitor.m.d.sync += claims.eq(claims + dut.reserve - dut.write.valid)
    monitor.require(dut.space, when=dut.reserve)
    monitor.require((claims != 0) | dut.reserve, when=dut.write.valid)
    count, words = in_order(monitor, dut.write, dut.o, capacity=dut.p.depth, latency=2)
    monitor.guarantee(claims + count <= dut.p.depth)
    monitor.guarantee(dut.space == (claims + count < dut.p.depth))
    monitor.guarantee(dut.inside.spare == dut.p.depth - 1 - claims - count)
    # Invariants for induction: the ring has the words of the queue but for the one that is offered.
    slice0 = dut.inside.fifo.inside
    stored, depth = slice0.beyond + 1, dut.p.depth
    monitor.guarantee(stored >= 0)
    monitor.guarantee(count == stored + dut.o.valid)
    monitor.guarantee(slice0.write.addr == (slice0.read.addr + stored) % depth)
    for n in range(depth):
        row = slice0.ring.read_port(domain="comb")
        monitor.m.d.comb += row.addr.eq((slice0.read.addr + n) % depth)
        monitor.guarantee(row.data == Mux(dut.o.valid, words[n + 1], words[n]), when=n < stored)


PROOFS = {
    "register": Proof(StreamRegister, WORD, through(1, 1), induction=3),
    "spill": Proof(StreamSpill, WORD, through(2, 1), induction=8),
    "skid": Proof(StreamSkid, WORD, through(1, 0), induction=8),
    "resize up": Proof(StreamResize, {"i_width": 2, "o_width": 6}, through(3, 1), induction=8),
    "resize down": Proof(StreamResize, {"i_width": 6, "o_width": 2}, through(3, 1), induction=8),
    "buffer": Proof(StreamBuffer, BUFFER, buffered, induction=3),
}

BREAKS = [
    ("register", Break(StreamRegister, "self.i.ready.eq(~self.o.valid | self.o.ready)", "self.i.ready.eq(1)")),
    ("spill", Break(StreamSpill, "self.i.ready.eq(~full)", "self.i.ready.eq(1)")),
    ("spill", Break(StreamSpill, "Mux(full, spare.as_value(), self.i", "Mux(full, front.as_value(), self.i")),
    ("spill", Break(StreamSpill, "self.i.valid | full", "self.i.valid")),
    ("skid", Break(StreamSkid, "self.i.ready.eq(~waits)", "self.i.ready.eq(1)")),
    ("skid", Break(StreamSkid, "Mux(waits, payload,", "Mux(0, payload,")),
    ("resize up", Break(StreamResize, "Cat(word, self.i.payload)[narrow:]", "Cat(self.i.payload, word)[:wide]")),
    ("resize down", Break(StreamResize, "count.eq(parts)", "count.eq(parts - 1)")),
    ("buffer", Break(StreamBuffer, "self.space.eq(spare >= 0)", "self.space.eq(1)")),
    ("buffer", Break(StreamBuffer, "pop.eq(self.o.valid & self.o.ready)", "pop.eq(self.o.valid)")),
]


@pytest.mark.parametrize("name", PROOFS)
def test_every_beat_passes_once_and_in_order(name):
    outcome = PROOFS[name].run()
    assert outcome.holds, outcome.log


@pytest.mark.parametrize(("name", "broken"), BREAKS, ids=str)
def test_a_broken_design_is_refuted(name, broken):
    assert PROOFS[name].refute(broken).refuted
