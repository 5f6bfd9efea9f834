"""DMA engine: one descriptor moves a box of up to four dimensions between DRAM and a local memory."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..bus.axi import Axi4
from ..component import Component, place
from ..memory.access import Read, Request
from ..stream.buffer import StreamBuffer
from ..stream.packet import join
from .descriptor import TAG_WIDTH, DmaCode, DmaParameters, descriptor, status
from .descriptor_check import DescriptorCheck
from .load import Load
from .store import Store

IN_FLIGHT = 16
"""Maximum number of descriptors that have started and have not returned their status."""

ORDER = Bundle({"store": 1, "tag": TAG_WIDTH, "code": 4})
"""Data kept for each of these descriptors."""


class Dma(Component):
    """DMA engine: a descriptor moves a box of up to four dimensions between an AXI4 bus and a local memory.

    Element (i0, i1, i2, i3) with i_d < count_d is 2^size bytes at bus_addr + sum of i_d x bus_stride_d and at
    local_addr + sum of i_d x local_stride_d, i0 fastest; strides are signed, all count bytes, any alignment.

    `desc`: `store` (0 loads), the box, `tag`, and `wait`: start only when all previous descriptors are complete. Loads
    are executed in order, and so are stores; loads and stores overlap, so a descriptor that depends on another one sets
    `wait`. Every descriptor returns a `status`, in order: its tag, a code (0 OK, 2 SLVERR, 3 DECERR with the address;
    from 4 on it was rejected before any transfer, see `hw.dma.descriptor.DmaCode`).

    `local_write`, `local_read` and `local_found` are ports of the local memory. Addresses count words of `data_width`
    bits, a write is complete when it is accepted, responses to reads are in order, with any latency.

    Options: `padding`: of a load, elements with i_d < before_d or i_d >= count_d - after_d are not read but set to
    `value` (the byte at address a: byte a mod W, W the bytes of a beat). `fill`: the whole target is set to `value`.
    `scatter`: a load that is contiguous on the bus but not in the local memory keeps its long bursts, one element per
    cycle.

    Throughput: bytes that are contiguous on both sides move at one beat per cycle; a row takes one more cycle where
    its offset in a word is greater at the source than at the target. Isolated elements take one cycle each, and one
    burst each without `scatter`: software should merge dimensions that are contiguous.

    Latency: dims + 8 cycles from descriptor to read address, 2 from read beat to local write. Initiation interval 1 per
    beat on each channel; dims + 4 per descriptor. Back-pressure on every stream; there is no combinational path from an
    input to an output. Bursts are legal AXI4, never cross 4 KiB, and write only the bytes of the target. Read addresses
    run ahead of data by at most `outstanding` runs, and at most `outstanding` write bursts wait for their responses.
    After an error further bytes of a load are discarded, those of a store are written; the next descriptor is
    unaffected.

    Area grows with data_width x log2 W (the aligners) and with dims x (addr_width + local address), twice.

    Source: T. Benz et al., A High-Performance, Energy-Efficient Modular DMA Engine Architecture, IEEE Transactions on
    Computers 2024 (front end, loops, back end); ARM IHI 0022.
    """

    Parameters = DmaParameters
    unit = "beat"
    peak = 2

    @staticmethod
    def members(p):
        request = Request(p.local_width - p.lanes, p.data_width)
        return {
            "desc": In(stream.Signature(descriptor(p))),
            "status": Out(stream.Signature(status(p))),
            "m_axi": Out(Axi4(p.addr_width, p.data_width)),
            "local_write": Out(stream.Signature(request)),
            "local_read": Out(stream.Signature(request)),
            "local_found": In(stream.Signature(Read(p.data_width))),
        }

    @property
    def latency(self) -> int:
        return self.p.dims + 8

    def elaborate(self, platform):
        m = Module()
        p = self.p
        check = place(m, platform, "check", DescriptorCheck, **dict(p))
        load = place(m, platform, "load", Load, **dict(p))
        # Padding and scatter are options of loads.
        store = place(m, platform, "store", Store, **dict(p) | {"padding": False, "scatter": False})
        order = place(m, platform, "order", StreamBuffer, payload=ORDER, depth=IN_FLIGHT, style="auto")

        if p.queue:
            queue = place(m, platform, "queue", StreamBuffer, payload=descriptor(p), depth=p.queue, style="auto")
            m.d.comb += [
                self.desc.ready.eq(queue.space),
                queue.reserve.eq(self.desc.valid & queue.space),
                queue.write.valid.eq(queue.reserve),
                queue.write.payload.eq(self.desc.payload),
            ]
            join(m, queue.o, check.i)
        else:
            join(m, self.desc, check.i)

        # Dispatch
        box, code = check.o.payload.box, check.o.payload.code
        legal = Signal()
        may = Signal()
        taken = Signal()
        unfinished = Signal(range(IN_FLIGHT + 1))
        m.d.comb += [
            legal.eq(code == DmaCode.OK),
            may.eq(order.space & (~box.wait | (unfinished == 0))),
            load.i.valid.eq(check.o.valid & may & legal & ~box.store),
            store.i.valid.eq(check.o.valid & may & legal & box.store),
            load.i.payload.eq(box),
            *(store.i.payload[name].eq(box[name]) for name, _ in store.i.payload.shape()),
            check.o.ready.eq(may & (~legal | (load.i.ready & ~box.store) | (store.i.ready & box.store))),
            taken.eq(check.o.valid & check.o.ready),
            order.reserve.eq(taken),
            order.write.valid.eq(taken),
            order.write.payload.tag.eq(box.tag),
            order.write.payload.code.eq(code),
            order.write.payload.store.eq(box.store),
        ]

        # Completion, in the order of dispatch
        first = order.o.payload
        free = Signal()
        reported = Signal()
        engine = {0: load.done, 1: store.done}
        m.d.comb += [free.eq(~self.status.valid | self.status.ready), order.o.ready.eq(reported)]
        with m.If(self.status.ready):
            m.d.sync += self.status.valid.eq(0)
        with m.If(reported):
            m.d.sync += [self.status.valid.eq(1), self.status.payload.tag.eq(first.tag)]
        with m.If(first.code != DmaCode.OK):
            m.d.comb += reported.eq(order.o.valid & free)
            with m.If(reported):
                m.d.sync += [self.status.payload.code.eq(first.code), self.status.payload.addr.eq(0)]
        for store_bit, done in engine.items():
            with m.If((first.code == DmaCode.OK) & (first.store == store_bit)):
                m.d.comb += [reported.eq(order.o.valid & free & done.valid), done.ready.eq(order.o.valid & free)]
                with m.If(reported):
                    m.d.sync += [self.status.payload.code.eq(0), self.status.payload.addr.eq(0)]
                    with m.If(done.payload.failed):
                        m.d.sync += self.status.payload.code.eq(DmaCode.SLVERR | done.payload.decerr)
                        m.d.sync += self.status.payload.addr.eq(done.payload.beat << p.lanes)
        m.d.sync += unfinished.eq(unfinished + taken - reported)

        join(m, load.write, self.local_write)
        join(m, store.read, self.local_read)
        join(m, self.local_found, store.found)
        join(m, load.ar, self.m_axi.ar)
        join(m, self.m_axi.r, load.r)
        join(m, store.aw, self.m_axi.aw)
        join(m, store.w, self.m_axi.w)
        join(m, self.m_axi.b, store.b)
        return m
