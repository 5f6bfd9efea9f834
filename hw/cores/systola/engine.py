"""Engine of the `systola` accelerator: issuer, DMA, scratchpads, array, accumulators, vector lanes."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import Out

from ...accelerator.contract import Engine
from ...bundle import exact
from ...bus.axi import Axi4
from ...bus.axi_mux import AxiMux
from ...component import place
from ...dma.load import Load
from ...dma.store import Store
from ...issue.fetch import InstructionFetch
from ...issue.issuer import Issuer
from ...memory.accumulator_bank import AccumulatorBank
from ...memory.scratchpad import Scratchpad
from ...memory.width_adapter import ReadDownsizer, WriteUpsizer
from ...stream.packet import join
from ...stream.skid import StreamSkid
from ...stream.spill import StreamSpill
from .isa import BUSY, ISA, Error
from .matmul_unit import MatmulUnit
from .parameters import SystolaParameters
from .transfer_unit import TransferUnit
from .vector_unit import VectorUnit

ACTIVATION_PORTS = ("array", "load", "store", "a", "b", "write")
WEIGHT_PORTS = ("array", "load", "constants")
"""Ports of the scratchpads. The array has port 0, which has priority: its lost cycles cannot be recovered."""
WEIGHT_BANKS = 2

COUNTERS = {
    "cycles": "cycles from start to halt",
    "rows": "cycles in which a row entered the array",
    "lost_instruction": "cycles without a row: no MATMUL was available",
    "lost_sync": "cycles without a row: the issuer waited in SYNC or HALT",
    "lost_weights": "cycles without a row: its tile was not loaded yet",
    "lost_activations": "cycles without a row: the scratchpad had not responded",
    "lost_fill": "cycles without a row: the path to the array filled, or the array emptied before a SYNC",
    "load": "cycles in which a LOAD was in progress",
    "store": "cycles in which a STORE was in progress",
    "vector": "cycles in which an element entered the vector lanes",
    "sync": "cycles of the issuer in SYNC or HALT",
    "read_beats": "beats read from the bus",
    "write_beats": "beats written to the bus",
    "instructions": "instructions issued",
}


class SystolaEngine(Engine):
    """Engine of `systola`: executes the program at `entry` while `go` is high; see :class:`.Engine` for its ports."""

    Parameters = SystolaParameters
    NAME = "systola"
    IDENTITY = 0x5359
    SIZES = {"size": 8, "bytes": 8}
    COUNTERS = COUNTERS
    CYCLE_CAUSES = ("rows", *(name for name in COUNTERS if name.startswith("lost_")))
    BUSY = BUSY
    PENDING = tuple(ISA.completions)
    ERRORS = Error
    ENTRY_ALIGN = 16

    @classmethod
    def members(cls, p):
        return {"m_axi": Out(Axi4(32, p.data_width)), **cls.control()}

    @classmethod
    def sizes(cls, p):
        return {"size": p.size, "bytes": p.data_width // 8}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        issuer = place(m, platform, "issuer", Issuer, isa=ISA)
        fetch = place(m, platform, "fetch", InstructionFetch, isa=ISA, depth=p.instructions, data_width=p.data_width)
        loads = place(m, platform, "loads", TransferUnit, dma=p.dma, store=False, queue=p.queue)
        stores = place(m, platform, "stores", TransferUnit, dma=p.stores, store=True, queue=p.queue)
        load = place(m, platform, "load", Load, **dict(p.dma))
        store = place(m, platform, "store", Store, **dict(p.stores))
        array = place(m, platform, "array", MatmulUnit, **dict(p.slot) | p.units)
        vector = place(
            m,
            platform,
            "vector",
            VectorUnit,
            activation=p.activation,
            rounding=p.rounding,
            table=p.table,
            **p.units,
        )
        units = (loads, stores, array, vector)

        m.d.comb += [
            issuer.go.eq(self.go),
            fetch.go.eq(self.go),
            fetch.address.eq(self.entry),
            *(getattr(fetch, name).eq(getattr(issuer, name)) for name in ("oldest", "index", "read")),
            *(
                getattr(issuer, name).eq(getattr(fetch, name))
                for name in ("filled", "word", "buffer_full", "bus_error")
            ),
            loads.stop.eq(self.stop),
            stores.stop.eq(self.stop),
            issuer.done.load.eq(loads.done),
            issuer.done.store.eq(stores.done),
            *(issuer.done[name].eq(array.done[name]) for name, _ in array.done.shape()),
            issuer.done.vector.eq(vector.done),
            self.halted.eq(issuer.halted),
            self.pc.eq(issuer.pc),
            self.idle.eq(loads.idle & stores.idle & fetch.idle),
        ]
        commands = {"load": loads.command, "store": stores.command, "vector": vector.command}
        for name, target in (commands | {"weights": array.weights, "matmul": array.matmul}).items():
            join(m, getattr(issuer, name), target)
        join(m, loads.box, load.i)
        join(m, stores.box, store.i)
        join(m, store.done, stores.ended)
        fault = issuer.fault
        for unit in units:
            fault = Mux(unit.fault.valid, unit.fault, fault)
        m.d.comb += self.fault.eq(fault)

        self._bus(m, platform, fetch, load, store)
        self._scratchpads(m, platform, array, vector, load, store, loads)
        sums = place(m, platform, "accumulators", AccumulatorBank, cols=p.size, in_width=32, rows=p.accumulators)
        m.d.comb += [
            sums.row.valid.eq(array.results.valid),
            sums.row.payload.addr.eq(array.results.payload.addr),
            sums.row.payload.accumulate.eq(array.results.payload.accumulate),
            exact(sums.row.payload.data.as_value(), array.results.payload.data),
            sums.read.valid.eq(vector.sums_req.valid),
            sums.read.payload.addr.eq(vector.sums_req.payload.addr),
            vector.sums_req.ready.eq(sums.read.ready),
            vector.sums_rsp.valid.eq(sums.out.valid),
            exact(vector.sums_rsp.payload.data, sums.out.payload.data.as_value()),
            sums.out.ready.eq(vector.sums_rsp.ready),
        ]
        self._observe(m, issuer, array, vector)
        return m

    def _observe(self, m, issuer, array, vector):
        """Drive the counters, the timeline bits and the state readable by software."""
        state, pending, waiting = array.state, issuer.pending, issuer.waiting
        array_idle = ~state.as_value().any()  # no MATMUL
        draining = array_idle & pending.array & waiting
        events = {
            "rows": state.row,
            "lost_instruction": array_idle & ~waiting,
            "lost_sync": array_idle & waiting & ~draining,
            "lost_weights": state.weights,
            "lost_activations": state.activations,
            "lost_fill": state.fill | draining,
            "load": pending.load,
            "store": pending.store,
            "vector": vector.busy,
            "sync": waiting,
            "read_beats": self.m_axi.r.valid & self.m_axi.r.ready,
            "write_beats": self.m_axi.w.valid & self.m_axi.w.ready,
            "instructions": issuer.issued,
        }
        busy = {name: pending[name] for name in ("load", "store", "array", "vector")}
        busy |= {"fetch": pending.weights | pending.matmul, "sync": waiting, "row": state.row}
        m.d.comb += [
            self.pending.eq(pending),
            *(self.events[name].eq(value) for name, value in events.items()),
            *(self.busy[name].eq(value) for name, value in busy.items()),
        ]

    def _bus(self, m, platform, fetch, load, store):
        fixed = {"priority": "fixed", "writes": False}
        reads = place(m, platform, "reads", AxiMux, masters=2, data_width=self.p.data_width, **fixed)
        for inner, master in ((reads.s0_axi, fetch), (reads.s1_axi, load)):
            join(m, master.ar, inner.ar)
            join(m, inner.r, master.r)
        join(m, reads.m_axi.ar, self.m_axi.ar)
        join(m, self.m_axi.r, reads.m_axi.r)
        join(m, store.aw, self.m_axi.aw)
        join(m, store.w, self.m_axi.w)
        join(m, self.m_axi.b, store.b)

    def _scratchpads(self, m, platform, array, vector, load, store, loads):
        p = self.p
        common = {"width": p.word, "counters": 0}
        activations = place(
            m,
            platform,
            "activations",
            Scratchpad,
            ports=len(ACTIVATION_PORTS),
            banks=p.banks,
            depth=p.activation_words,
            priority_ports=1,
            sram_latency=p.sram_latency,
            **common,
        )
        weights = place(
            m,
            platform,
            "weights",
            Scratchpad,
            ports=len(WEIGHT_PORTS),
            banks=WEIGHT_BANKS,
            depth=p.weight_words,
            priority_ports=1,
            **common,
        )

        def port(scratchpad, names, name):
            n = names.index(name)
            return getattr(scratchpad, f"port{n}_req"), getattr(scratchpad, f"port{n}_rsp")

        def skid(name, source):
            """Insert a skid buffer after `source`, to cut the path from the arbiters to the requester."""
            each = place(m, platform, f"{name}_skid", StreamSkid, payload=source.payload.shape())
            join(m, source, each.i)
            return each.o

        def register(name, source):
            """Delay `source` by one cycle."""
            each = place(m, platform, f"{name}_words", StreamSpill, payload=source.payload.shape())
            join(m, source, each.i)
            return each.o

        def connect(scratchpad, names, name, request, response, label=None):
            req, rsp = port(scratchpad, names, name)
            join(m, skid(label or name, request), req)
            if scratchpad is activations and p.sram_latency == 3:  # memories are far from their readers
                rsp = register(name, rsp)
            join(m, rsp, response)

        connect(activations, ACTIVATION_PORTS, "array", array.act_req, array.act_rsp, "rows")
        connect(activations, ACTIVATION_PORTS, "a", vector.a_req, vector.a_rsp)
        connect(activations, ACTIVATION_PORTS, "b", vector.b_req, vector.b_rsp)
        join(m, vector.write, port(activations, ACTIVATION_PORTS, "write")[0])
        connect(weights, WEIGHT_PORTS, "array", array.wgt_req, array.wgt_rsp, "tiles")
        connect(weights, WEIGHT_PORTS, "constants", vector.wgt_req, vector.wgt_rsp)

        # A beat of the bus is a part of a word. The data of a LOAD are in the memories before it ends.
        beats = {"width": p.data_width, "parts": p.word // p.data_width}
        width = len(load.write.payload.addr)
        write = place(m, platform, "write_parts", WriteUpsizer, addr_width=width, **beats)
        join(m, load.write, write.i)
        words = skid("load", write.o)
        to_weights = Signal()
        m.d.comb += to_weights.eq(words.payload.addr >= p.activation_words)
        ports = (port(activations, ACTIVATION_PORTS, "load")[0], port(weights, WEIGHT_PORTS, "load")[0])
        for request, selected, first in zip(ports, (~to_weights, to_weights), (0, p.activation_words), strict=True):
            m.d.comb += [
                request.valid.eq(words.valid & selected),
                request.payload.addr.eq(words.payload.addr - first),
                *(request.payload[name].eq(words.payload[name]) for name in ("write", "data", "strobe")),
            ]
            with m.If(selected):
                m.d.comb += words.ready.eq(request.ready)
        written = Signal()  # the data of the ending load are written
        drained = write.empty & ~words.valid & ports[0].ready & ports[1].ready
        m.d.sync += written.eq(drained & load.done.valid & ~load.done.ready)
        m.d.comb += [
            loads.ended.payload.eq(load.done.payload),
            loads.ended.valid.eq(load.done.valid & written),
            load.done.ready.eq(loads.ended.ready & written),
        ]

        width = len(store.read.payload.addr)
        read = place(m, platform, "read_parts", ReadDownsizer, addr_width=width, **beats)
        join(m, store.read, read.i)
        join(m, read.o, store.found)
        req, rsp = port(activations, ACTIVATION_PORTS, "store")
        join(m, skid("store", read.req), req)
        join(m, rsp, read.rsp)
