"""N:M sparsity at an array's edge: kept values are combined with their metadata, which is checked here."""

from amaranth.hdl import Cat, Module, Mux, Shape, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..stream.packet import Packet, lanes
from ..stream.register import StreamRegister

TILE_BITS = 16


class SparsityPattern(Parameters):
    """N:M pattern: of every m values n are kept."""

    n: int
    m: int

    def __str__(self):
        return f"{self.n}:{self.m}"

    @property
    def place_bits(self) -> int:
        """Bits of a place in a group."""
        return (self.m - 1).bit_length()

    @property
    def bits(self) -> int:
        """Bits of metadata of a group."""
        return self.n * self.place_bits

    def group(self, value: Shape) -> Bundle:
        """Return the layout of a group at the input of an array."""
        return Bundle({"values": Lanes(value, self.n), "places": Lanes(self.place_bits, self.n)})


class GroupDecoder(Component):
    """Group decoder: `o` is `values` with the places in `meta`, or zeros if the places are `illegal`: they do not
    ascend, or exceed m - 1.

    Latency 0. Area: n - 1 comparisons of places.
    """

    class Parameters(Parameters):
        pattern: SparsityPattern
        value: Shape

    @staticmethod
    def members(p):
        return {
            "values": In(Lanes(p.value, p.pattern.n)),
            "meta": In(p.pattern.bits),
            "o": Out(p.pattern.group(p.value)),
            "illegal": Out(1),
        }

    def elaborate(self, platform):
        m = Module()
        n, total = self.p.pattern.n, self.p.pattern.m
        places = self.o.places
        m.d.comb += places.as_value().eq(self.meta)
        wrong = [places[t] >= places[t + 1] for t in range(n - 1)]
        if total & (total - 1):
            wrong.append(places[n - 1] >= total)
        m.d.comb += [
            self.illegal.eq(Cat(wrong).any()),
            self.o.values.as_value().eq(Mux(self.illegal, 0, self.values.as_value())),
        ]
        return m


class SparseDecoder(Component):
    """Sparse decoder: groups for each of `cols` columns, from a stream of kept values and one of metadata words.

    A beat of `w` has n values per column, those of column c in lanes c * n to c * n + n - 1, and becomes a beat of `o`.
    A beat of `meta` has one word per column: its groups in turn, low end first, as many as fit completely. A tile ends
    with `last` or after `groups` beats and the next begins with a new word.

    A group with illegal places becomes zeros, and `bad` reports it in the cycle in which it passes: the number of its
    tile since reset modulo 2^16, the number of the group in the tile, and one bit per such column.

    Latency 1, initiation interval 1. Neither `ready` depends on an input but that of `o`. Area: per column the
    register of a beat of `w`, that of a word, and a :class:`GroupDecoder`.
    """

    class Parameters(Parameters):
        pattern: SparsityPattern
        value: Shape
        word: int
        cols: int
        groups: int

    unit = "group"
    latency = 1

    @property
    def peak(self) -> int:
        return self.p.cols

    @staticmethod
    def members(p):
        report = Bundle({"tile": TILE_BITS, "group": max(1, (p.groups - 1).bit_length()), "cols": p.cols})
        return {
            "w": In(lanes(p.value, p.cols * p.pattern.n)),
            "meta": In(stream.Signature(Lanes(p.word, p.cols))),
            "o": Out(stream.Signature(Packet(Lanes(p.pattern.group(p.value), p.cols)))),
            "bad": Out(stream.Signature(report, always_ready=True)),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        register = place(m, platform, "w_register", StreamRegister, payload=self.w.payload.shape())
        m.d.comb += [
            register.i.payload.eq(self.w.payload),
            register.i.valid.eq(self.w.valid),
            self.w.ready.eq(register.i.ready),
        ]
        values = register.o

        step = p.pattern.bits
        count = min(p.word // step, p.groups)  # groups used per word
        words = Signal(Lanes(count * step, p.cols), reset_less=True)
        remaining = Signal(range(count + 1))  # remaining groups in the words
        index = Signal(self.bad.payload.group.shape())
        tile = Signal(TILE_BITS)
        take = Signal()
        ends = Signal()
        m.d.comb += [
            self.o.valid.eq(values.valid & (remaining != 0)),
            values.ready.eq(self.o.ready & (remaining != 0)),
            take.eq(self.o.valid & self.o.ready),
            ends.eq(values.payload.last | (index == p.groups - 1)),
            self.meta.ready.eq((remaining == 0) | (take & ((remaining == 1) | ends))),
        ]
        with m.If(take):
            m.d.sync += [remaining.eq(remaining - 1), index.eq(index + 1)]
            m.d.sync += [words[c].eq(words[c] >> step) for c in range(p.cols)]
            with m.If(ends):
                m.d.sync += [index.eq(0), tile.eq(tile + 1)]
        with m.If(self.meta.ready):
            m.d.sync += remaining.eq(Mux(self.meta.valid, count, 0))
            m.d.sync += [words[c].eq(self.meta.payload[c]) for c in range(p.cols)]

        width = p.pattern.n * p.value.width
        illegal = Signal(p.cols)
        out = []
        for c in range(p.cols):
            decoder = place(
                m,
                platform,
                f"column{c}",
                GroupDecoder,
                {
                    "values": values.payload.data.as_value()[c * width : (c + 1) * width],
                    "meta": words[c][:step],
                    "illegal": illegal[c],
                },
                pattern=p.pattern,
                value=p.value,
            )
            out.append(decoder.o)
        m.d.comb += [
            self.o.payload.data.as_value().eq(Cat(out)),
            self.o.payload.last.eq(values.payload.last),
            self.bad.valid.eq(take & illegal.any()),
            self.bad.payload.as_value().eq(Cat(tile, index, illegal)),
        ]
        return m
