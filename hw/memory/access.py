"""Request/response interface of on-chip memories."""

from amaranth.lib import stream
from amaranth.lib.wiring import In, Member, Out

from ..bundle import Bundle


class Request(Bundle):
    """One access to words of `width` bits: read `addr`, or write the bytes of `data` that `strobe` selects."""

    def __init__(self, addr_width: int, width: int):
        super().__init__({"addr": addr_width, "write": 1, "data": width, "strobe": width // 8})


class Read(Bundle):
    """Response to a read."""

    def __init__(self, width: int):
        super().__init__({"data": width})


def port(name: str, addr_width: int, width: int, *, always_ready: bool = False) -> dict[str, Member]:
    """Port of a memory, as members of the memory: requests in; one response out per read, in order.

    The accesses of one port are executed in the order in which they were accepted. Each memory specifies when a write
    through one port becomes visible at another.
    """
    return {
        f"{name}_req": In(stream.Signature(Request(addr_width, width))),
        f"{name}_rsp": Out(stream.Signature(Read(width), always_ready=always_ready)),
    }
