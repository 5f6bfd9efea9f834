"""Nodes: one module for all of them, for any number of nodes."""

import re

from systola.gen.verilog.verilog import generate
from systola.hw.collective.collective import Collective

SMALL = {"topology": "torus", "k": 2, "l": 2, "width": 8, "format": "int8", "rows": 250}


def test_nodes_are_emitted_once():
    small = generate("collective", Collective(**SMALL))
    large = generate("collective", Collective(**SMALL | {"k": 4}))
    assert small.modules == large.modules
    assert len(re.findall(r"(?m)^module collective__collective_node_\w+ ", large.verilog)) == 1
    assert len(re.findall(r"(?m)^  collective__collective_node_\w+ node\d+ ", large.verilog)) == 8
