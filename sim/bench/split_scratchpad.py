"""Bench of parallel scratchpads: the scratchpad's bench, for all parts concurrently."""

import cocotb

from ..golden.split_scratchpad import parts
from ..runner.job import BenchJob
from .scratchpad import ScratchpadUnderTest, run


@cocotb.test
async def split_scratchpad(dut):
    job = BenchJob.load()
    await run(dut, [ScratchpadUnderTest(name, part) for name, part in parts(job.parameters).items()], job)
