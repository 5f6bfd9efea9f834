"""One read channel of a bus for two masters."""

from amaranth.hdl import Module, Mux

from ..component import Component, Parameters, place
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .axi import Axi4


class ShareReads(Component):
    """The reads of `first` and `second` on one bus: `first` goes before, and has ID 1; `second` has ID 0.

    Latency of an address 1, of data 0; initiation interval 1. Back-pressure of data is combinational: `r.ready` is that
    of whom the beat is for. Area: two addresses.
    """

    class Parameters(Parameters):
        data_width: int
        addr_width: int = 32

    @staticmethod
    def members(p):
        bus = Axi4(p.addr_width, p.data_width).members
        masters = {f"{name}_{channel}": bus[channel].flip() for name in ("first", "second") for channel in ("ar", "r")}
        return masters | {"ar": bus["ar"], "r": bus["r"]}

    def elaborate(self, platform):
        m = Module()
        spill = place(m, platform, "spill", StreamSpill, payload=self.ar.payload.shape())
        join(m, spill.o, self.ar)
        first, second = self.first_ar, self.second_ar
        m.d.comb += [
            spill.i.valid.eq(first.valid | second.valid),
            spill.i.payload.eq(Mux(first.valid, first.payload, second.payload)),
            spill.i.payload.id.eq(first.valid),
            first.ready.eq(spill.i.ready),
            second.ready.eq(spill.i.ready & ~first.valid),
            self.first_r.payload.eq(self.r.payload),
            self.second_r.payload.eq(self.r.payload),
            self.first_r.valid.eq(self.r.valid & self.r.payload.id),
            self.second_r.valid.eq(self.r.valid & ~self.r.payload.id),
            self.r.ready.eq(Mux(self.r.payload.id, self.first_r.ready, self.second_r.ready)),
        ]
        return m
