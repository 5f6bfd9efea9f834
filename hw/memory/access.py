"""How on-chip memories are asked and how they answer."""

from amaranth.lib import stream
from amaranth.lib.wiring import In, Member, Out

from ..bundle import Bundle


class Request(Bundle):
    """One access to words of `width` bits: read `addr`, or write `data` there where `strobe` has a bit for the byte."""

    def __init__(self, addr_width: int, width: int):
        super().__init__({"addr": addr_width, "write": 1, "data": width, "strobe": width // 8})


class Read(Bundle):
    """What a read found."""

    def __init__(self, width: int):
        super().__init__({"data": width})


def port(name: str, addr_width: int, width: int, *, always_ready: bool = False) -> dict[str, Member]:
    """A memory's port, as members of the memory: requests in; for each read, in order, a response out.

    A port's accesses are done in the order in which they were accepted. How soon one port sees what another wrote, the
    memory says.
    """
    return {
        f"{name}_req": In(stream.Signature(Request(addr_width, width))),
        f"{name}_rsp": Out(stream.Signature(Read(width), always_ready=always_ready)),
    }
