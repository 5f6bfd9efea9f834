"""The loops of a descriptor: boxes of up to four dimensions become pieces."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bus.stream import StreamSpill, join
from ..component import Component, place
from .descriptor import COUNT_WIDTH, DmaParameters, checked, piece


class Walk(Component):
    """A checked descriptor as pieces, dimension 0 innermost.

    A piece is a whole row where the elements of dimension 0 lie side by side, else one element. With padding a row is
    up to three pieces: before, inside, after.

    Latency 2 from descriptor to first piece, initiation interval 1 a piece. Back-pressure: nothing is combinational
    from `o.ready` to `i.ready`. Area: for each dimension two strides, two addresses and a counter; one adder for each
    side.
    """

    Parameters = DmaParameters

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(checked(p))), "o": Out(stream.Signature(piece(p)))}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        dims = range(p.dims)
        new = self.i.payload
        box = Signal(checked(p), reset_less=True)

        def registers(name, width):
            return [Signal(width, name=f"{name}{d}", reset_less=True) for d in dims]

        bus, local = registers("bus", p.addr_width), registers("local", p.local_width)  # where dimension d stands
        left = registers("left", COUNT_WIDTH)  # further steps of dimension d
        limit = registers("limit", COUNT_WIDTH)
        busy = Signal()
        advance = Signal()
        finished = Signal()
        spill = place(m, platform, "spill", StreamSpill, payload=piece(p))
        m.d.comb += [advance.eq(busy & spill.i.ready), self.i.ready.eq(~busy | advance & finished)]

        length, fill, row_ends = self._row(m, box, left, limit, advance)
        ended, single = registers("ended", 1), registers("single", 1)  # at its last step; has only one
        ends = [ended[0] & row_ends, *ended[1:]]
        m.d.comb += finished.eq(Cat(ends).all())

        # The innermost dimension that has not ended makes a step; those within it begin again there.
        inner_step = box.rows | box.turn
        steps = {
            "bus": [Mux(inner_step, length, box.bus_stride0), *(box[f"bus_stride{d}"] for d in dims[1:])],
            "local": [Mux(inner_step, length, box.local_stride0), *(box[f"local_stride{d}"] for d in dims[1:])],
        }
        for name, address in (("bus", bus), ("local", local)):
            base, step, total = (Signal(address[0].shape(), name=f"{name}_{what}") for what in ("base", "step", "next"))
            m.d.comb += [base.eq(address[-1]), step.eq(steps[name][-1]), total.eq(base + step)]
            for d in reversed(dims[:-1]):
                with m.If(~ends[d]):
                    m.d.comb += [base.eq(address[d]), step.eq(steps[name][d])]
            within = Const(1, 1)
            for d in dims:
                with m.If(advance & within):
                    m.d.sync += address[d].eq(total)
                within = within & ends[d]
        within = Const(1, 1)
        for d in dims:
            with m.If(advance & within):
                m.d.sync += left[d].eq(Mux(ended[d], limit[d], left[d] - 1))
                m.d.sync += ended[d].eq(Mux(ended[d], single[d], left[d] == 1))
            within = within & ends[d]

        with m.If(advance & finished):
            m.d.sync += busy.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [busy.eq(1), box.eq(new)]
            for d in dims:
                m.d.sync += [bus[d].eq(new.bus_addr), local[d].eq(new.local_addr)]
                m.d.sync += [left[d].eq(new[f"count{d}"] - 1), limit[d].eq(new[f"count{d}"] - 1)]
                one = new[f"count{d}"] == 1
                if d == 0:  # a row is one step
                    one = one | new.rows | new.turn
                m.d.sync += [ended[d].eq(one), single[d].eq(one)]

        out = spill.i.payload
        m.d.comb += [out.bus.eq(bus[0]), out.local.eq(local[0]), out.bytes.eq(length), out.last.eq(finished)]
        if p.values:
            m.d.comb += [out.fill.eq(fill), out.value.eq(box.value)]
        if p.scatter:
            m.d.comb += [out.turn.eq(box.turn), out.step.eq(box.local_stride0), out.size.eq(box.size)]
        m.d.comb += spill.i.valid.eq(busy)
        join(m, spill.o, self.o)
        return m

    def _row(self, m, box, left, limit, advance):
        """Length of the present piece, whether it has no source, and whether it ends its row."""
        p, new, take = self.p, self.i.payload, self.i.valid & self.i.ready

        def size(elements, of):
            return (elements << of.size)[: p.run_width]

        whole = Signal(p.run_width, reset_less=True)  # bytes of a row, or of an element
        with m.If(take):
            m.d.sync += whole.eq(size(Mux(new.rows | new.turn, new.count0, 1), new))
        always = box.fill if p.fill else Const(0, 1)
        if not p.padding:
            return whole, always, Const(1, 1)

        high = [Signal(COUNT_WIDTH, name=f"high{d}", reset_less=True) for d in range(p.dims)]
        out = [Signal(name=f"outside{d}") for d in range(p.dims)]
        for d in range(p.dims):
            with m.If(take):
                m.d.sync += high[d].eq(new[f"count{d}"] - new[f"before{d}"])
            m.d.comb += out[d].eq((left[d] >= high[d]) | (left[d] < box[f"after{d}"]))
        beyond = Signal()  # the whole row is
        m.d.comb += beyond.eq(Cat(out[1:]).any())

        # A row inside: before, middle, after; empty parts are left out.
        middle = Signal(COUNT_WIDTH, reset_less=True)
        with m.If(take):
            m.d.sync += middle.eq(new.count0 - new.before0 - new.after0)
        # parts of this row that are done: before; before and middle
        begun = Signal()
        passed = Signal()
        at_before = Signal()
        at_middle = Signal()
        split = Signal(reset_less=True)
        with m.If(take):
            m.d.sync += split.eq(new.rows & ((new.before0 != 0) | (new.after0 != 0)))
        m.d.comb += [
            at_before.eq(~begun & (box.before0 != 0)),
            at_middle.eq(~at_before & ~passed & (middle != 0)),
        ]
        ends = Signal()
        with m.If(beyond | ~split):
            m.d.comb += ends.eq(1)
        with m.Elif(at_before):
            m.d.comb += ends.eq((middle == 0) & (box.after0 == 0))
        with m.Elif(at_middle):
            m.d.comb += ends.eq(box.after0 == 0)
        with m.Else():
            m.d.comb += ends.eq(1)
        with m.If(advance):
            m.d.sync += [begun.eq(~ends), passed.eq(~ends & ~at_before)]
        with m.If(take):
            m.d.sync += [begun.eq(0), passed.eq(0)]

        length = Signal(p.run_width)
        fill = Signal()
        part = Signal(COUNT_WIDTH)
        m.d.comb += part.eq(Mux(at_before, box.before0, Mux(at_middle, middle, box.after0)))
        m.d.comb += length.eq(Mux(split & ~beyond, size(part, box), whole))
        inside0 = Mux(split, at_middle, box.rows | box.turn | ~out[0])
        m.d.comb += fill.eq(always | beyond | ~inside0)
        return length, fill, ends
