"""Bench of the outer-product engine: a product by its registers; its memory byte for byte, its status, its cycles."""

import random
import time

import cocotb
import numpy as np
from cocotb.triggers import First, RisingEdge, Timer
from cocotbext.axi import AxiLiteBus, AxiLiteMaster
from cocotbext.axi.constants import AxiResp

from ..golden.cores.outer_product import BEATS, SIZE, legal, run
from ..runner.axi import PERIOD, Memory
from ..runner.job import Job, Outcome, save_outcome
from ..runner.streams import reset
from ..stimulus.cores.outer_product import CHANNELS, MEMORY, Case

REGISTERS = {"identity": 0, "control": 4, "status": 8, "a": 12, "w": 16, "y": 20, "depth": 24, "rows": 28, "cycles": 32}
DONE, RUNNING, REFUSED, FAILED = 1, 2, 4, 8
LIMIT = 100_000
"""Cycles after which an engine is given up."""


@cocotb.test
async def outer_product(dut):
    job, outcome = Job.load(), Outcome()
    memory = Memory(dut, "m_axi", MEMORY)
    buses = ("m_axi_", "s_axil_")
    await reset(dut, [port for port in job.inputs if not port.startswith(buses)])
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
    for interface in (master.read_if, master.write_if):
        interface.log.setLevel("WARNING")
    for number, case in enumerate(job.cases):
        await _run_case(dut, memory, Host(master), job.parameters, case, f"case {number}", outcome)
    save_outcome(outcome, [])
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, "; ".join(outcome.examples[:5])


class Host:
    """Registers by name."""

    def __init__(self, master):
        self.master = master

    async def read(self, name: str) -> int:
        return await self.master.read_dword(REGISTERS[name])

    async def write(self, name: str, value: int):
        await self.master.write_dword(REGISTERS[name], value)


async def _run_case(dut, memory: Memory, host: Host, p: dict, case: Case, name: str, outcome: Outcome):
    rng, expected = random.Random(case.seed), case.memory.copy()
    does = legal(p, case.depth, case.rows)
    if does:
        run(expected, case.a, case.w, case.y, case.depth, case.rows)
    memory.ram.write(0, case.memory.tobytes())
    memory.faults = [(*case.fault, AxiResp.SLVERR)] if case.fault else []
    for channel in CHANNELS:
        memory.pause(channel, case.pauses.get(channel, 0.0), rng.randrange(1 << 30))
    for register in ("a", "w", "y", "depth", "rows"):
        await host.write(register, getattr(case, register))
    began = time.perf_counter()
    await host.write("control", 1)
    if not int(dut.irq.value):
        await First(RisingEdge(dut.irq), Timer(LIMIT * PERIOD, "ns"))
    outcome.seconds += time.perf_counter() - began

    def expect(what: str, found, wanted):
        outcome.checked += 1
        if found != wanted:
            outcome.mismatches += 1
            outcome.examples.append(f"{name}: {what} is {found}, expected {wanted}")

    expect("identity", await host.read("identity"), p["depth"] << 16 | 0x4F50)
    status = DONE | (REFUSED if not does else FAILED if case.fault else 0)
    expect("status", await host.read("status"), status)
    await host.write("status", DONE)
    expect("status afterwards", await host.read("status"), status & ~DONE)
    expect("the interrupt", int(dut.irq.value), 0)
    cycles = await host.read("cycles")
    outcome.cases += 1
    outcome.cycles += cycles
    outcome.case_cycles.append(cycles)
    if does:
        outcome.work += SIZE**2 * BEATS * case.depth * case.rows
    if case.fault:
        return
    found = np.frombuffer(memory.ram.read(0, MEMORY), np.uint8)
    outcome.checked += MEMORY
    if len(wrong := np.flatnonzero(found != expected)):
        outcome.mismatches += len(wrong)
        at = wrong[0]
        outcome.examples.append(f"{name}: byte {at:#x} is {found[at]:#04x}, expected {expected[at]:#04x}")
