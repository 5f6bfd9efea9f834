"""Banked scratchpad: all shapes through the bench, full rate, and no read concurrent with a write in a bank."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.memory.scratchpad import Scratchpad
from systola.sim.golden.scratchpad import expected_rate
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.scratchpad import ScratchpadCase, stride, uniform

SMALL = {"ports": 4, "banks": 4, "width": 32, "depth": 64}


@pytest.mark.parametrize(
    "parameters",
    [
        SMALL,
        {"ports": 1, "banks": 1, "width": 8, "depth": 2, "counters": 0, "style": "huge"},
        pytest.param(
            {"ports": 3, "banks": 2, "width": 16, "depth": 36, "sram_latency": 2, "buffer": 0, "counters": 3},
            marks=pytest.mark.slow,
        ),
        {"ports": 4, "banks": 2, "width": 8, "depth": 16, "priority_ports": 2, "sram_latency": 3},
        pytest.param({"ports": 3, "banks": 4, "width": 8, "depth": 24, "interleave": "xor"}, marks=pytest.mark.slow),
        {
            "ports": 5,
            "banks": 8,
            "width": 24,
            "depth": 64,
            "interleave": "block",
            "sram_latency": 2,
            "lanes": "byte",
            "read_enable": True,
        },
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_every_access_in_its_cycle(check, parameters):
    check("scratchpad", **parameters)


def test_columns_are_also_read_at_four_per_cycle():
    """Words at a stride of the number of banks: all in one bank with interleave low, in different banks with xor."""
    rates = {}
    for interleave in ("low", "xor"):
        parameters = SMALL | {"interleave": interleave}
        columns = {
            port: [replace(request, addr=request.addr * 4 % 64) for request in requests]
            for port, requests in stride(parameters, 16).requests.items()
        }
        outcome, _ = simulate(generate("scratchpad", Scratchpad(**parameters)), [ScratchpadCase(columns)])
        assert outcome.mismatches == 0, outcome.examples
        rates[interleave] = outcome.case_cycles[0]
    assert rates["xor"] == 16 + 2
    assert rates["low"] >= 4 * 16


def test_neighbours_in_four_banks_are_read_at_four_per_cycle():
    """Each port reads consecutive words.

    From different banks they never wait. From the same bank they queue once, and never wait again.
    """
    design = generate("scratchpad", Scratchpad(**SMALL))
    length = 200
    cases = [stride(SMALL, length), stride(SMALL, length, starts=[0, 0, 0, 0])]
    outcome, traces = simulate(design, cases, keep=True)
    assert outcome.mismatches == 0, outcome.examples
    for accepted, responded in traces[0].values():
        assert accepted == list(range(length))
        assert responded == [cycle + 2 for cycle in accepted]
    steady = range(10, length)  # cycles in which all are in progress
    for trace in traces:
        assert sum(cycle in steady for _, responded in trace.values() for cycle in responded) == 4.00 * len(steady)
    assert outcome.case_cycles == [length + 2, length + 5]


def test_uniform_reads_have_the_rate_of_the_markov_chain():
    design = generate("scratchpad", Scratchpad(**SMALL))
    case = uniform(SMALL, np.random.default_rng(4), 4000, kind="reads")
    outcome, (trace,) = simulate(design, [case], keep=True)
    assert outcome.mismatches == 0, outcome.examples
    end = min(responded[-1] for _, responded in trace.values())
    rate = sum(cycle < end for _, responded in trace.values() for cycle in responded) / (end - 2)
    assert rate == pytest.approx(expected_rate(4, 4), rel=0.015)


def test_no_bank_reads_and_writes_in_the_same_cycle(tmp_path):
    """Proven by induction, for every input: no bank reads and writes in the same cycle."""
    text = generate("scratchpad", Scratchpad(ports=3, banks=2, width=8, depth=12, counters=0)).verilog
    bank = re.search(r"module scratchpad__bank_\w+ \(.*?\);\n", text, re.S)[0]
    assert "input [12:0] access" in bank  # row: 3 bits, read, strobe, data
    text = text.replace(bank, f"{bank}  always @* assert(!(access[3] && access[4]));\n")
    # The contents of a request's register are both the reason and an invariant that shortens the induction.
    port = re.search(r"(?s)module scratchpad__scratchpad_port_.*?(?=endmodule)", text)[0]
    text = text.replace(port, f"{port}  always @* assert(!(read && strobe));\n")
    assert _proves(tmp_path, text)
    broken = text.replace("strobe <= 1'h0;", "strobe <= 1'h1;")
    assert broken != text
    assert not _proves(tmp_path, broken)


def _proves(folder, text):
    passes = ["opt -full", "chformal -lower", "memory_map", "opt -full"]
    return _yosys(folder, text, *passes, "sat -verify -tempinduct -prove-asserts scratchpad")


def _yosys(folder, text, *passes):
    """Whether Yosys completes the passes."""
    (folder / "design.v").write_text(text)
    passes = ["read_verilog -sv -formal design.v", "hierarchy -top scratchpad", "proc", "flatten", *passes]
    code = f"from pyosys import libyosys as y; d = y.Design(); [(d.run_pass(p), print('done', p)) for p in {passes!r}]"
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
    assert f"done {passes[-2]}" in run.stdout
    return run.returncode == 0


@pytest.mark.parametrize("parameters", [SMALL, SMALL | {"buffer": 0, "depth": 48, "sram_latency": 3}])
def test_lint_is_clean_and_no_combinational_path_exists(tmp_path, parameters):
    design = generate("scratchpad", Scratchpad(**parameters))
    assert lint(design.verilog, design.top) == ""
    passes = ["opt_clean", "memory -nomap", "delete t:$*dff* t:$mem*"]  # cut at state elements
    assert _yosys(tmp_path, design.verilog, *passes, "select -assert-none o:* %ci* i:* %i")
    assert not _yosys(tmp_path, design.verilog, "opt_clean", "select -assert-none o:* %ci* i:* %i")


def test_a_bank_an_arbiter_and_a_port_are_emitted_once():
    small = generate("scratchpad", Scratchpad(**SMALL))
    large = generate("scratchpad", Scratchpad(**SMALL | {"ports": 7, "banks": 8}))
    assert small.modules == large.modules == 7  # top, body, port, arbiter, bank, two multiplexers


def test_stated_facts():
    pad = Scratchpad(ports=4, banks=8, sram_latency=2).described()
    assert (pad.latency, pad.peak, pad.unit) == (3, 4, "access")
    ports = generate("scratchpad", Scratchpad(buffer=0, counters=0)).ports
    assert "port3_rsp_ready" not in ports
    assert "port3_waits" not in ports
    assert ports["port3_req_addr"] == ("input", 12)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"banks": 3}, "banks=3: banks must be a power of two from 1 to 32."),
        ({"width": 12}, "width=12: width must be a multiple of 8 from 8 to 512."),
        ({"depth": 6}, "depth=6: depth must be a multiple of banks=4, at least two words per bank."),
        ({"depth": 12, "interleave": "block"}, "depth=12: with interleave=block, depth must be a power of two."),
        ({"ports": 17}, "ports=17: ports must be an integer from 1 to 16."),
        ({"ports": 4, "priority_ports": 4}, "priority_ports=4: priority_ports must be less than ports=4."),
    ],
)
def test_illegal_parameters(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        Scratchpad(**parameters)
    assert str(error.value) == sentence


def test_the_generator_runs_the_requested_number_of_cases():
    assert len(find("scratchpad").cases(dict(Scratchpad(**SMALL).described().p), 7, 1)) == 7
