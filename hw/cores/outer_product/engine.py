"""Engine of the `outer_product` accelerator: descriptors, operands and results over one bus."""

from enum import IntEnum

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.wiring import Out
from pydantic import Field

from ...accelerator.contract import Engine
from ...bus.axi import Axi4
from ...component import Parameters, place
from .datapath import SETTLE, Datapath
from .descriptor import BEATS, BYTES, DESCRIPTOR, LOW, WORDS


class OuterProductError(IntEnum):
    """Error that ends an execution."""

    NONE = 0
    DESCRIPTOR = 1
    """a descriptor whose depth is 0 or too large, whose rows are 0, or with an address that is not aligned"""
    BUS = 2
    """the bus responded with an error, which is the detail"""
    ABORTED = 15


class OuterProductEngine(Engine):
    """Engine of `outer_product`: executes the chain of descriptors that begins at `entry`. Ports: see :class:`.Engine`.

    States: fetch a descriptor; load the panel of W; then for each block of rows multiply, write the block of Y, and
    wait for the response. `stop` and faults end the execution after the burst in flight.
    """

    class Parameters(Parameters):
        depth: int = Field(
            512,
            ge=BEATS,
            le=8192,
            multiple_of=BEATS,
            description="longest sum: words of W on chip",
            json_schema_extra={"legal": f"a multiple of {BEATS} from {BEATS} to 8192"},
        )

    NAME = "outer_product"
    IDENTITY = 0x4F50
    SIZES = {"depth": 16}
    COUNTERS = {
        "cycles": "cycles from start to end",
        "columns": "cycles in which a column of A was multiplied by a row of W",
        "lost_descriptor": "cycles without a column: a descriptor was fetched and checked",
        "lost_weights": "cycles without a column: the panel of W was loaded",
        "lost_activations": "cycles without a column: A had not arrived",
        "lost_results": "cycles without a column: sums settled and were written",
        "read_beats": "beats read from the bus",
        "write_beats": "beats written to the bus",
        "descriptors": "descriptors executed",
    }
    CYCLE_CAUSES = ("columns", "lost_descriptor", "lost_weights", "lost_activations", "lost_results")
    BUSY = ("descriptor", "weights", "activations", "results")
    PENDING = ("reads", "writes")
    ERRORS = OuterProductError
    ENTRY_ALIGN = BYTES

    @classmethod
    def members(cls, p):
        return {"m_axi": Out(Axi4(32, 32)), **cls.control()}

    def elaborate(self, platform):
        m = Module()
        depth, bus = self.p.depth, self.m_axi
        datapath = place(m, platform, "datapath", Datapath, depth=depth)
        descriptor = Signal(DESCRIPTOR)
        at = Signal(range(depth))  # index of the next word
        panel_blocks = Signal(range(depth // BEATS + 1))  # blocks of a panel
        rows, written = Signal(16), Signal(32 - LOW)
        r_ready, word, last = Signal(), Signal(), Signal()
        block_end = at[: BEATS.bit_length() - 1].all()
        m.d.comb += [
            word.eq(bus.r.valid & r_ready),
            last.eq(block_end & ((at >> (BEATS.bit_length() - 1)) == panel_blocks - 1)),
            bus.r.ready.eq(r_ready),
            bus.aw.payload.addr.eq(written << LOW),
            bus.w.payload.strb.eq(-1),
            *(each.payload.len.eq(BEATS - 1) for each in (bus.ar, bus.aw)),
            *(each.payload.size.eq(2) for each in (bus.ar, bus.aw)),
            *(each.payload.burst.eq(1) for each in (bus.ar, bus.aw)),
            datapath.at.eq(at),
            datapath.word.eq(bus.r.payload.data),
        ]
        next_block = Signal(32 - LOW)  # the block that is requested next
        blocks_left = Signal.like(panel_blocks)  # remaining requests from there on
        reads_idle = self._requests(m, next_block, blocks_left, word)
        response = bus.b.valid & bus.b.ready & (bus.b.payload.resp != 0)

        legal = Signal()
        addresses = Cat(descriptor[name] for name in ("a", "w", "y", "next"))
        aligned = ~Cat(addresses.word_select(n, 32)[:LOW] for n in range(4)).any()
        m.d.comb += legal.eq(
            (descriptor.depth != 0) & (descriptor.depth <= depth // BEATS) & (descriptor.rows != 0) & aligned
        )
        failed = Signal()
        m.d.comb += [
            failed.eq(word & (bus.r.payload.resp != 0)),
            self.fault.pc.eq(self.pc),
            self.fault.code.eq(OuterProductError.BUS),
            self.fault.detail.eq(Mux(response, bus.b.payload.resp, bus.r.payload.resp)),
            self.fault.valid.eq(failed | response),
        ]
        with m.If(word):
            m.d.sync += at.eq(Mux(last, 0, at + 1))
        busy = {name: Signal(name=f"busy_{name}") for name in self.BUSY}
        number, final, settle_cycles = Signal(range(BEATS)), Signal(), Signal(range(SETTLE))
        m.d.comb += final.eq(number == BEATS - 1)
        m.d.comb += bus.w.payload.data.eq(datapath.sums[number])
        with m.FSM() as fsm:
            with m.State("idle"):
                with m.If(self.go):
                    m.d.sync += [next_block.eq(self.entry[LOW:]), blocks_left.eq(1), panel_blocks.eq(1)]
                    m.next = "descriptor"
            with m.State("descriptor"):
                m.d.comb += [r_ready.eq(1), busy["descriptor"].eq(1)]
                with m.If(word), m.Switch(at):
                    for n in range(WORDS):
                        with m.Case(n):
                            m.d.sync += descriptor.as_value()[32 * n : 32 * n + 32].eq(bus.r.payload.data)
                with m.If(word & last):
                    m.next = "check"
                with m.If(self.stop | failed):
                    m.next = "stopped"
            with m.State("check"):
                m.d.comb += busy["descriptor"].eq(1)
                m.d.sync += [
                    rows.eq(descriptor.rows),
                    written.eq(descriptor.y[LOW:]),
                    panel_blocks.eq(descriptor.depth),
                ]
                with m.If(legal):
                    m.d.sync += [next_block.eq(descriptor.w[LOW:]), blocks_left.eq(descriptor.depth)]
                    m.next = "weights"
                with m.Else():
                    m.d.comb += [
                        self.fault.valid.eq(1),
                        self.fault.code.eq(OuterProductError.DESCRIPTOR),
                        self.fault.detail.eq(0),
                    ]
                    m.next = "stopped"
                with m.If(self.stop):
                    m.next = "stopped"
            with m.State("weights"):
                m.d.comb += [r_ready.eq(1), busy["weights"].eq(1), datapath.load.eq(word)]
                with m.If(word & last):
                    m.d.sync += [next_block.eq(descriptor.a[LOW:]), blocks_left.eq(panel_blocks)]
                    m.next = "multiply"
                with m.If(self.stop | failed):
                    m.next = "stopped"
            with m.State("multiply"):
                m.d.comb += [r_ready.eq(1), busy["activations"].eq(1), datapath.multiply.eq(word)]
                with m.If(word & last):
                    m.d.sync += settle_cycles.eq(SETTLE - 1)
                    m.next = "settle"
                with m.If(self.stop | failed):
                    m.next = "stopped"
            with m.State("settle"):
                m.d.comb += busy["results"].eq(1)
                m.d.sync += settle_cycles.eq(settle_cycles - 1)
                with m.If(settle_cycles == 0):
                    m.next = "address"
                with m.If(self.stop):
                    m.next = "stopped"
            with m.State("address"):
                aw_pending = Signal()
                m.d.comb += [bus.aw.valid.eq(~self.stop | aw_pending), busy["results"].eq(1)]
                m.d.sync += aw_pending.eq(bus.aw.valid & ~bus.aw.ready)
                with m.If(bus.aw.valid & bus.aw.ready):
                    m.d.sync += [written.eq(written + 1), rows.eq(rows - 1)]
                    m.next = "sums"
                with m.Elif(~bus.aw.valid):
                    m.next = "stopped"
            with m.State("sums"):
                m.d.comb += [bus.w.valid.eq(1), bus.w.payload.last.eq(final), busy["results"].eq(1)]
                with m.If(bus.w.ready):
                    m.d.sync += number.eq(number + 1)
                    with m.If(final):
                        m.d.comb += datapath.clear.eq(1)
                        m.next = "response"
            with m.State("response"):
                m.d.comb += [bus.b.ready.eq(1), busy["results"].eq(1)]
                with m.If(bus.b.valid):
                    with m.If(response | self.stop):
                        m.next = "stopped"
                    with m.Elif(rows != 0):
                        m.d.sync += blocks_left.eq(panel_blocks)  # from the end of the previous rows
                        m.next = "multiply"
                    with m.Elif(descriptor.next == 0):
                        m.next = "halted"
                    with m.Else():
                        m.d.sync += [
                            next_block.eq(descriptor.next[LOW:]),
                            blocks_left.eq(1),
                            panel_blocks.eq(1),
                            self.pc.eq(self.pc + 1),
                        ]
                        m.next = "descriptor"
            with m.State("halted"):
                m.d.comb += self.halted.eq(1)
            with m.State("stopped"):  # requested beats still arrive
                m.d.comb += r_ready.eq(1)
        inactive = fsm.ongoing("idle") | fsm.ongoing("halted") | fsm.ongoing("stopped")
        done = fsm.ongoing("response") & bus.b.valid & (rows == 0)
        m.d.comb += self.idle.eq(reads_idle & inactive)
        self._observe(m, busy, word, done, reads_idle)
        return m

    def _requests(self, m, next_block, blocks_left, word):
        """Issue read addresses, `blocks_left` blocks from block `next_block` on. Return whether nothing is in
        flight."""
        ar = self.m_axi.ar
        ar_pending = Signal()
        outstanding = Signal(range(BEATS * (self.p.depth // BEATS + 2)))  # beats that have not arrived
        accepted = ar.valid & ar.ready
        m.d.comb += [ar.valid.eq((blocks_left != 0) & (~self.stop | ar_pending)), ar.payload.addr.eq(next_block << LOW)]
        m.d.sync += [ar_pending.eq(ar.valid & ~ar.ready), outstanding.eq(outstanding + Mux(accepted, BEATS, 0) - word)]
        with m.If(accepted):
            m.d.sync += [next_block.eq(next_block + 1), blocks_left.eq(blocks_left - 1)]
        with m.If(self.stop & ~ar_pending):
            m.d.sync += blocks_left.eq(0)
        return (outstanding == 0) & ~ar.valid

    def _observe(self, m, busy, word, done, reads_idle):
        """Drive the counters, the timeline bits and the state readable by software."""
        bus = self.m_axi
        events = {
            "columns": busy["activations"] & word,
            "lost_activations": busy["activations"] & ~word,
            "lost_weights": busy["weights"],
            "lost_results": busy["results"],
            "lost_descriptor": ~(busy["activations"] | busy["weights"] | busy["results"]),
            "read_beats": bus.r.valid & bus.r.ready,
            "write_beats": bus.w.valid & bus.w.ready,
            "descriptors": done,
        }
        m.d.comb += [
            *(self.events[name].eq(value) for name, value in events.items()),
            *(self.busy[name].eq(value) for name, value in busy.items()),
            self.pending.reads.eq(~reads_idle),
            self.pending.writes.eq(busy["results"]),
        ]
