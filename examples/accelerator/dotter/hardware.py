"""The `dotter` accelerator: one dot product of two rows in DRAM at a time."""

from enum import IntEnum

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import Out
from pydantic import Field, model_validator

from systola.hw.accelerator.contract import Engine
from systola.hw.accelerator.shell import Shell
from systola.hw.bundle import Bundle
from systola.hw.bus.axi import Axi4
from systola.hw.bus.axi_mux import AxiMux
from systola.hw.component import ParameterError, Parameters, place
from systola.hw.sequence.fetch import DescriptorFetch, FetchError
from systola.hw.sequence.sequencer import Sequencer
from systola.hw.stream.loop_nest import LoopNest
from systola.hw.stream.packet import join

from .datapath import DotProduct

PITCH = 64
"""Bytes of which the address of a descriptor is a multiple."""
OUTSTANDING = 32
"""Maximum number of words that are requested and have not arrived."""
NEST = LoopNest.Parameters.check(loops=3, addresses=(("a", 32), ("b", 32)), count_width=32)
DESCRIPTOR = Bundle({"operands": NEST.nest, "y": 32})
"""Fields after the header of a descriptor: 12 words of 32 bits. The loops are, from the innermost: the words of a dot
product, the columns of Y, the rows of Y; `y` is the address of Y, row by row."""


class Error(IntEnum):
    """Cause of the end of an execution."""

    NONE = 0
    DESCRIPTOR = 1
    """a count of 0, or an address or stride that is not a multiple of a word"""
    BUS = 2
    """the bus responded with an error; the detail is its response code"""
    ABORTED = 15


class DotterEngine(Engine):
    """Executes the chain of descriptors that begins at `entry`. Ports: see :class:`.Engine`.

    A pass reads the words of a and b alternately and writes each sum as soon as it is complete; one write is in flight
    at a time. An error on the bus is reported after all earlier results have been written.
    """

    class Parameters(Parameters):
        lanes: int = Field(
            8,
            ge=4,
            le=64,
            description="multipliers, and bytes of a word",
            json_schema_extra={"legal": "a power of two from 4 to 64"},
        )

        @model_validator(mode="after")
        def _power_of_two(self):
            if self.lanes & (self.lanes - 1):
                raise ParameterError(f"lanes={self.lanes}: lanes must be {self.legal('lanes')}.")
            return self

    NAME = "dotter"
    IDENTITY = 0xD077
    SIZES = {"lanes": 8}
    COUNTERS = {
        "cycles": "cycles from start to end",
        "products": "cycles in which a word of a was multiplied by a word of b",
        "lost_descriptor": "cycles without products: no descriptor had arrived",
        "lost_operands": "cycles without products: operands had not arrived",
        "lost_results": "cycles without products: a result was being written",
        "read_beats": "beats read from the bus",
        "write_beats": "beats written to the bus",
        "descriptors": "descriptors executed",
    }
    CYCLE_CAUSES = ("products", "lost_descriptor", "lost_operands", "lost_results")
    BUSY = ("descriptor", "operands", "results")
    PENDING = ("reads", "writes")
    ERRORS = Error
    ENTRY_ALIGN = PITCH

    @classmethod
    def members(cls, p):
        return {"m_axi": Out(Axi4(32, 8 * p.lanes)), **cls.control()}

    def elaborate(self, platform):
        m = Module()
        width = 8 * self.p.lanes
        fetch = place(m, platform, "fetch", DescriptorFetch, fields=DESCRIPTOR, data_width=width)
        sequencer = place(m, platform, "sequencer", Sequencer, fields=DESCRIPTOR, units=(("operands", NEST),))
        mux = place(m, platform, "mux", AxiMux, masters=2, data_width=width, writes=False)
        product = place(m, platform, "product", DotProduct, lanes=self.p.lanes)
        join(m, fetch.ar, mux.s0_axi.ar)
        join(m, mux.s0_axi.r, fetch.r)
        join(m, mux.m_axi.ar, self.m_axi.ar)
        join(m, self.m_axi.r, mux.m_axi.r)

        fields, legal, started = fetch.o.payload.fields, Signal(), Signal()
        m.d.comb += [
            legal.eq(self._legal(fields)),
            fetch.start.payload.eq(self.entry),
            fetch.start.valid.eq(self.go & ~started),
            fetch.stop.eq(self.stop),
            fetch.o.ready.eq(sequencer.descriptor.ready | self.stop),
            sequencer.descriptor.payload.eq(fetch.o.payload),
            sequencer.descriptor.valid.eq(fetch.o.valid & legal),
            sequencer.stop.eq(self.stop),
        ]
        with m.If(fetch.start.valid & fetch.start.ready):
            m.d.sync += started.eq(1)
        with m.If(sequencer.done):
            m.d.sync += [self.halted.eq(fetch.o.payload.last), self.pc.eq(self.pc + ~fetch.o.payload.last)]

        reads, pair = self._read(m, sequencer.operands, mux.s1_axi, product)
        writing = self._write(m, sequencer, product.o)
        self._report(m, fetch, sequencer, product.o, legal, writing)
        m.d.comb += [
            self.idle.eq(~fetch.busy & ~reads & ~writing),
            self.pending.reads.eq(fetch.busy | reads),
            self.pending.writes.eq(writing),
            self.busy.descriptor.eq(~sequencer.busy),
            self.busy.operands.eq(reads),
            self.busy.results.eq(writing),
        ]
        stalled = writing & (~product.i.ready | ~reads)
        events = {
            "products": pair,
            "lost_descriptor": ~sequencer.busy,
            "lost_operands": sequencer.busy & ~pair & ~stalled,
            "lost_results": sequencer.busy & ~pair & stalled,
            "read_beats": self.m_axi.r.valid & self.m_axi.r.ready,
            "write_beats": self.m_axi.w.valid & self.m_axi.w.ready,
            "descriptors": sequencer.done,
        }
        m.d.comb += [self.events[name].eq(value) for name, value in events.items()]
        return m

    def _legal(self, fields):
        """Whether a descriptor can be executed."""
        nest, low = fields.operands, self.p.lanes.bit_length() - 1
        operands = [nest[name] for name, _ in DESCRIPTOR["operands"].shape if not name.startswith("count")]
        aligned = ~Cat(each.as_unsigned()[:low] for each in operands).any() & ~fields.y[:2].any()
        return aligned & Cat(nest[f"count{d}"] != 0 for d in range(NEST.loops)).all()

    def _read(self, m, nest, bus, product):
        """Request the words of a and b alternately, and pass them to the datapath.

        Returns whether reads are in flight, and whether a pair is complete.
        """
        m.submodules.order = order = SyncFIFOBuffered(width=3, depth=OUTSTANDING)  # what each word is
        second, issue, ended = Signal(), Signal(), nest.payload.ended
        word = product.i.payload
        m.d.comb += [
            issue.eq(nest.valid & order.w_rdy & (~bus.ar.valid | bus.ar.ready) & ~self.stop),
            nest.ready.eq(issue & second),
            order.w_en.eq(issue),
            order.w_data.eq(Cat(second, second & ended[0], second & ended.all())),
            bus.ar.payload.size.eq(self.p.lanes.bit_length() - 1),
            bus.ar.payload.burst.eq(1),
            word.data.eq(bus.r.payload.data),
            word.resp.eq(bus.r.payload.resp),
            Cat(word.second, word.last, word.final).eq(order.r_data),
            product.i.valid.eq(bus.r.valid & order.r_rdy & ~self.stop),
            bus.r.ready.eq(order.r_rdy & (product.i.ready | self.stop)),
            order.r_en.eq(bus.r.valid & bus.r.ready),
        ]
        with m.If(bus.ar.ready):
            m.d.sync += bus.ar.valid.eq(0)
        with m.If(issue):
            m.d.sync += [bus.ar.valid.eq(1), second.eq(~second)]
            m.d.sync += bus.ar.payload.addr.eq(Mux(second, nest.payload.b, nest.payload.a))
        return order.level != 0, product.i.valid & product.i.ready & word.second

    def _write(self, m, sequencer, result):
        """Write each result; the response to the final one ends the pass. Returns whether a write is in flight."""
        aw, w, b = self.m_axi.aw, self.m_axi.w, self.m_axi.b
        y, writing, final = Signal(32), Signal(), Signal()
        begin = Signal()
        m.d.comb += [
            begin.eq(result.valid & (result.payload.resp == 0) & ~writing & ~self.stop),
            result.ready.eq(begin),
            aw.payload.addr.eq(y),
            aw.payload.size.eq(2),
            aw.payload.burst.eq(1),
            w.payload.last.eq(1),
            w.payload.strb.eq(0xF << y[: self.p.lanes.bit_length() - 1]),
            b.ready.eq(1),
            sequencer.done.eq(b.valid & final & (b.payload.resp == 0)),
        ]
        for channel in (aw, w):
            with m.If(channel.ready):
                m.d.sync += channel.valid.eq(0)
        with m.If(begin):
            m.d.sync += [aw.valid.eq(1), w.valid.eq(1), writing.eq(1), final.eq(result.payload.final)]
            m.d.sync += w.payload.data.eq(result.payload.sum.as_unsigned().replicate(self.p.lanes // 4))
        with m.If(b.valid):
            m.d.sync += [writing.eq(0), y.eq(y + 4)]
        with m.If(sequencer.start):
            m.d.sync += y.eq(sequencer.fields.y)
        return writing

    def _report(self, m, fetch, sequencer, result, legal, writing):
        """Report faults in the order of the descriptors; that of a prefetched descriptor waits for the current pass."""
        fault, broken = self.fault, Signal(2)  # broken: 0, or a FetchError
        response, between = self.m_axi.b, ~sequencer.busy
        m.d.comb += [fault.pc.eq(self.pc), fault.code.eq(Error.BUS)]
        with m.If(fetch.fault.valid):
            m.d.sync += broken.eq(fetch.fault.payload.code)
        with m.If(response.valid & (response.payload.resp != 0)):
            m.d.comb += [fault.valid.eq(1), fault.detail.eq(response.payload.resp)]
        with m.Elif(result.valid & (result.payload.resp != 0) & ~writing):
            m.d.comb += [fault.valid.eq(1), fault.detail.eq(result.payload.resp)]
        with m.Elif(between & fetch.o.valid & ~legal):
            m.d.comb += [fault.valid.eq(1), fault.code.eq(Error.DESCRIPTOR)]
        with m.Elif(between & ~fetch.o.valid & (broken != 0)):
            m.d.comb += [fault.valid.eq(1), fault.detail.eq(broken)]
            with m.If(broken == FetchError.ALIGNMENT):
                m.d.comb += [fault.code.eq(Error.DESCRIPTOR), fault.detail.eq(0)]


class Dotter(Shell):
    """Y = A @ B of int8, exact in int32, as dot products: `lanes` products for each pair of words.

    `control.start` executes the chain of descriptors at `entry.address`. A descriptor has a header (bit 0: last; from
    bit 6 on: the address of the next one) and a loop nest of three loops: words of a dot product, columns of Y, rows of
    Y, with the address of a word of a and of b in each iteration. Nothing is kept on chip, so that each pair of words
    is read from memory: the machine reaches half its peak, as its bus delivers one word per cycle.

    Latency: 2 cycles from the last word to a sum. Initiation interval 2 per pair of words. Back-pressure: all channels.
    Area: `lanes` multipliers of 8 bits, a loop nest of three loops, two descriptors.

    Source: S. Williams, A. Waterman and D. Patterson, Roofline: an insightful visual performance model for multicore
    architectures, Communications of the ACM 52(4), 2009.
    """

    engine = DotterEngine
    latency = 2

    @property
    def peak(self) -> int:
        return self.p.lanes
