"""Register slice of an AXI4 bus, for two ends that are far apart."""

from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .axi import Axi4


class AxiSlice(Component):
    """Register slice: each channel between `s_axi` and `m_axi` is delayed by one cycle.

    Latency 1 on each channel, initiation interval 1, no combinational path between the two sides. Area: two payloads
    of flip-flops per channel.

    Source: ARM IHI 0022, AMBA AXI and ACE protocol specification, A3.2 (register slices).
    """

    class Parameters(Parameters):
        addr_width: int
        data_width: int

    @staticmethod
    def members(p):
        bus = Axi4(p.addr_width, p.data_width)
        return {"s_axi": In(bus), "m_axi": Out(bus)}

    def elaborate(self, platform):
        m = Module()
        ends = {"aw": self.s_axi, "w": self.s_axi, "ar": self.s_axi, "b": self.m_axi, "r": self.m_axi}
        for channel, source in ends.items():
            target = self.m_axi if source is self.s_axi else self.s_axi
            stream = getattr(source, channel)
            register = place(m, platform, channel, StreamSpill, payload=stream.payload.shape())
            join(m, stream, register.i)
            join(m, register.o, getattr(target, channel))
        return m
