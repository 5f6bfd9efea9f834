"""Bench of the temporal design: sixteen products of every mode, slice by slice, all compared, and the cycle laws."""

import cocotb
import numpy as np

from ..golden import integer
from ..golden.fusion_temporal import beats, cycles, product
from ..golden.fusion_unit import BRICKS
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned

LATENCY = 2


@cocotb.test
async def fusion_temporal(dut):
    job, outcome, results = BenchJob.load(), Outcome(), []
    acc_width = job.parameters["acc_width"]
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        parts = [beats(case.a[n : n + 1], case.w[n : n + 1], mode) for n, mode in enumerate(case.modes)]
        needed = np.array([cycles(mode) for mode in case.modes])
        x = Source(
            {
                "a": np.concatenate([a for a, _ in parts]).tolist(),
                "w": np.concatenate([w for _, w in parts]).tolist(),
                "mode": [mode.code for mode, count in zip(case.modes, needed, strict=True) for _ in range(count)],
            },
            case.gap,
        )
        words = integer.pack(product(case.a, case.w), acc_width)
        y = Sink(len(words), case.stall, {"data": []})
        await interrupt(dut, {"x": x}, {"y": case.stall}, case)
        outcome.seconds += await transfer(dut, {"x": x}, {"y": y}, seed=case.seed)

        problems = [
            f"products {n}, {case.modes[n]}: {text}, expected {word:b}"
            for n, (text, word) in enumerate(zip(y.fields["data"], words, strict=True))
            if unsigned(text) != word
        ]
        late = np.array(y.cycles) - np.array(x.cycles)[np.cumsum(needed) - 1]
        if late.min() < LATENCY or (not case.stall and late.max() > LATENCY):
            problems.append(f"from x to y: {late.min()} to {late.max()} cycles, expected {LATENCY}")
        if case.idle_free and x.cycles != list(range(x.beats)):
            problems.append(f"{x.beats} beats came in {x.cycles[-1] + 1} cycles")
        outcome.cases += 1
        outcome.checked += len(words) * BRICKS
        outcome.work += len(words) * BRICKS
        outcome.cycles += y.cycles[-1] - x.cycles[0] + 1
        outcome.case_cycles.append(y.cycles[-1] - x.cycles[0] + 1)
        outcome.output_cycles.append(y.cycles)
        outcome.mismatches += len(problems)
        outcome.examples += [f"case {number}: {problem}" for problem in problems[:3]]
        if job.keep:
            results.append(product(case.a, case.w))
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])
