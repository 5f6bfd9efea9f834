"""Bench of the broadcast matrix unit: the systolic bench, with the tree's own sums and its own cycle law."""

import cocotb

from ..golden import broadcast
from ..runner.job import BenchJob
from .systolic import ArrayModel, run


class Tree(ArrayModel):
    def product(self, a, w):
        return broadcast.product(a, w, self.p["acc_width"], self.multiply)

    def cycles(self, lengths, tables):
        return broadcast.cycles(
            self.p["rows"], lengths, registers=self.registers, buffered=self.buffered, tables=tables
        )


@cocotb.test
async def broadcast_unit(dut):
    job = BenchJob.load()
    await run(dut, Tree(job.parameters), job)
