"""Bench of the core: programs from DRAM, registers by AXI4-Lite, DRAM compared with the golden model's afterwards.

The DRAM is Verilog beside the core (`sim.stage`), so that nothing here wakes while a program runs.
"""

import time
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, First, RisingEdge, Timer

from ..golden.cores.systola import run
from ..runner.axi import PERIOD
from ..runner.job import Job, Outcome, save_outcome
from ..stimulus.cores.runs import Ran, Run, load_changes, load_memory, save_memory

REGISTERS = {"control": 0x04, "status": 0x08, "entry": 0x0C, "error": 0x10, "pc": 0x14, "pending": 0x18}
COUNTERS = (
    "cycles",
    "rows",
    "lost_instruction",
    "lost_sync",
    "lost_weights",
    "lost_activations",
    "lost_fill",
    "load",
    "store",
    "vector",
    "sync",
    "read_beats",
    "write_beats",
    "instructions",
)
"""The registers from 0x40 on."""
START, STOP, DONE = 1, 2, 1
STAGE = ("latency", "stall", "fault_first", "fault_last", "fault_code", "load", "dump", "record", "number", "last")
ABORTED = 8


@cocotb.test()
async def core(dut):
    job = Job.load()
    outcome = Outcome()
    system = System(dut, job.parameters)
    await system.reset(job.inputs)
    results = []
    for number, case in enumerate(job.cases):
        ran = await system.run(number, case)
        outcome.cases += 1
        outcome.seconds += ran.seconds
        outcome.cycles += ran.counters["cycles"]
        outcome.case_cycles.append(ran.counters["cycles"])
        outcome.work += ran.counters["rows"] * job.parameters["size"] ** 2
        if case.golden:
            compare(f"case {number}", job.parameters, case, ran, outcome)
        results.append(ran if job.keep else None)
    save_outcome(outcome, results)
    assert not outcome.mismatches, "; ".join(outcome.examples)


def compare(where: str, parameters: dict, case: Run, ran: Ran, outcome: Outcome):
    """Hold a run to the golden model, and the counters to their law."""

    def expect(what: str, got, wanted):
        outcome.checked += 1
        if got != wanted:
            outcome.mismatches += 1
            outcome.examples.append(f"{where}: {what} is {got}, expected {wanted}")

    golden = run(parameters, case.dram, case.program, faults=[case.fault] if case.fault else [])
    lost = sum(count for name, count in ran.counters.items() if name.startswith("lost_"))
    expect("rows and lost cycles together", ran.counters["rows"] + lost, ran.counters["cycles"])
    expect("error", ran.error, golden.error)
    expect("pc", ran.pc, golden.pc)
    if not ran.error:
        expect("rows", ran.counters["rows"], golden.rows)
        expect("instructions", ran.counters["instructions"], golden.instructions - 1)  # HALT does not leave
    wrong = np.flatnonzero((ran.dram != golden.dram) & ~golden.uncertain)
    outcome.checked += len(golden.dram)
    outcome.mismatches += len(wrong)
    for address in wrong[:5]:
        got, wanted = ran.dram[address], golden.dram[address]
        outcome.examples.append(f"{where}: byte {address:#x} is {got:#04x}, expected {wanted:#04x}")


class System:
    """A core's stage: `run` gives it a program and waits for the interrupt."""

    def __init__(self, dut, parameters: dict):
        self.dut, self.bytes = dut, parameters["data_width"] // 8

    async def reset(self, inputs: list[str]):
        dut = self.dut
        for name in (*STAGE, *(name for name in inputs if name.startswith("s_axil_"))):
            getattr(dut, name).value = 0
        dut.s_axil_wstrb.value, dut.s_axil_bready.value, dut.s_axil_rready.value = 15, 1, 1
        dut.rst.value = 1
        Clock(dut.clk, PERIOD, unit="ns").start()
        await Timer(4 * PERIOD, "ns")
        dut.rst.value = 0
        await Timer(2 * PERIOD, "ns")

    async def run(self, number: int, case: Run) -> Ran:
        dut = self.dut
        first, last, code = case.fault or (1, 0, 0)
        dut.number.value, dut.latency.value, dut.stall.value, dut.record.value = (
            number,
            case.latency,
            case.stall,
            case.trace,
        )
        dut.last.value = len(case.dram) // self.bytes - 1
        dut.fault_first.value, dut.fault_last.value, dut.fault_code.value = first, last, code
        save_memory(Path(f"dram{number}.hex"), case.dram, self.bytes)
        await self._pulse(dut.load)
        await self.write("entry", case.program)
        await self.write("control", START)
        began = time.perf_counter()
        await First(RisingEdge(dut.irq), Timer(case.limit * PERIOD, "ns"))
        seconds = time.perf_counter() - began
        cut = not int(dut.irq.value)
        pending = await self.read("pending")
        if cut:
            await self.write("control", STOP)
            await First(RisingEdge(dut.irq), Timer(1000 * PERIOD, "ns"))
        error = await self.read("error")
        counters = {name: await self.read(0x40 + 4 * n) for n, name in enumerate(COUNTERS)}
        pc = await self.read("pc")
        await self.write("status", DONE)
        await self._pulse(dut.dump)
        return Ran(
            dram=load_memory(Path(f"result{number}.hex"), len(case.dram)),
            error=error & 15,
            detail=error >> 4,
            pc=pc,
            counters=counters,
            pending=pending,
            cut=cut,
            seconds=seconds,
            changes=load_changes(Path(f"trace{number}.txt")) if case.trace else [],
        )

    async def read(self, register) -> int:
        dut = self.dut
        dut.s_axil_araddr.value = REGISTERS.get(register, register)
        await self._offer(("ar",), dut.s_axil_rvalid)
        return int(dut.s_axil_rdata.value)

    async def write(self, register: str, value: int):
        dut = self.dut
        dut.s_axil_awaddr.value, dut.s_axil_wdata.value = REGISTERS[register], value
        await self._offer(("aw", "w"), dut.s_axil_bvalid)

    async def _offer(self, channels: tuple[str, ...], answered):
        """One access at a time: the registers take what is offered at once, and answer in the next cycle."""
        await FallingEdge(self.dut.clk)
        for channel in channels:
            getattr(self.dut, f"s_axil_{channel}valid").value = 1
        await FallingEdge(self.dut.clk)
        for channel in channels:
            getattr(self.dut, f"s_axil_{channel}valid").value = 0
        while not int(answered.value):
            await FallingEdge(self.dut.clk)

    async def _pulse(self, port):
        await RisingEdge(self.dut.clk)
        port.value = 1
        await RisingEdge(self.dut.clk)
        port.value = 0
        await RisingEdge(self.dut.clk)
