"""Byte aligner: moves bytes from their lanes in source words to their lanes in target words."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component
from .burst_splitter import beats
from .descriptor import DmaParameters


def move(p: DmaParameters) -> Bundle:
    """Move: `bytes` that begin at byte `source` of their first source word, and at byte `target` of target word `addr`.

    `beat`: address of the first source word, for errors. `fill`: there is no source, each byte is the byte of `value`
    in its lane. `keep`: the next move uses the same source word. `last`: the descriptor's last move.
    """
    fields = {"beat": p.addr_width - p.lanes, "source": p.lanes, "target": p.lanes}
    fields |= {"addr": p.local_width - p.lanes, "bytes": p.run_width, "last": 1}
    if p.values:
        fields |= {"fill": 1, "value": p.data_width}
    if p.scatter:
        fields["keep"] = 1
    return Bundle(fields)


def word(p: DmaParameters) -> Bundle:
    """Source word with its bus response (0 from a memory)."""
    return Bundle({"data": p.data_width, "resp": 2})


def aligned(p: DmaParameters) -> Bundle:
    """Target word: `strobe` marks the bytes that are written; `last`: the descriptor's last."""
    fields = {"addr": p.local_width - p.lanes, "data": p.data_width, "strobe": p.bytes, "last": 1}
    return Bundle(fields)


class ByteAligner(Component):
    """Byte aligner: converts moves, and the source words of each in order, to target words.

    Every source word is rotated by (target - source) mod W bytes, W the bytes of a word. A target word then takes its
    low lanes from the previous source word and the others from the current one. A move of n bytes takes one cycle per
    target word it touches, plus one where source > target and it touches more than one source word.

    `failed`, `decerr` and `beat` report the first source word with an error since the descriptor's first: valid while
    `o` holds the descriptor's last word.

    Latency 2 from a move to its first target word, 1 from a source word to the target word that it completes.
    Initiation interval 1 per word. Back-pressure: `i.ready` and `move.ready` follow `o.ready` combinationally, and
    `move.ready` also `i.valid`. Area: a rotator (data_width x log2 W multiplexers), a word of registers on each side of
    the merge.
    """

    Parameters = DmaParameters

    @staticmethod
    def members(p):
        return {
            "move": In(stream.Signature(move(p))),
            "i": In(stream.Signature(word(p))),
            "o": Out(stream.Signature(aligned(p))),
            "failed": Out(1),
            "decerr": Out(1),
            "beat": Out(p.addr_width - p.lanes),
        }

    def elaborate(self, platform):
        m = Module()
        p, new, out = self.p, self.move.payload, self.o.payload
        width = p.run_width - p.lanes + 1
        busy = Signal()
        last = Signal(reset_less=True)
        early = Signal(reset_less=True)
        # Remaining words
        sources = Signal(width, reset_less=True)
        targets = Signal(width, reset_less=True)
        turn = Signal(p.lanes, reset_less=True)
        fresh = Signal(p.bytes, reset_less=True)  # lanes taken from the current source word
        # strobes of the first and last target word
        head = Signal(p.bytes, reset_less=True)
        tail = Signal(p.bytes, reset_less=True)
        addr = Signal(out.addr.shape(), reset_less=True)
        source_beat = Signal(self.beat.shape(), reset_less=True)
        value = Signal(p.data_width, reset_less=True)
        fill = Signal(reset_less=True)
        keep = Signal(reset_less=True)

        # sources != 0; targets == 1
        needs = Signal(reset_less=True)
        ends = Signal(reset_less=True)
        free = Signal()
        go = Signal()
        closing = Signal()
        last_written = Signal()
        m.d.comb += [
            free.eq(~self.o.valid | self.o.ready),
            last_written.eq(self.o.valid & self.o.ready & out.last),
            go.eq(busy & free & (~needs | self.i.valid)),
            closing.eq(ends & ~early),
            self.i.ready.eq(busy & free & needs & ~keep),
            self.move.ready.eq(~busy | go & closing),
        ]

        ones = Const((1 << p.bytes) - 1)

        # Data path
        lanes = [self.i.payload.data.word_select(n, 8) for n in range(p.bytes)]
        for level in range(p.lanes):
            step = 1 << level
            turned = [Signal(8, name=f"turn{step}_{n}") for n in range(p.bytes)]
            for n in range(p.bytes):
                m.d.comb += turned[n].eq(Mux(turn[level], lanes[n - step], lanes[n]))
            lanes = turned
        previous = Signal(p.data_width, reset_less=True)
        merged = [Mux(fresh[n], lanes[n], previous.word_select(n, 8)) for n in range(p.bytes)]
        if p.values:
            merged = [Mux(fill, value.word_select(n, 8), lane) for n, lane in enumerate(merged)]
        with m.If(go):
            with m.If(needs):
                m.d.sync += previous.eq(Cat(lanes))
            m.d.sync += early.eq(0)
            with m.If(needs & ~keep):
                m.d.sync += [sources.eq(sources - 1), needs.eq(sources != 1), source_beat.eq(source_beat + 1)]
            with m.If(~early):
                m.d.sync += [targets.eq(targets - 1), ends.eq(targets == 2), addr.eq(addr + 1), head.eq(ones)]
                m.d.sync += [
                    out.data.eq(Cat(merged)),
                    out.strobe.eq(head & Mux(closing, tail, ones)),
                    out.addr.eq(addr),
                    out.last.eq(last & closing),
                ]
        with m.If(free):
            m.d.sync += self.o.valid.eq(go & ~early)

        # Acceptance of the next move
        whole = Signal()  # one source word contains all bytes
        backward = Signal()
        moved = Signal(range(2 * p.bytes))
        m.d.comb += [
            whole.eq(new.source + new.bytes <= p.bytes),
            backward.eq(new.source > new.target),
            moved.eq(new.target + new.bytes[: p.lanes] + (p.bytes - 1)),  # its low bits: the last byte's lane
        ]
        with m.If(go & closing):
            m.d.sync += busy.eq(0)
        with m.If(self.move.valid & self.move.ready):
            m.d.sync += [
                busy.eq(1),
                last.eq(new.last),
                sources.eq(beats(new.source, new.bytes, p)),
                needs.eq(1),
                targets.eq(beats(new.target, new.bytes, p)),
                ends.eq(beats(new.target, new.bytes, p) == 1),
                turn.eq(new.target - new.source),
                fresh.eq(Mux(backward & whole, ones, ones << (new.target - new.source)[: p.lanes])),
                early.eq(backward & ~whole),
                head.eq(ones << new.target),
                tail.eq(ones >> ~moved[: p.lanes]),
                addr.eq(new.addr),
                source_beat.eq(new.beat),
            ]
            if p.values:
                m.d.sync += [value.eq(new.value), fill.eq(new.fill)]
                with m.If(new.fill):
                    m.d.sync += [needs.eq(0), early.eq(0)]
            if p.scatter:
                m.d.sync += keep.eq(new.keep)

        # Errors: the first one of a descriptor is kept. No further word is processed while its last one waits: `free`.
        bad = Signal()
        m.d.comb += bad.eq(go & needs & self.i.payload.resp[1])
        with m.If(last_written):
            m.d.sync += self.failed.eq(0)
        with m.If(bad):
            m.d.sync += self.failed.eq(1)
            with m.If(~self.failed | last_written):
                m.d.sync += [self.beat.eq(source_beat), self.decerr.eq(self.i.payload.resp[0])]
        return m
