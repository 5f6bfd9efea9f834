"""Kinds of ports, and descriptions of shapes in words."""

import enum

from amaranth.hdl import Shape
from amaranth.lib import data

from ...hw.memory.access import Read, Request
from ...hw.stream.packet import Packet

WIDE = 8
"""Minimum width in bits of a plain port that is drawn as data; narrower ports are control."""


class Kind(enum.Enum):
    """Kind of a port, by its payload."""

    STREAM = "stream"
    AXI = "AXI4"
    AXI_LITE = "AXI4-Lite"
    MEMORY = "memory"
    DATA = "data"
    WIRE = "wire"
    CONTROL = "control"


CHANNELS = ("aw", "w", "b", "ar", "r")
AXI4 = (
    {"id", "addr", "len", "size", "burst"},
    {"data", "strb", "last"},
    {"id", "resp"},
    {"id", "data", "resp", "last"},
)
AXI4_LITE = ({"addr", "prot"}, {"data", "strb"}, {"resp"}, {"data", "resp"})


def kind_of(name: str, shape, is_stream: bool) -> Kind:
    """Kind of a port, determined from its name and the shape of its payload."""
    if not is_stream:
        return Kind.DATA if Shape.cast(shape).width >= WIDE else Kind.CONTROL
    if isinstance(shape, Request | Read):
        return Kind.MEMORY
    channel = name.split(".")[-1] in CHANNELS and isinstance(shape, data.StructLayout)
    fields = set(shape.members) if channel else None
    if fields in AXI4:
        return Kind.AXI
    return Kind.AXI_LITE if fields in AXI4_LITE else Kind.STREAM


def describe(shape) -> str:
    """Description of a shape in words: "16 x int8", "180 bits"."""
    if isinstance(shape, Packet | Read | Request):
        return describe(shape.members["data"])
    if isinstance(shape, data.ArrayLayout):
        return f"{shape.length} x {describe(shape.elem_shape)}"
    plain = Shape.cast(shape)
    if isinstance(shape, data.StructLayout):
        fields = [field for field in shape.members.values() if Shape.cast(field).width]
        if len(fields) == 1:
            return describe(fields[0])
    if plain.signed:
        return f"int{plain.width}"
    return f"{plain.width} bit{'s' * (plain.width != 1)}"
