"""Routing information of the flits in a VC's buffer."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters
from .route import bits

DISTRIBUTED = {"ram_style": "distributed", "no_rw_check": 1}


class VcQueueHead(Component):
    """Queue of the routing information of a VC's flits: a ring in memory, with the first row in a register.

    `push` adds `i` (output, VC, last), `pop` removes the first. `target` has one bit per output and VC: that of the
    first flit, none if there is no flit; `first` and `last` report whether that flit begins or ends its packet. `head`
    and `tail` are the addresses of the first flit and of the next one to arrive, for the separate data memory. With
    `multicast`, `target` may have several bits; those in `served` are removed from it, and `pop` comes with the last.
    The highest `mark` bits of `i` are output for the first flit.
    """

    class Parameters(Parameters):
        outputs: tuple[int, ...]
        """Number of VCs of each output."""
        vcs: int
        depth: int
        multicast: bool = False
        mark: int = 0

    @staticmethod
    def members(p):
        pointer = bits(p.depth)
        many = {"served": In(sum(p.outputs))} if p.multicast else {}
        many |= {"mark": Out(p.mark)} if p.mark else {}
        return many | {
            "i": In(len(p.outputs) + bits(p.vcs) + 1 + p.mark),
            "push": In(1),
            "pop": In(1),
            "target": Out(sum(p.outputs)),
            "first": Out(1, init=1),
            "last": Out(1),
            "head": Out(pointer),
            "tail": Out(pointer),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        m.submodules.ring = ring = Memory(shape=len(self.i), depth=p.depth, init=[], attrs=DISTRIBUTED)
        write = ring.write_port()
        read = ring.read_port(domain="comb")
        second = Signal(len(self.head), init=1)  # the address after the first
        occupied, more = Signal(name="occupied"), Signal(name="more")
        row = Signal(len(self.i))  # the row that moves to the front
        m.d.comb += [
            write.addr.eq(self.tail),
            write.data.eq(self.i),
            write.en.eq(self.push),
            read.addr.eq(second),
            more.eq(occupied & (second != self.tail)),
            row.eq(Mux(more, read.data, self.i)),
        ]
        count = len(p.outputs)
        output, vc, last, mark = row[:count], row[count:][: bits(p.vcs)], row[-1 - p.mark], row[len(row) - p.mark :]
        targets = [output[o] & ((vc == v) if size > 1 else 1) for o, size in enumerate(p.outputs) for v in range(size)]
        m.d.sync += self.tail.eq(self.tail + self.push)
        with m.If(self.pop):
            m.d.sync += [self.head.eq(second), second.eq(second + 1), self.first.eq(self.last)]
        with m.If(self.pop | ~occupied):
            m.d.sync += [
                occupied.eq(more | self.push),
                self.target.eq(Mux(more | self.push, Cat(targets), 0)),
                self.last.eq(last),
            ]
            if p.mark:
                m.d.sync += self.mark.eq(mark)
        if p.multicast:
            with m.Elif(self.served.any()):
                m.d.sync += self.target.eq(self.target & ~self.served)
        return m
