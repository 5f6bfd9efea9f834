"""Bundles: structs and arrays that appear as one word."""

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal

from systola.hw.bundle import Bundle, Lanes, exact


def test_fields_get_no_wires_of_their_own():
    lanes = Signal(Lanes(Bundle({"a": 3, "b": 2}), 4))
    m = Module()
    m.d.sync += lanes[0].a.eq(lanes[1].b)
    text = rtlil.convert(m, ports={"lanes": (lanes.as_value(), None)}, emit_src=False)
    assert "lanes[" not in text
    assert lanes.shape().size == 20


def test_exact_widths_or_none():
    target, source = Signal(8, name="target"), Signal(6, name="source")
    with pytest.raises(ValueError, match=r"target\) has 8 bits and cannot take the 6 bits of \(sig source\)"):
        exact(target, source)
    assert repr(exact(target[:6], source)) == repr(target[:6].eq(source))
