"""Matrix unit of a core: WEIGHTS and MATMUL read scratchpads, results go to accumulators."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ...accelerator.contract import FAULT
from ...bundle import Bundle, exact
from ...component import Component, place
from ...issue.command import COUNT, command_queue, commands, counts_nonzero, flag, settings
from ...issue.unit import address_generator, report_fault, within
from ...memory.access import Read, Request
from ...memory.reader import Reader
from ...stream.delay import Delay
from ...stream.packet import join
from .array_slot import BYTE, ArraySlot
from .isa import ISA, Error, Op, Setting
from .target_queue import TargetQueue

SETTLE = 4
"""Cycles from a row's arrival at the accumulators until a read returns it."""

STATE = Bundle({"row": 1, "weights": 1, "activations": 1, "fill": 1})
"""State of a cycle: a row entered the array, or the reason why none did. All low: there was no MATMUL."""


class MatmulParameters(ArraySlot):
    activation_words: int
    weight_words: int
    accumulators: int
    queue: int

    @property
    def row(self) -> Bundle:
        """Target of a row of results."""
        return Bundle({"addr": self.addr_width, "accumulate": 1, "release": 1, "end": 1})

    @property
    def addr_width(self) -> int:
        """Bits of a row of the accumulators."""
        return (self.accumulators - 1).bit_length()


class MatmulUnit(Component):
    """Matrix unit: WEIGHTS and MATMUL on a weight-stationary array, the matrix engine `array`.

    A word of a scratchpad has one byte per lane, of which the array uses as many low bits as a code has.

    `weights` and `matmul` receive commands from two queues, so that the next tile loads while the current one is in
    use. `act` and `wgt` read the scratchpads; `results` are rows for the accumulators, always accepted. `done`, for one
    cycle each: weights, matmul (its operands are read), array (its results are stored). `state` reports in every cycle
    why no row entered.

    Rows enter at one per cycle, from one MATMUL to the next without a bubble if tiles have `size` rows or more.
    Latency: 6 from a command to its first row, with a scratchpad of latency 3; the array's from row to result. Area:
    the array, two queues and address generators.
    """

    Parameters = MatmulParameters

    @staticmethod
    def members(p):
        act, wgt = ((words - 1).bit_length() for words in (p.activation_words, p.weight_words))
        result = {"data": p.size * 32, "addr": p.addr_width, "accumulate": 1}
        return {
            "weights": In(commands(ISA)),
            "matmul": In(commands(ISA)),
            "act_req": Out(stream.Signature(Request(act, 8 * p.size))),
            "act_rsp": In(stream.Signature(Read(8 * p.size))),
            "wgt_req": Out(stream.Signature(Request(wgt, 8 * p.size))),
            "wgt_rsp": In(stream.Signature(Read(8 * p.size))),
            "results": Out(stream.Signature(Bundle(result), always_ready=True)),
            "done": Out(Bundle(dict.fromkeys(("weights", "matmul", "array"), 1))),
            "state": Out(STATE),
            "fault": Out(FAULT),
        }

    def elaborate(self, platform):
        m = Module()
        array = place(m, platform, "array", self.p.kind, **self.p.engine)
        tiles = place(m, platform, "tiles", WeightReader, **dict(self.p))
        rows = place(m, platform, "rows", ActivationReader, **dict(self.p))
        join(m, self.weights, tiles.command)
        join(m, self.matmul, rows.command)
        join(m, tiles.req, self.wgt_req)
        join(m, self.wgt_rsp, tiles.rsp)
        join(m, rows.req, self.act_req)
        join(m, self.act_rsp, rows.rsp)

        m.d.comb += [
            array.w.valid.eq(tiles.o.valid),
            exact(array.w.payload.data.as_value(), codes(tiles.o.payload.data, self.p.bits(self.p.w_format))),
            tiles.o.ready.eq(array.w.ready),
            array.a.valid.eq(rows.o.valid),
            exact(array.a.payload.data.as_value(), codes(rows.o.payload.data, self.p.bits(self.p.a_format))),
            array.a.payload.last.eq(rows.o.payload.tag.release),
            rows.o.ready.eq(array.a.ready),
        ]

        # The target of a row only has to arrive with the row, unless the row may wait in the array.
        latency, width = self.p.fitted.latency, self.p.row.size
        row_target = Signal(self.p.row, reset_less=True)
        if self.p.fitted.elastic:
            destinations = place(m, platform, "destinations", TargetQueue, width=width, depth=latency + 1)
            m.d.comb += [destinations.write.eq(rows.o.valid & rows.o.ready), destinations.pop.eq(array.y.valid)]
            m.d.comb += exact(row_target.as_value(), destinations.o)
        else:
            destinations = place(m, platform, "destinations", Delay, width=width, cycles=latency - 1, style="memory")
            m.d.sync += exact(row_target.as_value(), destinations.o)
        m.d.comb += exact(destinations.i, rows.o.payload.tag.as_value())
        m.d.comb += [
            self.results.valid.eq(array.y.valid),
            exact(self.results.payload.data, array.y.payload.data.as_value()),
            self.results.payload.addr.eq(row_target.addr),
            self.results.payload.accumulate.eq(row_target.accumulate),
        ]

        entered = Signal()
        ended = Signal(SETTLE)
        m.d.comb += entered.eq(rows.o.valid & rows.o.ready)
        m.d.sync += ended.eq(Cat(array.y.valid & row_target.end, ended))
        m.d.comb += [
            self.done.weights.eq(tiles.done),
            self.done.matmul.eq(entered & rows.o.payload.tag.end),
            self.done.array.eq(ended[-1]),
            self.state.row.eq(entered),
            self.state.weights.eq(rows.o.valid & ~rows.o.ready),
        ]
        # Until the first row of a MATMUL that found the array empty arrives, the path from the scratchpad fills.
        flowing = Signal()
        m.d.sync += flowing.eq(rows.busy & (flowing | entered))
        m.d.comb += [
            self.state.activations.eq(rows.busy & ~rows.o.valid & flowing),
            self.state.fill.eq(rows.busy & ~rows.o.valid & ~flowing),
        ]
        m.d.comb += self.fault.eq(Mux(rows.fault.valid, rows.fault, tiles.fault))
        return m


def codes(word, bits: int):
    """Return the low `bits` of each byte of a word."""
    return word if bits == BYTE else Cat(word[low : low + bits] for low in range(0, len(word), BYTE))


class WeightReader(Component):
    """Weight reader of WEIGHTS: rows of weights from the scratchpad, `size` per tile, padded with rows of zeros."""

    Parameters = MatmulParameters

    @staticmethod
    def members(p):
        addr_width = (p.weight_words - 1).bit_length()
        return {
            "command": In(commands(ISA)),
            "req": Out(stream.Signature(Request(addr_width, 8 * p.size))),
            "rsp": In(stream.Signature(Read(8 * p.size))),
            "o": Out(stream.Signature(Bundle({"data": 8 * p.size}))),
            "done": Out(1),
            "fault": Out(FAULT),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        addr_width = (p.weight_words - 1).bit_length()
        width = addr_width + 2
        command = command_queue(m, platform, ISA, self.command, p.queue)
        get = settings(m, ISA, command, {Setting.WEIGHT_STRIDE: signed(width)})
        op = command.payload
        steps = [(op.b, get[Setting.WEIGHT_STRIDE])]
        generator, pc = address_generator(m, platform, command, op.op == Op.WEIGHTS, op.b != 0, op.a, steps, width)

        tag = Bundle({"end": 1})
        reader = place(m, platform, "reader", Reader, addr_width=addr_width, width=8 * p.size, tag=tag)
        inside = within(generator.o.payload.addr, p.weight_words)
        m.d.comb += [
            reader.i.valid.eq(generator.o.valid),
            reader.i.payload.addr.eq(generator.o.payload.addr),
            reader.i.payload.tag.end.eq(generator.o.payload.ended[0]),
            generator.o.ready.eq(reader.i.ready),
        ]
        join(m, reader.req, self.req)
        join(m, self.rsp, reader.rsp)

        row = Signal(range(p.size))
        padding = Signal()
        last = Signal()
        moves = Signal()
        m.d.comb += [
            last.eq(row == p.size - 1),
            self.o.valid.eq(reader.o.valid | padding),
            self.o.payload.data.eq(Mux(padding, 0, reader.o.payload.data)),
            reader.o.ready.eq(self.o.ready & ~padding),
            moves.eq(self.o.valid & self.o.ready),
            self.done.eq(moves & last),
        ]
        with m.If(moves):
            m.d.sync += [row.eq(row + 1), padding.eq((padding | reader.o.payload.tag.end) & ~last)]

        wrong = command.valid & (op.op == Op.WEIGHTS) & ((op.b == 0) | (op.b > p.size))
        report_fault(m, self.fault, {Error.OPERAND: (wrong, op.pc), Error.RANGE: (generator.o.valid & ~inside, pc)})
        return m


class ActivationReader(Component):
    """Activation reader of MATMUL: rows of activations, and the targets of results. `busy`: a MATMUL has rows left."""

    Parameters = MatmulParameters

    @staticmethod
    def members(p):
        addr_width = (p.activation_words - 1).bit_length()
        return {
            "command": In(commands(ISA)),
            "req": Out(stream.Signature(Request(addr_width, 8 * p.size))),
            "rsp": In(stream.Signature(Read(8 * p.size))),
            "o": Out(stream.Signature(Bundle({"data": 8 * p.size, "tag": p.row}))),
            "busy": Out(1),
            "fault": Out(FAULT),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        addr_width = (p.activation_words - 1).bit_length()
        width = addr_width + 2
        command = command_queue(m, platform, ISA, self.command, p.queue)
        counts = dict.fromkeys((Setting.COUNT_X, Setting.COUNT_Y), COUNT)
        legal = counts_nonzero(m, ISA, command, list(counts))
        strides = dict.fromkeys((Setting.STRIDE_X, Setting.STRIDE_Y), signed(width))
        get = settings(m, ISA, command, counts | strides)
        op = command.payload
        steps = [(get[Setting[f"COUNT_{d}"]], get[Setting[f"STRIDE_{d}"]]) for d in "XY"]
        generator, pc = address_generator(m, platform, command, op.op == Op.MATMUL, legal, op.a, steps, width)

        # Results go to consecutive rows.
        target = Signal(p.addr_width + 2, reset_less=True)
        kind = Signal(p.row, reset_less=True)
        started = Signal()
        m.d.comb += started.eq(command.valid & command.ready & (op.op == Op.MATMUL))
        with m.If(generator.o.valid & generator.o.ready):
            m.d.sync += target.eq(target + 1)
        with m.If(started):
            beyond = op.b[len(target) :].any()
            m.d.sync += [
                target.eq(Mux(beyond, ~0, op.b)),
                kind.accumulate.eq(flag(ISA, op, "accumulate") | (op.c != 0)),
                kind.release.eq(~flag(ISA, op, "keep")),
            ]

        reader = place(m, platform, "reader", Reader, addr_width=addr_width, width=8 * p.size, tag=p.row)
        tag = reader.i.payload.tag
        end = generator.o.payload.ended.all()
        m.d.comb += [
            reader.i.valid.eq(generator.o.valid),
            reader.i.payload.addr.eq(generator.o.payload.addr),
            tag.addr.eq(target),
            tag.accumulate.eq(kind.accumulate),
            tag.release.eq(kind.release & end),
            tag.end.eq(end),
            generator.o.ready.eq(reader.i.ready),
        ]
        join(m, reader.req, self.req)
        join(m, self.rsp, reader.rsp)
        join(m, reader.o, self.o)

        unread = Signal(4)  # MATMULs whose last row has not left
        ends = self.o.valid & self.o.ready & self.o.payload.tag.end
        m.d.sync += unread.eq(unread + started - ends)
        m.d.comb += self.busy.eq(unread != 0)

        wrong = command.valid & (op.op == Op.MATMUL) & ~legal
        inside = within(generator.o.payload.addr, p.activation_words) & within(target, p.accumulators)
        report_fault(m, self.fault, {Error.OPERAND: (wrong, op.pc), Error.RANGE: (generator.o.valid & ~inside, pc)})
        return m
