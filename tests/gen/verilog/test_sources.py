"""Amaranth sources of generated Verilog."""

import pytest

from systola.gen.generators import find
from systola.gen.verilog import sources


@pytest.fixture(scope="module", params=["uart", "scratchpad"])
def designs(request):
    """A design without and with sources."""
    return find(request.param).design(), find(request.param).design(sources=True)


def test_the_verilog_is_the_same(designs):
    assert designs[0].verilog == designs[1].verilog
    assert designs[0].sources == {}


def test_branches_have_a_source_in_the_design(designs):
    """Except those inside Amaranth's library, such as its synchroniser."""
    lines = designs[1].verilog.splitlines()
    branches = [n for n, line in enumerate(lines, 1) if " ? " in line or " if (" in line]
    found = [designs[1].sources[number] for number in branches if number in designs[1].sources]
    assert len(found) > 0.8 * len(branches)
    assert all(source.startswith("hw/") and sources.code(source) for source in found)


def test_the_source_of_a_condition():
    """A multiplexer without a source has that of its condition."""
    verilog = (
        "module m (\n);\n  assign _1 = a & b;\n  assign procmux_2 = _1 ? c : d;\n  assign q = procmux_2;\nendmodule"
    )
    found = sources.locate(verilog, {"m": ["a.py:7", "", "q.py:1"]})
    assert found == {3: "a.py:7", 4: "a.py:7", 5: "q.py:1"}


def test_the_source_of_what_a_statement_drives():
    verilog = "module m (\n);\n  assign x = c ? y : z;\n  always @(posedge clk)\n    q <= x;\nendmodule"
    assert sources.locate(verilog, {"m": ["", "q.py:4"]}) == {3: "q.py:4", 4: "q.py:4", 5: "q.py:4"}


def test_attributes_are_removed():
    lines = ['  (* src = "a.py:1|b.py:2" *)', '  assign x = y ? (* src = "c.py:3" *) z : w;', "  assign q = x;"]
    module = "\n".join(["module m();", *lines, "endmodule"])
    text, found = sources.separate(module)
    assert text == "module m();\n  assign x = y ? z : w;\n  assign q = x;\nendmodule"
    assert found == ["a.py:1", ""]
    assert sources.locate(text, {"m();": found}) == {2: "a.py:1", 3: "a.py:1"}


def test_code_of_an_unknown_file_is_empty():
    assert sources.code("nowhere.py:3") == ""
    assert sources.code("") == ""
