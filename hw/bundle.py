"""Layouts of composite payloads: structs and arrays of lanes.

Amaranth emits a separate wire for every field of every instance of a layout, for waveforms. In an array of thousands
of lanes that is most of the netlist, so each of these layouts is emitted as one word.
"""

from amaranth.hdl import Format, Value
from amaranth.lib import data


def exact(target, source):
    """Return the assignment `target.eq(source)` of two values of the same width; `ValueError` if the widths differ.

    Amaranth silently extends or truncates, which is never intended where layouts are cast to bits.
    """
    expected, given = len(Value.cast(target)), len(Value.cast(source))
    if expected != given:
        raise ValueError(f"{target!r} has {expected} bits and cannot take the {given} bits of {source!r}.")
    return target.eq(source)


class Bundle(data.StructLayout):
    """A struct: `Bundle({"weight": signed(8), "load": 1})`."""

    def format(self, value, spec):
        return Format("{:x}", Value.cast(value))


class Lanes(data.ArrayLayout):
    """An array: `Lanes(signed(8), 16)`, lane 0 in the low bits."""

    def format(self, value, spec):
        return Format("{:x}", Value.cast(value))
