"""AXI4 and AXI4-Lite as signatures: five streams each, with the standard's port names at a chip's edge."""

from enum import IntEnum

from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle


class Response(IntEnum):
    """Codes of bresp and rresp."""

    OKAY = 0
    EXOKAY = 1
    SLVERR = 2
    DECERR = 3


BOUNDARY = 4096
"""Bursts must not cross a multiple of this address."""


class Bus(wiring.Signature):
    """Common base of the AXI family: channels aw, w, b, ar and r, seen from the master; some may be omitted.

    At the edge of generated Verilog, field `addr` of channel `aw` of a member `m_axi` is the port `m_axi_awaddr`.
    """

    def __init__(self, **channels: dict):
        flow = {"aw": Out, "w": Out, "b": In, "ar": Out, "r": In}
        super().__init__({name: flow[name](_channel(fields)) for name, fields in channels.items()})


class Axi4(Bus):
    """AXI4: bursts of up to 256 beats of `data_width` bits at byte addresses of `addr_width` bits.

    Without `writes` it has only channels ar and r; without `reads` only aw, w and b.

    Source: ARM IHI 0022, AMBA AXI and ACE protocol specification.
    """

    def __init__(self, addr_width: int, data_width: int, id_width: int = 1, *, reads: bool = True, writes: bool = True):
        self.addr_width, self.data_width, self.id_width = addr_width, data_width, id_width
        address = {"id": id_width, "addr": addr_width, "len": 8, "size": 3, "burst": 2}
        write = {
            "aw": address,
            "w": {"data": data_width, "strb": data_width // 8, "last": 1},
            "b": {"id": id_width, "resp": 2},
        }
        read = {"ar": address, "r": {"id": id_width, "data": data_width, "resp": 2, "last": 1}}
        super().__init__(**(write if writes else {}), **(read if reads else {}))


class AxiLite(Bus):
    """AXI4-Lite: single accesses of `data_width` bits (32 or 64) at byte addresses of `addr_width` bits.

    Source: ARM IHI 0022, AMBA AXI and ACE protocol specification, part B.
    """

    def __init__(self, addr_width: int, data_width: int = 32):
        self.addr_width, self.data_width = addr_width, data_width
        address = {"addr": addr_width, "prot": 3}
        super().__init__(
            aw=address,
            w={"data": data_width, "strb": data_width // 8},
            b={"resp": 2},
            ar=address,
            r={"data": data_width, "resp": 2},
        )


def _channel(fields: dict) -> stream.Signature:
    return stream.Signature(Bundle(fields))
