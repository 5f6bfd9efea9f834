"""Packet streams, AXI4-Stream at the edge of generated Verilog, and the connection of two streams."""

from amaranth.lib import stream

from ..bundle import Bundle, Lanes, exact


class Packet(Bundle):
    """Payload of a packet stream: `data`; `last`, high in the final beat of a packet; optionally `user`.

    At the edge of generated Verilog such a stream is AXI4-Stream: tdata, tlast and tuser.
    """

    def __init__(self, shape, user=None):
        super().__init__({"data": shape, "last": 1} | ({} if user is None else {"user": user}))


def lanes(shape, count: int, user=None) -> stream.Signature:
    """Signature of a packet stream of `count` lanes."""
    return stream.Signature(Packet(Lanes(shape, count), user))


def join(m, source, target):
    """Connect a stream to another one with the same payload, in module `m`; `ValueError` if the widths differ."""
    m.d.comb += [
        exact(target.payload, source.payload),
        target.valid.eq(source.valid),
    ]
    if not source.signature.always_ready:
        m.d.comb += source.ready.eq(target.ready)
