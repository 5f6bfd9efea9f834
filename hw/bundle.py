"""Layouts of what travels together: structs and lanes.

Amaranth gives every field of every copy of a layout a wire of its own, for waveforms. In an array of thousands of lanes
that is most of the netlist, so these layouts show as one word each.
"""

from amaranth.hdl import Format, Value
from amaranth.lib import data


class Bundle(data.StructLayout):
    """A struct: `Bundle({"weight": signed(8), "load": 1})`."""

    def format(self, value, spec):
        return Format("{:x}", Value.cast(value))


class Lanes(data.ArrayLayout):
    """An array: `Lanes(signed(8), 16)`, lane 0 in the low bits."""

    def format(self, value, spec):
        return Format("{:x}", Value.cast(value))
