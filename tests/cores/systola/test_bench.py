"""The bench fails where it should: each of these cores is broken in one place."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.compiler import compile
from systola.gen.compile.layers import Pooling, Tensor
from systola.gen.generators import find
from systola.gen.run.tasks import GemmTask
from systola.gen.verilog.verilog import generate
from systola.hw.cores.systola.core import Systola
from systola.hw.cores.systola.parameters import CoreParameters
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.cores.runs import Run

SMALL = {"size": 4, "data_width": 32, "activation_bytes": 4096, "weight_bytes": 4096, "accumulators": 128}
BROKEN = {  # what is broken: text, what stands there instead
    "sync that does not wait for the accumulators": (r"_(\d+) = ! pending_array;", r"_\1 = 1'h1;"),
    "maxima that are sums": (r"\$signed\(value0\) > \$signed\(window0\)", "1'h0"),
    "a loop that runs once more": (r"loop0\[39:24\] != 1'h1", "loop0[39:24] != 1'h0"),
    "beats in the wrong scratchpad": (r"(load_skid__o__payload\[10:0\]) >= 11'h400", r"\1 >= 11'h3ff"),
    "results a row too far": (r"going__o\[7:0\], array__y__payload", "going__o[7:1], 1'h1, array__y__payload"),
    "a lost cycle that is not counted": (r"count_lost_sync \+ now\[3\]", "count_lost_sync"),
}
FAST = ("beats in the wrong scratchpad",)


@pytest.fixture(scope="module")
def design():
    return generate("core", Systola(**SMALL))


def scheduled() -> list[Run]:
    """Programs in which units follow each other as closely as they may: products of few rows, and pooling."""
    core, runs = CoreParameters(**SMALL), []
    for rows, order in ((1, "serial"), (3, "overlapped"), (24, "synchronised")):
        task = GemmTask.check(m=rows, k=32, n=8).task(core, order, 1)
        runs.append(Run(task.image.bytes(), task.at))
    x = np.random.default_rng(1).integers(-128, 128, (1, 6, 6, 8), dtype=np.int8)
    program, _ = compile(core, [Pooling(Tensor(0, *x.shape), 512, (3, 3), (1, 1), True)])
    dram = np.zeros(1024, np.uint8)
    dram[: x.size] = x.view(np.uint8).ravel()
    return [*runs, Run(np.concatenate([dram, np.frombuffer(program.encode(), np.uint8)]), len(dram))]


@pytest.mark.slow
def test_the_core_that_is_broken_below_is_right(design):
    assert simulate(design, scheduled(), timeout=200)[0].mismatches == 0


@pytest.mark.parametrize("what", [pytest.param(w, marks=[] if w in FAST else pytest.mark.slow) for w in BROKEN])
def test_broken_cores_fail(spoil, design, what):
    cases = scheduled() + find("core").cases(design.parameters, 16, 5)
    assert simulate(spoil(design, *BROKEN[what]), cases, timeout=200)[0].mismatches > 0
