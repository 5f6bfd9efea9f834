"""Lane of a collective engine: a bank of the node's memory, and the data path from an input link to an output link."""

from itertools import pairwise

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters, place
from .rings import CollectiveParameters, lane_slot

BANK_LATENCY = 2
"""Cycles from an address to the word in its register."""


class IntegerSum(Component):
    """Integer sum = a + b of each element, modulo 2^element; signed or not.

    Latency 1, initiation interval 1, without back-pressure. Area: an adder and a flip-flop per bit.
    """

    class Parameters(Parameters):
        width: int
        element: int

    latency = 1

    @staticmethod
    def members(p):
        return {"a": In(p.width), "b": In(p.width), "sum": Out(p.width)}

    def elaborate(self, platform):
        m = Module()
        total = Signal(self.p.width, reset_less=True)
        for start in range(0, self.p.width, self.p.element):
            part = slice(start, start + self.p.element)
            m.d.sync += total[part].eq(self.a[part] + self.b[part])
        m.d.comb += self.sum.eq(total)
        return m


def reduction(p: CollectiveParameters) -> tuple[type[Component], dict]:
    """Return the component that adds two words, and its parameters. It has ports `a`, `b` and `sum`, a `latency`, and
    initiation interval 1. To reduce with another operator, replace it here."""
    return IntegerSum, {"width": p.width, "element": p.element}


class Lane(Component):
    """Lane: executes slots (`lane_slot` in `hw.collective.rings`), one word per cycle.

    Operands are prefetched. A word is issued when the input link has one (`word_valid`, `word`; `pop` accepts it) and
    the output link has space (`space`; `reserve` reserves it). An issued word never stalls.

    While there are no slots the bank belongs to the node: `host_addr`, `host_data`, and bytes to write in
    `host_strobe`; `found` follows the address after BANK_LATENCY cycles.

    Latency from `pop` to `valid`: that of the reduction, so a hop takes one more cycle. Initiation interval 1.
    Back-pressure: `slots` may stall; only `pop` and `reserve` depend combinationally on inputs: on `word_valid` and
    `space`. Area: the bank, the reduction, 2 words of flip-flops and two more per cycle of the reduction.
    """

    class Parameters(CollectiveParameters):
        pass

    @staticmethod
    def members(p):
        return {
            "slots": In(stream.Signature(lane_slot(p))),
            "busy": Out(1),
            "word_valid": In(1),
            "word": In(p.width),
            "pop": Out(1),
            "space": In(1),
            "reserve": Out(1),
            "valid": Out(1),
            "out": Out(p.width),
            "host_addr": In(p.addr_width),
            "host_data": In(p.width),
            "host_strobe": In(p.width // 8),
            "found": Out(p.width),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        sum_of, parameters = reduction(p)

        # The current slot, counted down, and the one that follows it.
        current = Signal(lane_slot(p), reset_less=True)
        active = Signal()
        following = Signal(lane_slot(p), reset_less=True)
        waiting = Signal()
        advance = Signal()
        m.d.comb += self.slots.ready.eq(~waiting)
        with m.If(~waiting):
            m.d.sync += [following.eq(self.slots.payload), waiting.eq(self.slots.valid)]
        with m.If(advance & (~active | ((current.receive_rows <= 1) & (current.send_rows <= 1)))):
            m.d.sync += [active.eq(waiting), current.eq(following)]
            with m.If(waiting):
                m.d.sync += waiting.eq(0)
        with m.Elif(advance):
            for side, addr in (("receive_rows", "write_addr"), ("send_rows", "read_addr")):
                with m.If(current[side] != 0):
                    m.d.sync += [current[side].eq(current[side] - 1), current[addr].eq(current[addr] + 1)]

        # Control bits of a word, while its operand is read.
        step = Bundle({"valid": 1, "read": 1, "add": 1, "write": 1, "pop": 1, "push": 1, "addr": p.addr_width})
        steps = [Signal(step, name=f"step{n}") for n in range(1 + BANK_LATENCY)]
        receives, sends = current.receive_rows != 0, current.send_rows != 0
        m.d.comb += [
            steps[0].valid.eq(active),
            steps[0].read.eq(current.read & sends),
            steps[0].add.eq(current.add),
            steps[0].write.eq(current.write & receives),
            steps[0].pop.eq(current.pop & receives),
            steps[0].push.eq(current.push & sends),
            steps[0].addr.eq(current.write_addr),
        ]
        with m.If(advance):
            m.d.sync += [after.eq(before) for before, after in pairwise(steps)]
        ready = steps[-1]
        fire = Signal()
        m.d.comb += [
            fire.eq(ready.valid & (self.word_valid | ~ready.pop) & (self.space | ~ready.push)),
            advance.eq(~ready.valid | fire),
            self.pop.eq(fire & ready.pop),
            self.reserve.eq(fire & ready.push),
        ]

        m.submodules.bank = bank = Memory(
            shape=p.width, depth=p.rows, init=[], attrs={"no_rw_check": 1, "ram_style": "block"}
        )
        store = bank.write_port(granularity=8)
        fetch = bank.read_port()
        operand = Signal(p.width, reset_less=True)
        m.d.comb += [fetch.addr.eq(Mux(active, current.read_addr, self.host_addr)), fetch.en.eq(advance)]
        with m.If(advance):
            m.d.sync += operand.eq(fetch.data)

        # The sum, and the delayed word that is forwarded or stored without addition.
        total = place(m, platform, "sum", sum_of, {"a": self.word, "b": operand}, **parameters)
        other = Bundle({"forwarded": p.width, "kept": p.width})
        results = [Signal(step, name=f"result{n}") for n in range(1 + sum_of.latency)]
        others = [Signal(other, name=f"other{n}", reset_less=True) for n in range(1 + sum_of.latency)]
        m.d.comb += [
            results[0].eq(ready),
            results[0].valid.eq(fire),
            results[0].add.eq(ready.add & ready.pop),
            others[0].forwarded.eq(Mux(ready.read, operand, self.word)),
            others[0].kept.eq(Mux(ready.pop, self.word, operand)),
        ]
        m.d.sync += [after.eq(before) for each in (results, others) for before, after in pairwise(each)]
        result, other = results[-1], others[-1]
        writes = Signal()
        m.d.comb += [
            writes.eq(result.valid & result.write),
            self.valid.eq(result.valid & result.push),
            self.out.eq(Mux(result.add, total.sum, other.forwarded)),
            store.data.eq(Mux(writes, Mux(result.add, total.sum, other.kept), self.host_data)),
            store.addr.eq(Mux(writes, result.addr, self.host_addr)),
            store.en.eq(Mux(writes, (1 << p.width // 8) - 1, self.host_strobe)),
            self.found.eq(operand),
            self.busy.eq(active | waiting | Cat(each.valid for each in steps[1:] + results[1:]).any()),
        ]
        return m
