"""Bench of every accelerator: executions through its registers; DRAM, errors and counters are compared with the golden
model."""

import importlib
import random
import time
from itertools import repeat

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import Timer

from ..golden.result import GoldenResult
from ..runner.axi import PERIOD
from ..runner.dram import DramSettings
from ..runner.host import HarnessDram, Host, reset
from ..runner.job import BenchJob, Outcome, save_outcome
from ..stimulus.runs import Run, RunResult
from .register_access import RegisterTraffic

START, STOP, DONE, RUNNING = 1, 2, 1, 2
STOPS = 20_000
"""Cycles from a stop to the interrupt, at most."""
DELAYS = (0, 0, 1, 5)
"""Cycles for which a register's response may be stalled."""
MOST = 5_000
"""Cycles to a reset in mid-run, at most."""
SHORTEST = 2
"""Cycles of the shortest reset: that of the engine is a register, so it withdraws its requests one cycle later."""
QUIET = 300
"""Cycles after the interrupt of a stopped execution for which its DRAM is observed."""
MAGIC = 0xFFFF


@cocotb.test()
async def accelerator(dut):
    job, outcome = BenchJob.load(), Outcome()
    Clock(dut.clk, PERIOD, unit="ns").start()
    machine = AcceleratorUnderTest(dut, job.facts)
    await machine.begin()
    await machine.check_registers(outcome)
    golden, results = importlib.import_module(job.facts["golden"]), []
    for number, case in enumerate(job.cases):
        ran = await machine.run(case)
        outcome.cases += 1
        outcome.seconds += ran.seconds
        outcome.cycles += ran.counters["cycles"]
        outcome.case_cycles.append(ran.counters["cycles"])
        outcome.work += ran.counters.get(job.facts.get("work", ""), 0)
        check = CaseCheck(f"case {number}", outcome)
        check.equal("identity", await machine.read("identity") & MAGIC, job.facts["identity"])
        check.equal("entry", await machine.read("entry"), case.start)
        check.equal("status at the interrupt", ran.status, DONE)
        check.equal("status afterwards", await machine.read("status"), 0)
        check.equal("violation of AXI4 by a master", int(dut.bus_violation.value), 0)
        causes = sum(ran.counters[name] for name in job.facts["causes"])
        check.equal("causes of all cycles together", causes, ran.counters["cycles"])
        for name, most in case.most.items():
            check.equal(f"counter {name}, at most {most},", ran.counters[name], min(most, ran.counters[name]))
        if case.golden:
            place = {"base": case.base} if case.base else {}
            faults = [case.fault] if case.fault else []
            check.run(ran, golden.run(job.parameters, case.dram, case.entry, faults=faults, **place))
        results.append(ran if job.keep else None)
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, "; ".join(outcome.examples[:5])


class CaseCheck:
    """Comparisons of one case, and their count."""

    def __init__(self, where: str, outcome: Outcome):
        self.where, self.outcome = where, outcome

    def equal(self, what: str, found, expected):
        self.outcome.checked += 1
        if found != expected:
            self.outcome.mismatches += 1
            self.outcome.examples.append(f"{self.where}: {what} is {found}, expected {expected}")

    def run(self, ran: RunResult, golden: GoldenResult):
        """Compare an execution with that of the golden model."""
        self.equal("error", ran.error, golden.error)
        self.equal("pc", ran.at, golden.at)
        if not ran.error:
            for name, count in golden.counters.items():
                self.equal(f"counter {name}", ran.counters[name], count)
        wrong = np.flatnonzero((ran.dram != golden.dram) & ~golden.uncertain)
        self.outcome.checked += len(golden.dram)
        self.outcome.mismatches += len(wrong)
        for address in wrong[:5]:
            found, expected = ran.dram[address], golden.dram[address]
            self.outcome.examples.append(f"{self.where}: byte {address:#x} is {found:#04x}, expected {expected:#04x}")


class AcceleratorUnderTest:
    """Accelerator in its harness."""

    def __init__(self, dut, facts: dict):
        self.dut, self.facts = dut, facts
        self.host, self.dram = Host(dut), HarnessDram(dut)

    async def begin(self):
        """Drive every input, and reset."""
        dut = self.dut
        for port in ("set", "set_number", "set_field", "set_value"):
            getattr(dut, port).value = 0
        for port in ("awaddr", "awprot", "awvalid", "wdata", "wvalid", "araddr", "arprot", "arvalid"):
            getattr(dut, f"s_axil_{port}").value = 0
        await reset(dut)

    async def check_registers(self, outcome: Outcome):
        """Access all registers of the idle machine, with stalls on all channels and all byte strobes in turn."""
        offsets = self.facts["registers"]
        before = {name: await self.read(name) for name in offsets if name != "entry"}
        check = CaseCheck("registers of the idle machine", outcome)
        for strobes in range(1, 16):
            traffic = RegisterTraffic(self.dut, offsets, strobes)
            outcome.checked += await traffic.run()
            outcome.mismatches += len(traffic.errors)
            outcome.examples += [f"{check.where}: {error}" for error in traffic.errors]
            check.equal("entry", await self.read("entry"), traffic.value)
        for name, value in before.items():
            check.equal(name, await self.read(name), value)

    async def read(self, register: str) -> int:
        return await self.host.read(self.facts["registers"][register])

    async def write(self, register: str, value: int):
        await self.host.write(self.facts["registers"][register], value)

    async def run(self, case: Run) -> RunResult:
        """Execute from start to interrupt."""
        settings = DramSettings(
            latency=case.latency,
            stall=case.stall,
            faults=(case.fault,) if case.fault else (),
            fault_beat=(0, *case.fault_beat) if case.fault_beat else None,
            size=len(case.dram),
            base=case.base,
        )
        chance = random.Random(case.seed)
        self.host.delays = iter(lambda: chance.choice(DELAYS), None) if case.seed else repeat(0)
        await self.dram.configure(settings)
        if case.reset is not None:  # it begins, and a reset in mid-run ends it
            await self.dram.load(case.dram)
            await self.write("entry", case.start)
            await self.write("control", START)
            await Timer(int(MOST ** (0.25 + 0.75 * case.reset)) * PERIOD, "ns")
            await reset(self.dut, chance.randrange(SHORTEST, SHORTEST + 3))
            check = [(name, await self.read(name)) for name in ("status", "error", "entry")]
            assert not any(value for _, value in check), f"after a reset in mid-run: {check}"
        await self.dram.load(case.dram)
        await self.write("entry", case.start)
        if case.trace:
            await self.host.record()
        await self.write("control", START)
        began = time.perf_counter()
        if case.stop is not None:
            await Timer(max(1, case.stop) * PERIOD, "ns")
            await self.write("control", STOP)
        ended = await self.host.interrupt(case.limit)
        seconds = time.perf_counter() - began
        changes = await self.host.recorded() if case.trace else []
        pending, status = await self.read("pending"), await self.read("status")
        if not ended:
            await self.write("control", STOP)
            stopped = await self.host.interrupt(STOPS)
            assert stopped, f"no interrupt {STOPS} cycles after control.stop"
        error = await self.read("error")
        counters = {name: await self.read(name) for name in self.facts["counters"]}
        dram = await self.dram.dump(len(case.dram))
        if case.watch:  # queued transfers must not begin after the interrupt
            await Timer(QUIET * PERIOD, "ns")
            assert np.array_equal(dram, await self.dram.dump(len(case.dram))), "DRAM changes after the interrupt"
        assert not int(self.dut.bus_after_done.value), "a bus is active after the interrupt"
        ran = RunResult(
            dram=dram,
            error=error & 15,
            detail=error >> 4,
            at=await self.read("pc"),
            counters=counters,
            pending=pending,
            status=status if ended else DONE,
            cut=not ended,
            seconds=seconds,
            changes=changes,
        )
        await self.write("status", DONE)
        return ran
