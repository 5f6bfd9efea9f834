"""Bench of the AXI4 memory: concurrent masters on cocotbext-axi's channels, every byte and response compared."""

import random
import time
from typing import Any

import cocotb
from cocotb.triggers import Combine, with_timeout
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiBus
from cocotbext.axi.axi_channels import (
    AxiARSource,
    AxiARTransaction,
    AxiAWSource,
    AxiAWTransaction,
    AxiBSink,
    AxiRSink,
    AxiWSource,
    AxiWTransaction,
)

from ..golden.axi_memory import LATENCY, AxiMemory
from ..runner.axi import PERIOD, ProtocolChecker
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import LONGEST, pulse, reset
from ..stimulus.axi_memory import AxiBurst, AxiMemoryCase

PATIENCE = 3000
"""Cycles without a handshake after which the bench gives up."""
RESET = 300
"""Cycles to a reset in mid-run, at most."""


class AxiMemoryMaster:
    """Bus and its master: one burst at a time, of any kind, legal or not."""

    def __init__(self, dut, number: int):
        bus: Any = AxiBus.from_prefix(dut, f"s_axi{number}")
        self.watch = ProtocolChecker(dut, f"s_axi{number}")
        self.aw = AxiAWSource(bus.write.aw, dut.clk, dut.rst)
        self.w = AxiWSource(bus.write.w, dut.clk, dut.rst)
        self.b = AxiBSink(bus.write.b, dut.clk, dut.rst)
        self.ar = AxiARSource(bus.read.ar, dut.clk, dut.rst)
        self.r = AxiRSink(bus.read.r, dut.clk, dut.rst)

    def pause(self, pauses: dict[str, float], rng: random.Random):
        for name in ("aw", "w", "b", "ar", "r"):
            channel = getattr(self, name)
            channel.clear_pause_generator()
            channel.pause = False
            if chance := pauses.get(name, 0.0):
                draw = random.Random(rng.randrange(1 << 30)).random
                channel.set_pause_generator(iter(lambda draw=draw, chance=chance: draw() < chance, None))

    def clear(self):
        """Forget all beats after a reset."""
        for name in ("aw", "w", "b", "ar", "r"):
            getattr(self, name).clear()
        self.watch.clear()

    async def run(self, bursts: list[AxiBurst], golden: AxiMemory, problems: list[str]) -> int:
        """Issue the bursts; return the number of values compared."""
        checked = 0
        for burst in bursts:
            checked += await (self._write if burst.words else self._read)(burst, golden, problems)
        return checked

    async def _write(self, burst: AxiBurst, golden: AxiMemory, problems: list[str]) -> int:
        expected = golden.write(burst.address, burst.size, burst.burst, burst.words, burst.strobes)
        await self.aw.send(_address(AxiAWTransaction, "aw", burst))
        for number, (word, strobe) in enumerate(zip(burst.words, burst.strobes, strict=True)):
            await self.w.send(AxiWTransaction(wdata=word, wstrb=strobe, wlast=number == burst.length - 1))
        beat = await self.b.recv()
        found = int(beat.bresp), int(beat.bid)
        if found != (expected, burst.id):
            problems.append(f"{_text(burst)}: response and ID {found}, expected {expected, burst.id}")
        return 1

    async def _read(self, burst: AxiBurst, golden: AxiMemory, problems: list[str]) -> int:
        expected, code = golden.read(burst.address, burst.size, burst.length, burst.burst)
        await self.ar.send(_address(AxiARTransaction, "ar", burst))
        for number, lanes in enumerate(expected):
            beat = await self.r.recv()
            found = int(beat.rresp), int(beat.rid), int(beat.rlast)
            last = int(number == burst.length - 1)
            if found != (code, burst.id, last):
                problems.append(
                    f"{_text(burst)}, beat {number}: response, ID and last {found}, expected {code, burst.id, last}"
                )
            word = beat.rdata
            for lane, byte in lanes.items():
                text = str(word)[len(word) - 8 * lane - 8 : len(word) - 8 * lane]
                if text != f"{byte:08b}":
                    problems.append(f"{_text(burst)}, beat {number}: byte lane {lane} is {text}, expected {byte:08b}")
        return burst.length + sum(map(len, expected))


def _address(kind, channel: str, burst: AxiBurst):
    fields = {
        "addr": burst.address,
        "len": burst.length - 1,
        "size": burst.size,
        "burst": burst.burst,
        "id": burst.id,
    }
    return kind(**{channel + field: value for field, value in fields.items()})


def _text(burst: AxiBurst) -> str:
    kind = ("FIXED", "INCR", "WRAP", "reserved")[burst.burst]
    direction = "write" if burst.words else "read"
    return f"{kind} {direction} of {burst.length} x {1 << burst.size} bytes at {burst.address:#x}"


@cocotb.test
async def axi_memory(dut):
    job, outcome = BenchJob.load(), Outcome()
    p = job.parameters
    golden = AxiMemory(p["bytes"], p["data_width"] // 8, p["bursts"])
    masters = [AxiMemoryMaster(dut, number) for number in range(p["masters"])]
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
        assert cycle - moved < PATIENCE, f"no handshake for {PATIENCE} cycles"
        cycle += 1


async def _run_case(
    dut, masters: list[AxiMemoryMaster], golden: AxiMemory, case: AxiMemoryCase, name: str, outcome: Outcome
):
    rng, problems = random.Random(case.seed), []
    for master in masters:
        master.pause(case.pauses, rng)
    if case.reset is not None:
        await _interrupt(dut, masters, golden, case, case.reset, rng)
    for master in masters:
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
    if case.together and not problems:
        channel = "w" if case.masters[0][0].words else "r"
        problems += _fair([master.watch.span[channel][1] for master in masters])
    outcome.mismatches += len(problems)
    outcome.examples += [f"{name}: {problem}" for problem in problems[:3]]


async def _interrupt(
    dut, masters: list[AxiMemoryMaster], golden: AxiMemory, case: AxiMemoryCase, part: float, rng: random.Random
):
    """Begin the case with writes of the present contents of the memory, and reset in mid-run."""
    tasks = [
        cocotb.start_soon(master.run([golden.neutral(burst) for burst in bursts], golden, []))
        for master, bursts in zip(masters, case.masters, strict=True)
    ]
    for _ in range(1 + int(part * min(RESET, 4 * sum(burst.length for each in case.masters for burst in each)))):
        await dut.clk.falling_edge
    for task in tasks:
        task.cancel()
    for master in masters:
        master.clear()
    valid = [getattr(dut, f"s_axi{n}_{channel}valid") for n in range(len(masters)) for channel in "br"]
    await pulse(dut, valid, rng.randrange(2, 4), 4)
    for master in masters:
        master.clear()


def _laws(beats: int, latency: int, cycles: int):
    """Violated cycle laws of a burst of reads without concurrent traffic, in words."""
    if latency != LATENCY or cycles != beats:
        yield f"{beats} beats came {latency} cycles after the address, in {cycles} cycles"


def _fair(ends: list[int]):
    """Unfair arbitration of equal bursts on one bank that started together, in words."""
    if max(ends) - min(ends) > 2 * len(ends):
        yield f"equal bursts of all masters ended in cycles {ends}"
