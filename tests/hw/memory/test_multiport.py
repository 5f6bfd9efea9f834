"""Multi-port memory: sizes, and concurrent accesses of its ports."""

import re
import shutil

import numpy as np
import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.memory.access import port
from systola.hw.memory.multiport import Multiport
from systola.sim.golden.multiport import Accesses
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.multiport import MultiportCase

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile


@pytest.mark.parametrize(
    "parameters",
    [
        {"ports": 1, "width": 8, "depth": 2},
        {"ports": 4, "width": 24, "depth": 13},
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_accesses(check, parameters):
    check("multiport", **parameters)


def test_concurrent_accesses_of_ports():
    """Read and write of a word in one cycle, a read in the next, and two writes to one byte."""
    design = generate("multiport", Multiport(ports=3, width=16, depth=4))
    steps = [  # each port's (write, data, strobe), all at address 1; None is a read
        ((0x1111, 0b11), None, None),
        (None, (0x2222, 0b01), None),
        ((0x3333, 0b11), (0x4444, 0b10), (0x5555, 0b10)),
        (None, None, (0x6666, 0b00)),
        (None, None, None),
    ]
    ports = []
    for port_steps in zip(*steps, strict=True):
        data, strobe = zip(*(step or (0, 0) for step in port_steps), strict=True)
        ports.append(
            Accesses(
                np.ones(len(steps), int),
                np.array([int(step is not None) for step in port_steps]),
                np.array([[each & 255, each >> 8] for each in data], np.uint8),
                np.array([[each & 1, each >> 1] for each in strobe], np.uint8),
            )
        )
    outcome, (responses,) = simulate(design, [MultiportCase(ports, [0.0] * 3)], keep=True, simulator=QUICK)
    assert outcome.mismatches == 0
    assert responses == [[0x1111, 0x5533, 0x5533], [0, 0x5533, 0x5533], [0, 0x1111, 0x5533]]


def test_ports_equal_those_of_any_memory():
    members = Multiport.members(Multiport.Parameters(ports=2, width=16, depth=20))
    assert members == port("port0", 5, 16, always_ready=True) | port("port1", 5, 16, always_ready=True)


def test_every_copy_is_the_same_module():
    text = generate("multiport", Multiport(ports=2, width=1024, depth=16)).verilog
    for name, instances in (("multiport_bits", 2), ("replica_memory", 4)):
        assert len(re.findall(rf"(?m)^module multiport__{name}_\w+ ", text)) == 1
        assert len(re.findall(rf"(?m)^  multiport__{name}_\w+ ", text)) == instances


@pytest.mark.parametrize("ports", [1, 4])
def test_lint_is_clean(ports):
    design = generate("multiport", Multiport(ports=ports))
    assert lint(design.verilog, design.top) == ""


def test_latency_and_peak_equal_the_stated_ones():
    memory = Multiport(ports=3).described()
    assert (memory.latency, memory.peak, memory.unit) == (2, 3, "access")


def test_words_have_whole_bytes():
    with pytest.raises(ParameterError, match="width=12: width must be a multiple of 8"):
        Multiport(width=12)
