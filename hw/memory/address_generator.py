"""Addresses of a box, one a cycle."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters

COUNT_WIDTH = 16


def box(dims: int, width: int) -> Bundle:
    """Where a walk begins, and how many steps of which stride each dimension has; 0 is the innermost."""
    fields = {"base": signed(width)}
    for d in range(dims):
        fields |= {f"count{d}": COUNT_WIDTH, f"stride{d}": signed(width)}
    return Bundle(fields)


class AddressWalk(Component):
    """The addresses of a box: base + sum of i_d x stride_d for i_d < count_d, i_0 fastest.

    `o` has the address (signed, `width` bits) and a bit for each dimension that is at its last step. Addresses that
    leave the memory are the consumer's to notice: with two bits more than the memory's addresses, and strides that fit
    them, the first address outside is seen as one.

    Latency 1 from box to first address, initiation interval 1 an address, also from one box to the next. `i.ready`
    follows `o.ready` combinationally; nothing else does. Area: for each dimension an address, a stride and two
    counters; one adder.
    """

    class Parameters(Parameters):
        dims: int
        width: int

    @staticmethod
    def members(p):
        return {
            "i": In(stream.Signature(box(p.dims, p.width))),
            "o": Out(stream.Signature(Bundle({"addr": signed(p.width), "ended": p.dims}))),
        }

    def elaborate(self, platform):
        m = Module()
        p, new = self.p, self.i.payload
        dims = range(p.dims)
        at = [Signal(signed(p.width), name=f"at{d}", reset_less=True) for d in dims]
        stride = [Signal(signed(p.width), name=f"stride{d}", reset_less=True) for d in dims]
        left = [Signal(COUNT_WIDTH, name=f"left{d}", reset_less=True) for d in dims]  # further steps
        limit = [Signal(COUNT_WIDTH, name=f"limit{d}", reset_less=True) for d in dims]
        ended = Signal(p.dims, reset_less=True)
        single = Signal(p.dims, reset_less=True)
        advance = Signal()
        m.d.comb += [
            advance.eq(self.o.valid & self.o.ready),
            self.o.payload.addr.eq(at[0]),
            self.o.payload.ended.eq(ended),
            self.i.ready.eq(~self.o.valid | advance & ended.all()),
        ]

        # The innermost dimension that has not ended makes a step; those within it begin again there.
        base, step, total = (Signal(signed(p.width), name=name) for name in ("from", "step", "next"))
        m.d.comb += [base.eq(at[-1]), step.eq(stride[-1]), total.eq(base + step)]
        for d in reversed(dims[:-1]):
            with m.If(~ended[d]):
                m.d.comb += [base.eq(at[d]), step.eq(stride[d])]
        within = Const(1, 1)
        for d in dims:
            with m.If(advance & within):
                m.d.sync += [
                    at[d].eq(total),
                    left[d].eq(Mux(ended[d], limit[d], left[d] - 1)),
                    ended[d].eq(Mux(ended[d], single[d], left[d] == 1)),
                ]
            within = within & ended[d]
        with m.If(advance & ended.all()):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += self.o.valid.eq(1)
            one = Cat(new[f"count{d}"] == 1 for d in dims)
            m.d.sync += [ended.eq(one), single.eq(one)]
            for d in dims:
                further = new[f"count{d}"] - 1
                m.d.sync += [at[d].eq(new.base), stride[d].eq(new[f"stride{d}"])]
                m.d.sync += [left[d].eq(further), limit[d].eq(further)]
        return m
