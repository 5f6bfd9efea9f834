"""Bench of the BitBrick: every case, compared one cycle after it is driven."""

import time

import cocotb
from cocotb.triggers import FallingEdge

from ..golden.bitbrick import product
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import reader, reset, unsigned


@cocotb.test
async def bitbrick(dut):
    job, outcome = BenchJob.load(), Outcome()
    await reset(dut, job.inputs)
    read = reader(dut.product)
    started = time.perf_counter()
    for number, case in enumerate(job.cases):
        for a, a_signed, b, b_signed in case.tolist():
            dut.a.value, dut.a_signed.value, dut.b.value, dut.b_signed.value = a, a_signed, b, b_signed
            await FallingEdge(dut.clk)
            got, expected = unsigned(read()), product(a, bool(a_signed), b, bool(b_signed))
            if got != expected % 32:
                outcome.mismatches += 1
                outcome.examples.append(f"case {number}: {(a, a_signed, b, b_signed)} gives {got}, expected {expected}")
        outcome.cases += 1
        outcome.checked += len(case)
        outcome.cycles += len(case)
        outcome.case_cycles.append(len(case))
        outcome.work += len(case)
    outcome.seconds = time.perf_counter() - started
    save_outcome(outcome, [])
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])
