"""Bundles are structs and arrays that show as one word."""

from amaranth.back import rtlil
from amaranth.hdl import Module, Signal

from systola.hw.bundle import Bundle, Lanes


def test_fields_get_no_wires_of_their_own():
    lanes = Signal(Lanes(Bundle({"a": 3, "b": 2}), 4))
    m = Module()
    m.d.sync += lanes[0].a.eq(lanes[1].b)
    text = rtlil.convert(m, ports={"lanes": (lanes.as_value(), None)}, emit_src=False)
    assert "lanes[" not in text
    assert lanes.shape().size == 20
