"""Bench of the AXI4 memory: concurrent cocotbext-axi masters, every byte and response compared."""

import random
import time
from typing import Any

import cocotb
from cocotb.triggers import Combine, with_timeout
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiBus, AxiMaster

from ..golden.axi_memory import LATENCY, AxiMemory
from ..runner.axi import PERIOD, ProtocolChecker, halves
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import LONGEST, reset
from ..stimulus.axi_memory import AxiMemoryCase

PATIENCE = 3000
"""Cycles without a handshake after which the bench gives up."""


class AxiMemoryMaster:
    """Bus and its master."""

    def __init__(self, dut, number: int):
        self.axi: Any = AxiMaster(AxiBus.from_prefix(dut, f"s_axi{number}"), dut.clk, dut.rst)
        self.watch = ProtocolChecker(dut, f"s_axi{number}")
        reads, writes = halves(self.axi)
        for interface in (reads, writes):
            interface.log.setLevel("WARNING")
        self.channels = {
            "aw": writes.aw_channel,
            "w": writes.w_channel,
            "b": writes.b_channel,
            "ar": reads.ar_channel,
            "r": reads.r_channel,
        }

    def pause(self, pauses: dict[str, float], rng: random.Random):
        for name, channel in self.channels.items():
            channel.clear_pause_generator()
            channel.pause = False
            if chance := pauses.get(name, 0.0):
                draw = random.Random(rng.randrange(1 << 30)).random
                channel.set_pause_generator(iter(lambda draw=draw, chance=chance: draw() < chance, None))

    async def run(self, accesses, golden: AxiMemory, problems: list[str]) -> int:
        """Issue the accesses; return the number of bytes compared."""
        checked = 0
        for access in accesses:
            if access.data is not None:
                code = golden.write(access.address, access.data)
                said = (await self.axi.write(access.address, access.data, size=access.size)).resp
            else:
                data, code = golden.read(access.address, access.length)
                found = await self.axi.read(access.address, access.length, size=access.size)
                said = found.resp
                if data is not None and found.data != data:
                    problems.append(f"{access}: {found.data.hex(' ')}, expected {data.hex(' ')}")
                checked += access.length
            checked += 1
            if said != code:
                problems.append(f"{access}: response {said}, expected {code}")
        return checked


@cocotb.test
async def axi_memory(dut):
    job, outcome = BenchJob.load(), Outcome()
    golden = AxiMemory(job.parameters["bytes"])
    masters = [AxiMemoryMaster(dut, number) for number in range(job.parameters["masters"])]
    await reset(dut, [port for port in job.inputs if not port.startswith("s_axi")])
    cocotb.start_soon(_watch(dut, [master.watch for master in masters]))
    started = time.perf_counter()
    for number, case in enumerate(job.cases):
        await _run_case(dut, masters, golden, case, f"case {number}", outcome)
    outcome.seconds = time.perf_counter() - started
    save_outcome(outcome, [])
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


async def _watch(dut, watches: list[ProtocolChecker]):
    cycle = moved = 0
    while True:
        await dut.clk.falling_edge
        for watch in watches:
            if watch(cycle):
                moved = cycle
        assert cycle - moved < PATIENCE, f"nothing moved for {PATIENCE} cycles"
        cycle += 1


async def _run_case(
    dut, masters: list[AxiMemoryMaster], golden: AxiMemory, case: AxiMemoryCase, name: str, outcome: Outcome
):
    rng, problems = random.Random(case.seed), []
    for master in masters:
        master.pause(case.pauses, rng)
        master.watch.span.clear()
        master.watch.beats = dict.fromkeys(master.watch.beats, 0)
    started = get_sim_time("ns")
    tasks = [
        cocotb.start_soon(master.run(accesses, golden, problems))
        for master, accesses in zip(masters, case.masters, strict=True)
    ]
    await with_timeout(Combine(*tasks), LONGEST * PERIOD, "ns")
    cycles = int(get_sim_time("ns") - started) // PERIOD
    for master in masters:
        problems += master.watch.errors
        master.watch.errors.clear()
    beats = [master.watch.beats["r"] + master.watch.beats["w"] for master in masters]
    outcome.cases += 1
    outcome.checked += sum(task.result() for task in tasks)
    outcome.work += sum(beats)
    outcome.cycles += cycles
    outcome.case_cycles.append(cycles)
    spans = {channel: (masters[0].watch.beats[channel], *span) for channel, span in masters[0].watch.span.items()}
    outcome.spans.append(spans)
    if case.alone_reads and not problems:
        count, first, last = spans["r"]
        problems += _laws(count, first - spans["ar"][1], last - first + 1)
    outcome.mismatches += len(problems)
    outcome.examples += [f"{name}: {problem}" for problem in problems[:3]]


def _laws(beats: int, latency: int, cycles: int):
    """Violated cycle laws of a burst of reads without concurrent traffic, in words."""
    if latency != LATENCY or cycles != beats:
        yield f"{beats} beats came {latency} cycles after the address, in {cycles} cycles"
