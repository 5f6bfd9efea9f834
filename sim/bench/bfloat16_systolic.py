"""Bench of the bfloat16 systolic array: the systolic bench, every fp32 word compared bit by bit."""

import cocotb

from ..golden import bfloat16_systolic
from ..runner.job import BenchJob
from ..stimulus.systolic import SystolicCase
from .systolic import ArrayModel, run


class Floating(ArrayModel):
    def __init__(self, parameters: dict):
        codes = {"a_format": "uint16", "w_format": "uint16", "acc_width": 32}
        super().__init__(parameters | codes | {"operand_register": True, "product_register": True})

    def product(self, a, w):
        return bfloat16_systolic.product(a, w, self.p["subnormals"])

    def law(self, case: SystolicCase) -> int:
        p = self.p
        return bfloat16_systolic.cycles(
            p["rows"], p["cols"], self.lengths(case), subnormals=p["subnormals"], buffered=self.buffered
        )


@cocotb.test
async def bfloat16_array(dut):
    job = BenchJob.load()
    await run(dut, Floating(job.parameters), job)
