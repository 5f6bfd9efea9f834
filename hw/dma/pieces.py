"""Piece generator: the loops of a descriptor, a box of up to four dimensions."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..component import Component, place
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .descriptor import COUNT_WIDTH, DmaParameters, checked, piece


class PieceGenerator(Component):
    """Piece generator: a checked descriptor as pieces, dimension 0 innermost.

    A :class:`.LoopNest` does not suffice: the innermost loop advances by a piece of a row, whose length changes within
    the row; each loop also tracks whether it is in the padding; addresses are unsigned, modulo each memory's width.

    A piece is a whole row where the elements of dimension 0 are contiguous, otherwise one element. With padding a row
    has up to three pieces: before, inside, after.

    Latency 2 from descriptor to first piece, initiation interval 1 per piece. Back-pressure: no combinational path
    from `o.ready` to `i.ready`. Area: two strides, two addresses and a counter per dimension; one adder per side.
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

        bus, local = registers("bus", p.addr_width), registers("local", p.local_width)  # current addresses
        remaining = registers("remaining", COUNT_WIDTH)  # further steps of dimension d
        limit = registers("limit", COUNT_WIDTH)
        busy = Signal()
        advance = Signal()
        finished = Signal()
        spill = place(m, platform, "spill", StreamSpill, payload=piece(p))
        m.d.comb += [advance.eq(busy & spill.i.ready), self.i.ready.eq(~busy | advance & finished)]

        if p.padding:
            outside, first = registers("outside", 1), registers("first_outside", 1)  # in the padding; at its first step
            beyond = registers("beyond", COUNT_WIDTH)  # with this many further steps or more, not yet inside
        else:
            outside = None
        length, fill, row_ends = self._row(m, box, outside, advance)
        ended, single = registers("ended", 1), registers("single", 1)  # at its last step; has only one
        ends = [ended[0] & row_ends, *ended[1:]]
        m.d.comb += finished.eq(Cat(ends).all())

        # The innermost dimension that has not ended advances; the dimensions inside it restart from its new address.
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
                m.d.sync += remaining[d].eq(Mux(ended[d], limit[d], remaining[d] - 1))
                m.d.sync += ended[d].eq(Mux(ended[d], single[d], remaining[d] == 1))
                if p.padding:
                    then = (remaining[d] > beyond[d]) | (remaining[d] <= box[f"after{d}"])
                    m.d.sync += outside[d].eq(Mux(ended[d], first[d], then))
            within = within & ends[d]

        with m.If(advance & finished):
            m.d.sync += busy.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [busy.eq(1), box.eq(new)]
            for d in dims:
                m.d.sync += [bus[d].eq(new.bus_addr), local[d].eq(new.local_addr)]
                m.d.sync += [remaining[d].eq(new[f"count{d}"] - 1), limit[d].eq(new[f"count{d}"] - 1)]
                one = new[f"count{d}"] == 1
                if d == 0:  # a row is one step
                    one = one | new.rows | new.turn
                m.d.sync += [ended[d].eq(one), single[d].eq(one)]
                if p.padding:
                    before, after = new[f"before{d}"], new[f"after{d}"]
                    out_first = (before != 0) | (after >= new[f"count{d}"])
                    m.d.sync += [outside[d].eq(out_first), first[d].eq(out_first)]
                    m.d.sync += beyond[d].eq(new[f"count{d}"] - before)

        out = spill.i.payload
        m.d.comb += [out.bus.eq(bus[0]), out.local.eq(local[0]), out.bytes.eq(length), out.last.eq(finished)]
        if p.values:
            m.d.comb += [out.fill.eq(fill), out.value.eq(box.value)]
        if p.scatter:
            m.d.comb += [out.turn.eq(box.turn), out.step.eq(box.local_stride0), out.size.eq(box.size)]
        m.d.comb += spill.i.valid.eq(busy)
        join(m, spill.o, self.o)
        return m

    def _row(self, m, box, outside, advance):
        """Return the length of the current piece, whether it has no source, and whether it ends its row."""
        p, new, accepted = self.p, self.i.payload, self.i.valid & self.i.ready

        def size(elements):
            return (elements << new.size)[: p.run_width]

        def kept(name, value, width=1):
            """Register a value that is constant for a descriptor."""
            signal = Signal(width, name=name, reset_less=True)
            with m.If(accepted):
                m.d.sync += signal.eq(value)
            return signal

        whole = kept("whole", size(Mux(new.rows | new.turn, new.count0, 1)), p.run_width)  # a row, or an element
        always = box.fill if p.fill else Const(0, 1)
        if not p.padding:
            return whole, always, Const(1, 1)

        # A row inside: before, middle, after; empty parts are skipped.
        middle = new.count0 - new.before0 - new.after0
        parts = {"before": new.before0, "middle": middle, "after": new.after0}
        bytes_of = {name: kept(f"{name}_bytes", size(part[:COUNT_WIDTH]), p.run_width) for name, part in parts.items()}
        has_before, has_middle, has_after = (part != 0 for part in parts.values())
        is_split = new.rows & (has_before | has_after)
        split, more, rest = kept("split", is_split), kept("has_middle", has_middle), kept("has_after", has_after)
        state = {  # of the current piece, and its value at the start of a row
            "at_before": has_before,
            "at_middle": ~has_before & has_middle,
            "part_ends": ~is_split | Mux(has_before, ~has_middle & ~has_after, ~has_middle | ~has_after),
        }
        first = {name: kept(f"first_{name}", value) for name, value in state.items()}
        at_before = Signal()
        at_middle = Signal()
        part_ends = Signal()
        beyond = Signal()  # the whole row is outside
        row_ends = Signal()
        m.d.comb += [beyond.eq(Cat(outside[1:]).any()), row_ends.eq(beyond | part_ends)]
        with m.If(advance & row_ends):
            m.d.sync += [
                at_before.eq(first["at_before"]),
                at_middle.eq(first["at_middle"]),
                part_ends.eq(first["part_ends"]),
            ]
        with m.Elif(advance):
            m.d.sync += [
                at_before.eq(0),
                at_middle.eq(at_before & more),
                part_ends.eq(~(at_before & more) | ~rest),
            ]
        with m.If(accepted):
            m.d.sync += [
                at_before.eq(state["at_before"]),
                at_middle.eq(state["at_middle"]),
                part_ends.eq(state["part_ends"]),
            ]

        length = Signal(p.run_width)
        fill = Signal()
        part = Mux(at_before, bytes_of["before"], Mux(at_middle, bytes_of["middle"], bytes_of["after"]))
        inside = Mux(split, at_middle, box.rows | box.turn | ~outside[0])
        m.d.comb += [length.eq(Mux(split & ~beyond, part, whole)), fill.eq(always | beyond | ~inside)]
        return length, fill, row_ends
