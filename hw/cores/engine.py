"""All of a core that runs programs: issuer, DMA, scratchpads, array, accumulators, vector lanes."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..array.unit import STATE, ArrayUnit
from ..bundle import Bundle
from ..bus.axi import Axi4
from ..bus.share import ShareReads
from ..bus.stream import join
from ..component import Component, place
from ..dma.load import Load
from ..dma.store import Store
from ..issue.command import FAULT
from ..issue.fetch import Fetch
from ..issue.issuer import DONE, Issuer
from ..issue.transfer import Transfer
from ..memory.accumulators import Accumulators
from ..memory.reader import Reader
from ..memory.scratchpad import Scratchpad
from ..vector.unit import VectorUnit
from .parameters import CoreParameters

ACTIVATION_PORTS = ("array", "load", "store", "a", "b", "write")
WEIGHT_PORTS = ("array", "load", "constants")
WEIGHT_BANKS = 2

EVENTS = Bundle({"issued": 1, "waits": 1, "read": 1, "written": 1, "vector": 1, "array": STATE, "pending": DONE})
"""What happens in a cycle."""


class Engine(Component):
    """Runs the program at `address` while `go`, until `halted` or a `fault`.

    With `stop` no transfer begins; `quiet` says that nothing is under way on the bus, when the engine may be reset.
    `pc` is the instruction at the issuer, `events` what happens in this cycle. Timing, area: see the units.
    """

    Parameters = CoreParameters

    @staticmethod
    def members(p):
        return {
            "m_axi": Out(Axi4(32, p.data_width)),
            "go": In(1),
            "stop": In(1),
            "address": In(32),
            "halted": Out(1),
            "quiet": Out(1),
            "fault": Out(FAULT),
            "pc": Out(FAULT["pc"].shape),
            "events": Out(EVENTS),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        issuer = place(m, platform, "issuer", Issuer)
        fetch = place(m, platform, "fetch", Fetch, depth=p.instructions, data_width=p.data_width)
        loads = place(m, platform, "loads", Transfer, dma=p.dma, store=False, queue=p.queue)
        stores = place(m, platform, "stores", Transfer, dma=p.stores, store=True, queue=p.queue)
        load = place(m, platform, "load", Load, **dict(p.dma))
        store = place(m, platform, "store", Store, **dict(p.stores))
        array = place(m, platform, "array", ArrayUnit, format=p.format, **p.units)
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
            fetch.address.eq(self.address),
            *(getattr(fetch, name).eq(getattr(issuer, name)) for name in ("oldest", "index", "take")),
            *(getattr(issuer, name).eq(getattr(fetch, name)) for name in ("filled", "word", "stuck", "broken")),
            loads.stop.eq(self.stop),
            stores.stop.eq(self.stop),
            issuer.done.load.eq(loads.done),
            issuer.done.store.eq(stores.done),
            *(issuer.done[name].eq(array.done[name]) for name, _ in array.done.shape()),
            issuer.done.vector.eq(vector.done),
            self.halted.eq(issuer.halted),
            self.pc.eq(issuer.pc),
            self.quiet.eq(loads.idle & stores.idle & fetch.idle),
        ]
        commands = {"load": loads.command, "store": stores.command, "vector": vector.command}
        for name, target in (commands | {"weights": array.weights, "matmul": array.matmul}).items():
            join(m, getattr(issuer, name), target)
        for transfer, engine in ((loads, load), (stores, store)):
            join(m, transfer.box, engine.i)
            join(m, engine.done, transfer.ended)
        fault = issuer.fault
        for unit in units:
            fault = Mux(unit.fault.valid, unit.fault, fault)
        m.d.comb += self.fault.eq(fault)

        self._bus(m, platform, fetch, load, store)
        self._scratchpads(m, platform, array, vector, load, store)
        sums = place(m, platform, "accumulators", Accumulators, cols=p.size, in_width=32, rows=p.accumulators)
        m.d.comb += [
            sums.row.valid.eq(array.results.valid),
            sums.row.payload.addr.eq(array.results.payload.addr),
            sums.row.payload.accumulate.eq(array.results.payload.accumulate),
            sums.row.payload.data.as_value().eq(array.results.payload.data),
            sums.read.valid.eq(vector.sums_req.valid),
            sums.read.payload.addr.eq(vector.sums_req.payload.addr),
            vector.sums_req.ready.eq(sums.read.ready),
            vector.sums_rsp.valid.eq(sums.out.valid),
            vector.sums_rsp.payload.data.eq(sums.out.payload.data.as_value()),
            sums.out.ready.eq(vector.sums_rsp.ready),
        ]
        m.d.comb += [
            self.events.issued.eq(issuer.issued),
            self.events.waits.eq(issuer.waits),
            self.events.read.eq(self.m_axi.r.valid & self.m_axi.r.ready),
            self.events.written.eq(self.m_axi.w.valid & self.m_axi.w.ready),
            self.events.vector.eq(vector.busy),
            self.events.array.eq(array.state),
            self.events.pending.eq(issuer.pending),
        ]
        return m

    def _bus(self, m, platform, fetch, load, store):
        share = place(m, platform, "reads", ShareReads, data_width=self.p.data_width)
        for name, master in (("first", fetch), ("second", load)):
            join(m, master.ar, getattr(share, f"{name}_ar"))
            join(m, getattr(share, f"{name}_r"), master.r)
        join(m, share.ar, self.m_axi.ar)
        join(m, self.m_axi.r, share.r)
        join(m, store.aw, self.m_axi.aw)
        join(m, store.w, self.m_axi.w)
        join(m, self.m_axi.b, store.b)

    def _scratchpads(self, m, platform, array, vector, load, store):
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
            **common,
        )

        def port(scratchpad, names, name):
            n = names.index(name)
            return getattr(scratchpad, f"port{n}_req"), getattr(scratchpad, f"port{n}_rsp")

        def connect(scratchpad, names, name, request, response):
            req, rsp = port(scratchpad, names, name)
            join(m, request, req)
            if response is not None:
                join(m, rsp, response)

        connect(activations, ACTIVATION_PORTS, "array", array.act_req, array.act_rsp)
        connect(activations, ACTIVATION_PORTS, "a", vector.a_req, vector.a_rsp)
        connect(activations, ACTIVATION_PORTS, "b", vector.b_req, vector.b_rsp)
        connect(activations, ACTIVATION_PORTS, "write", vector.write, None)
        connect(weights, WEIGHT_PORTS, "array", array.wgt_req, array.wgt_rsp)
        connect(weights, WEIGHT_PORTS, "constants", vector.wgt_req, vector.wgt_rsp)

        # A beat of the bus is a part of a word.
        parts = p.word // p.data_width
        part_width = (parts - 1).bit_length()
        beat = load.write.payload
        first = p.activation_bytes * 8 // p.data_width  # beats of activations
        to_weights = Signal()
        m.d.comb += to_weights.eq(beat.addr >= first)
        targets = {
            "activations": (port(activations, ACTIVATION_PORTS, "load")[0], ~to_weights, beat.addr),
            "weights": (port(weights, WEIGHT_PORTS, "load")[0], to_weights, beat.addr - first),
        }
        for request, mine, addr in targets.values():
            place_in_word = addr[:part_width] if part_width else 0
            m.d.comb += [
                request.valid.eq(load.write.valid & mine),
                request.payload.addr.eq(addr >> part_width),
                request.payload.write.eq(1),
                request.payload.data.eq(beat.data.replicate(parts)),
                request.payload.strobe.eq(beat.strobe << (place_in_word * (p.data_width // 8))),
            ]
            with m.If(mine):
                m.d.comb += load.write.ready.eq(request.ready)

        tag = Bundle({"part": max(1, part_width)})
        addr_width = (p.activation_words - 1).bit_length()
        reader = place(m, platform, "store_reader", Reader, addr_width=addr_width, width=p.word, tag=tag)
        connect(activations, ACTIVATION_PORTS, "store", reader.req, reader.rsp)
        asked, found = store.read.payload, reader.o.payload
        m.d.comb += [
            reader.i.valid.eq(store.read.valid),
            reader.i.payload.addr.eq(asked.addr >> part_width),
            reader.i.payload.tag.part.eq(asked.addr[:part_width] if part_width else 0),
            store.read.ready.eq(reader.i.ready),
            store.found.valid.eq(reader.o.valid),
            store.found.payload.data.eq(found.data.word_select(found.tag.part, p.data_width)),
            reader.o.ready.eq(store.found.ready),
        ]
