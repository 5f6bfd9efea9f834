"""Cost model: its counters, those of the core's Verilog for the same programs, and its run time."""

import time

import pytest

from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.accelerators.systola.program import Program, Unit
from systola.gen.accelerators.systola.timing_model import Costs, predict
from systola.gen.run.execute import execute
from systola.gen.run.report import compare
from systola.gen.run.tasks import GemmTask
from systola.hw.cores.systola.isa import Setting
from systola.hw.cores.systola.parameters import SystolaParameters

CORE = SystolaParameters()


def test_a_load_takes_its_beats_and_the_latency():
    program = Program()
    for setting, value in (("SIZE", 3), ("COUNT0", 16), ("COUNT1", 4), ("COUNT2", 1), ("BUS_STRIDE1", 128)):
        program.set(Setting[f"LOAD_{setting}"], value)
    program.load(0, 0)
    program.sync(Unit.LOAD)
    program.halt()
    timeline = predict(CORE, program)
    assert timeline.read_beats == 64 + 2 * len(program)
    assert 64 <= timeline.busy("load") <= timeline.read_beats  # instructions in between
    slower = predict(CORE, program, Costs(latency=100))
    assert slower.cycles == timeline.cycles + 160


def test_large_targets_are_predicted_fast_and_within_the_bound(work):
    _, job = work(GemmTask.check(m=256, k=256, n=256), CORE)
    started = time.perf_counter()
    timeline = predict(CORE, job.program)
    assert time.perf_counter() - started < 2
    assert timeline.rows == 65536
    assert 0.93 < job.macs / 256 / timeline.cycles < 1


def test_each_order_is_faster_than_the_one_before(work):
    cycles = [
        predict(CORE, work(GemmTask.check(m=256, k=128, n=256), CORE, order=order)[1].program).cycles
        for order in ("serial", "reordered", "synchronised", "overlapped")
    ]
    assert cycles == sorted(cycles, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize(("m", "k", "n"), [(64, 64, 64), (200, 96, 80)])
def test_verilog_and_model_agree(work, m, k, n):
    drawn, job = work(GemmTask.check(m=m, k=k, n=n), CORE)
    ran = {
        executor: execute(ACCELERATOR, CORE, job, drawn.inputs, executor=executor) for executor in ("verilog", "model")
    }
    assert all(compare(drawn, job, run)[:2] == (m * n, 0) for run in ran.values())
    verilog, model = ran["verilog"].counters, ran["model"].counters
    assert verilog["rows"] == model["rows"]
    assert verilog["instructions"] == model["instructions"] - 1
    assert verilog["write_beats"] == model["write_beats"]
    assert abs(verilog["cycles"] / model["cycles"] - 1) < 0.15
    assert sum(ran["verilog"].lost().values()) + verilog["rows"] == verilog["cycles"]
