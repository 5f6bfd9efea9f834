"""Signals and fan-out of a mapped netlist."""

from systola.gen.synth.fanout import fanout


def test_fanout():
    cell = {"port_directions": {"A": "input", "C": "input", "Z": "output"}}
    module = {
        "ports": {"clk": {"bits": [2]}, "rst": {"bits": [3]}},
        "cells": {
            "x": cell | {"connections": {"A": [4], "C": [2], "Z": [5]}},
            "y": cell | {"connections": {"A": [5, 4, "0"], "C": [2], "Z": [6]}},
            "z": cell | {"connections": {"A": [4], "C": [3], "Z": [7]}},
        },
    }
    assert fanout(module) == (2, 3)
