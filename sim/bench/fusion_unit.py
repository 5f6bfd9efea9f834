"""Bench of the Fusion Unit: words of every mode, every sum and every cycle law compared."""

import cocotb
import numpy as np

from ..golden.fusion_unit import dots
from ..golden.integer import wrap
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned
from ..stimulus.fusion_unit import FusionUnitCase


@cocotb.test
async def fusion_unit(dut):
    job, outcome, results = BenchJob.load(), Outcome(), []
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        golden = wrap(dots(case.a, case.w, case.modes), job.parameters["acc_width"])
        words = (golden & ((1 << len(dut.m_axis_y_tdata)) - 1)).tolist()
        x = Source({"a": case.a.tolist(), "w": case.w.tolist(), "mode": [m.code for m in case.modes]}, case.gap)
        y = Sink(len(words), case.stall, {"data": []})
        await interrupt(dut, {"x": x}, {"y": case.stall}, case)
        outcome.seconds += await transfer(dut, {"x": x}, {"y": y}, seed=case.seed)

        problems = [
            f"word {n}, {case.modes[n]}: {text}, expected {word:b}"
            for n, (text, word) in enumerate(zip(y.fields["data"], words, strict=True))
            if unsigned(text) != word
        ]
        problems += _laws(case, np.array(x.cycles), np.array(y.cycles))
        cycles = y.cycles[-1] - x.cycles[0] + 1
        outcome.cases += 1
        outcome.checked += len(words)
        outcome.work += sum(mode.values for mode in case.modes)
        outcome.cycles += cycles
        outcome.case_cycles.append(cycles)
        outcome.output_cycles.append(y.cycles)
        outcome.mismatches += len(problems)
        outcome.examples += [f"case {number}: {problem}" for problem in problems[:3]]
        if job.keep:
            results.append(golden)
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _laws(case: FusionUnitCase, taken: np.ndarray, given: np.ndarray):
    """Violated cycle laws, in words: words were `taken` and sums `given` in these cycles."""
    if case.idle_free:
        taken = np.zeros_like(taken)  # the input is never the bottleneck
    start, law = 0, []
    for mode, cycle in zip(case.modes, taken, strict=True):
        start = max(start, cycle + 1)
        law.append(start + mode.cycles + 1)
        start += mode.cycles
    late = given - law
    if late.min() < 0 or (not case.stall and late.max() > 0):
        worst = int(np.abs(late).argmax())
        yield f"sum {worst}, {case.modes[worst]}, came in cycle {given[worst]}, expected {law[worst]}"
