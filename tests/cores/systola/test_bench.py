"""The bench detects faults: each of these designs has one fault."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.accelerators.systola.compiler import compile
from systola.gen.compile.layers import DramTensor, PoolingLayer
from systola.gen.generators import find
from systola.gen.run.tasks import GemmTask
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError
from systola.sim.stimulus.runs import Run

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "sync that does not wait for the accumulators": (r"! pending_array;", "1'h1;"),
    "sums instead of maxima": (r"\$signed\(value0\) > \$signed\(window0\)", "1'h0"),
    "a loop that runs once more": (r"loop0\[39:24\] != 1'h1", "loop0[39:24] != 1'h0"),
    "beats in the wrong scratchpad": (r"(load_skid__o__payload\[10:0\]) >= 11'h400", r"\1 >= 11'h3ff"),
    "results one row off": (r"\{ row_target\[7:0\], array__y__payload", "{ row_target[7:1], 1'h1, array__y__payload"),
    "a lost cycle that is not counted": (r"(count_lost_sync) \+ [^;]*;", r"\1;"),
    "a fault at the instruction being issued": (r"failed \? fault\[32:9\] :", "failed ? engine__pc :"),
    "an engine that is not reset": (r"assign (\w+) = rst \| \w+;", r"assign \1 = rst;"),
    "a table that is not used": (r"(y_payload =) mode\[3\] \? [^:]*: plain;", r"\1 plain;"),
    "a product without SCALE_A": (
        r"\$signed\(mode\[22:5\]\) \+ (\$signed\(\w+\))",
        r"(mode[4] ? \1 : $signed(mode[22:5]))",
    ),
    "a product without SCALE_B": (r"(lanes__mode\[1\] = current\[7\]) \| current\[10\];", r"\1;"),
    "activations instead of weights": (r"\? weights__o__payload\[31:0\] :", "? read_b__o__payload[31:0] :"),
    "a SECOND_KX that is ignored": (r"second_kx, window_x, second__i", "12'h000, window_x, second__i"),
    "a SECOND_KY that is ignored": (r"second_ky, window_y, second_kx", "12'h000, window_y, second_kx"),
    "a wrong identity": (r"16'h5359", "16'h5358"),
    "address bits above 8 MiB lost": (r"= (m_axi__a[rw]__payload)\[32:1\];", r"= { 9'h000, \1[23:1] };"),
    "an entry that cannot be read": (r"ar_entry \? entry_address :", "ar_entry ? 32'd0 :"),
    "a response that does not wait": (r"(__r__ready\()s_axil_rready\)", r"\1 1'h1)"),
    "an instruction number of 11 bits": (r"(else if \(\w+\) pc <=) (\w+);", r"\1 { 13'h0000, \2[10:0] };"),
    "errors of stores that are lost": (r"(\{ )m_axi_bresp", r"\1 2'h0"),
}
BREAKS = Breaks("systola", BROKEN, **ACCELERATOR.presets["small"])
REPORTED = {"a response that does not wait"}
"""Faults at which the host of the bench stops."""
FAST = ("beats in the wrong scratchpad",)


def scheduled(work, small: dict) -> list[Run]:
    """Programs whose units follow each other as closely as possible: products of few rows, and pooling."""
    p, runs = SystolaParameters(**small), []
    for rows, order in ((1, "serial"), (3, "overlapped"), (24, "synchronised")):
        drawn, job = work(GemmTask.check(m=rows, k=32, n=8), p, order=order)
        runs.append(Run(job.dram(drawn.inputs), job.entry))
    x = np.random.default_rng(1).integers(-128, 128, (1, 6, 6, 8), dtype=np.int8)
    program, _ = compile(p, [PoolingLayer(DramTensor(0, *x.shape), 512, (3, 3), (1, 1), True)])
    dram = np.zeros(1024, np.uint8)
    dram[: x.size] = x.view(np.uint8).ravel()
    return [*runs, Run(np.concatenate([dram, np.frombuffer(program.encode(), np.uint8)]), len(dram))]


@pytest.mark.slow
def test_the_unmodified_design_passes(work, small):
    cases = scheduled(work, small) + find("systola").cases(BREAKS.design.parameters, 40, 1)
    assert simulate(BREAKS.design, cases, timeout=200)[0].mismatches == 0


@pytest.mark.parametrize("what", [pytest.param(w, marks=[] if w in FAST else pytest.mark.slow) for w in BROKEN])
def test_broken_designs_fail(work, small, what):
    cases = scheduled(work, small) + find("systola").cases(BREAKS.design.parameters, 40, 1)
    if what in REPORTED:
        with pytest.raises(SimulatorError, match="changes"):
            simulate(BREAKS.broken(what), cases, timeout=200)
    else:
        assert simulate(BREAKS.broken(what), cases, timeout=200)[0].mismatches > 0
