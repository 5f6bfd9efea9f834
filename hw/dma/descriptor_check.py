"""Validation of a descriptor before its execution."""

from amaranth.hdl import Const, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component
from .descriptor import COUNT_WIDTH, PAD_WIDTH, DmaCode, DmaParameters, checked, descriptor


def verdict(p: DmaParameters) -> Bundle:
    """A descriptor and whether it is `legal`: `code` is `DmaCode.OK` or the reason."""
    return Bundle({"code": 4, "legal": 1, "box": checked(p)})


class DescriptorCheck(Component):
    """Descriptor check: decides whether a descriptor is legal, and whether its innermost dimension is a run of bytes.

    One dimension per cycle: a multiplier computes its extent in the local memory, two adders sum up the first and last
    local address of the box. If several errors apply, the code is that of the first of SIZE, UNSUPPORTED, ZERO_COUNT,
    PADDING, LOCAL_RANGE, ALIGNMENT.

    Latency dims + 4, initiation interval dims + 4. Back-pressure: `i.ready` is low during a check, and follows
    `o.ready` then. Area: a descriptor of registers, a multiplier of count by local stride.
    """

    Parameters = DmaParameters

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(descriptor(p))), "o": Out(stream.Signature(verdict(p)))}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        dims = range(p.dims)
        box = Signal(descriptor(p), reset_less=True)
        busy = Signal()
        step = Signal(range(p.dims + 4), reset_less=True)
        pop = Signal()
        m.d.comb += [pop.eq(self.o.valid & self.o.ready), self.i.ready.eq(~busy | pop)]
        with m.If(pop):
            m.d.sync += [busy.eq(0), self.o.valid.eq(0)]

        # One dimension per cycle, each in four stages: select, check and multiply, extent, add.
        count = Signal(COUNT_WIDTH, reset_less=True)
        stride = Signal(signed(p.local_width + 1), reset_less=True)
        further = Signal(signed(COUNT_WIDTH + 1), reset_less=True)
        pad_before = Signal(PAD_WIDTH, reset_less=True)
        pad_after = Signal(PAD_WIDTH, reset_less=True)
        for d in dims:
            with m.If(step == d):
                m.d.sync += [count.eq(box[f"count{d}"]), further.eq(box[f"count{d}"] - 1)]
                m.d.sync += stride.eq(box[f"local_stride{d}"])
                if p.padding:
                    m.d.sync += [pad_before.eq(box[f"before{d}"]), pad_after.eq(box[f"after{d}"])]

        reach = Signal(signed(p.local_width + 1 + COUNT_WIDTH + 1), reset_less=True)
        sum_shape = signed(len(reach) + 3)
        low = Signal(sum_shape, reset_less=True)
        high = Signal(sum_shape, reset_less=True)
        empty, padded, overlap = (Signal(name=name, reset_less=True) for name in ("empty", "padded", "overlap"))
        size = Signal(8)  # bytes of an element
        m.d.comb += size.eq(1 << box.size)
        m.d.sync += reach.eq(further * stride)
        with m.If(busy & ~self.o.valid):
            m.d.sync += step.eq(step + 1)
        with m.If(step == 1):
            m.d.sync += [low.eq(box.local_addr), high.eq(box.local_addr + size)]
        with m.If((step >= 1) & (step <= p.dims)):
            m.d.sync += empty.eq((empty & (step != 1)) | (count == 0))
            if p.padding:
                m.d.sync += padded.eq((padded & (step != 1)) | (pad_before != 0) | (pad_after != 0))
                m.d.sync += overlap.eq((overlap & (step != 1)) | (pad_before + pad_after > count))
        with m.If((step >= 2) & (step <= p.dims + 1)):
            m.d.sync += [low.eq(low + Mux(reach < 0, reach, 0)), high.eq(high + Mux(reach < 0, 0, reach))]

        ready = Signal()
        m.d.sync += ready.eq(busy & ~self.o.valid & (step == p.dims + 1))
        out = self.o.payload
        fill = box.fill if p.fill else Const(0, 1)
        bus_dense, local_dense = box.bus_stride0 == size, box.local_stride0 == size
        unsupported = padded & (box.store | fill)
        turn = bus_dense & ~local_dense & ~box.store & ~fill
        misaligned = Const(0, 1)
        if p.scatter:
            mask = Signal(7)
            strides = [box[f"{side}_stride{d}"][:7] for side in ("bus", "local") for d in dims]
            low_bits = box.bus_addr[:7] | box.local_addr[:7]
            for each in strides:
                low_bits = low_bits | each
            m.d.comb += mask.eq(size - 1)
            misaligned = turn & ((low_bits & mask) != 0)
        inside = Const(1, 1) if not p.padding else (box.before0 == 0) & (box.after0 == 0)
        beyond = ((low < 0) | (high > p.local_bytes)) & ~(fill & box.store)
        with m.If(ready):
            m.d.sync += [
                self.o.valid.eq(1),
                out.box.rows.eq((bus_dense | (fill & ~box.store)) & (local_dense | (fill & box.store))),
                out.box.turn.eq((turn & inside) if p.scatter else 0),
                out.code.eq(DmaCode.OK),
                out.legal.eq(1),
            ]
            reasons = (  # the last one that applies is reported
                (DmaCode.ALIGNMENT, misaligned),
                (DmaCode.LOCAL_RANGE, beyond),
                (DmaCode.PADDING, overlap),
                (DmaCode.ZERO_COUNT, empty),
                (DmaCode.UNSUPPORTED, unsupported),
                (DmaCode.SIZE, box.size > p.lanes),
            )
            for code, applies in reasons:
                with m.If(applies):
                    m.d.sync += [out.code.eq(code), out.legal.eq(0)]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [box.eq(self.i.payload), busy.eq(1), step.eq(0)]
        for name, _ in descriptor(p):
            m.d.comb += out.box[name].eq(box[name])
        return m
