"""Bench of the DMA engine: descriptors in, and both memories compared byte for byte with the golden model."""

import random

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge
from cocotb.types import LogicArray, Range

from ..golden import dma
from ..runner.axi import AxiRamModel, ProtocolChecker
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, reader, reset, transfer, unsigned
from ..stimulus.dma import DmaCase

AXI = ("aw", "w", "b", "ar", "r")
LONGEST = 100_000
"""Cycles of one descriptor, at most: three times those of the longest case."""


@cocotb.test
async def dma_engine(dut):
    job = BenchJob.load()
    await run(dut, job)


async def run(dut, job: BenchJob):
    """Run every case of the job and save the outcome. Raises `AssertionError` at a mismatch."""
    p = job.parameters
    outcome, results = Outcome(), []
    size = max(len(case.dram) for case in job.cases)
    memory = AxiRamModel(dut, "m_axi", size)
    await reset(dut, [port for port in job.inputs if not port.startswith("m_axi_")])
    for number, case in enumerate(job.cases):
        memories = await _run_case(dut, memory, p, case, f"case {number}", outcome)
        if job.keep:
            results.append(memories)
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


async def _run_case(dut, memory: AxiRamModel, p: dict, case: DmaCase, name: str, outcome: Outcome):
    """Run one case and count the mismatches; return both memories after it."""
    dram, local = case.dram.copy(), case.local.copy()
    expected = dma.run(case.descriptors, dram, local, p, case.faults)

    memory.size, memory.latency, memory.faults = len(case.dram), case.latency, list(case.faults)
    memory.base = case.base
    memory.ram.write(0, case.dram.tobytes())
    rng = random.Random(case.seed)
    for channel in AXI:
        memory.pause(channel, case.pauses.get(channel, 0.0), rng.randrange(1 << 30))
    spm = LocalMemory(dut, case.local, p["data_width"], case.pauses, rng.randrange(1 << 30))
    watch = ProtocolChecker(dut, "m_axi")
    sources = {"desc": Source(fields(case.descriptors, p, case.base), case.pauses.get("descriptor", 0.0))}
    sink = Sink(len(case.descriptors), case.pauses.get("status", 0.0), {"tag": [], "code": [], "addr": []})
    if case.reset_after is not None:
        await _interrupt(dut, sources, sink, [spm, watch], case)
        statuses = []
    else:
        outcome.seconds += await transfer(
            dut, sources, {"status": sink}, also=[spm, watch], seed=case.seed, patience=20_000, longest=LONGEST
        )
        statuses = [_relative(case, p, *map(unsigned, bits)) for bits in zip(*sink.fields.values(), strict=True)]
    seen_dram = np.frombuffer(memory.ram.read(0, len(dram)), np.uint8)

    problems = list(watch.errors)
    if case.reset_after is None:
        outcome.checked += len(dram) + len(local) + len(statuses)
        for index, (status, found) in enumerate(zip(expected.statuses, statuses, strict=True)):
            if not status.allows(*found):
                problems.append(f"descriptor {index} {case.descriptors[index]}: status {found}, expected {status}")
        problems += _differences("DRAM", seen_dram, dram, expected.dram_uncertain)
        problems += _differences("local", spm.bytes, local, expected.local_uncertain)
        begin, end = sources["desc"].cycles[0], sink.cycles[-1]
        if case.lone(p["data_width"] // 8) and not problems:
            problems += _laws(case, p, watch, begin, end)
        outcome.cycles += end - begin + 1
        outcome.case_cycles.append(end - begin + 1)
        outcome.output_cycles.append([*sink.cycles])
    else:  # progress at the reset is unknown, but bytes that are no target must be unchanged
        targets = dma.targets(case.descriptors, p, len(dram))
        outcome.checked += sum(int((~target).sum()) for target in targets)
        problems += _differences("DRAM", seen_dram, case.dram, targets[0])
        problems += _differences("local", spm.bytes, case.local, targets[1])
    outcome.cases += 1
    outcome.work += watch.beats["r"] + watch.beats["w"]
    outcome.spans.append({channel: (watch.beats[channel], *span) for channel, span in watch.span.items()})
    outcome.mismatches += len(problems)
    outcome.examples += [f"{name}: {problem}" for problem in problems[:4]]
    return seen_dram, spm.bytes


async def _interrupt(dut, sources, sink, parts, case: DmaCase):
    """Reset during the case: nothing is offered afterwards, and the next case must find the engine in its reset
    state."""

    class Enough(Exception):
        pass

    def clock(cycle):
        if cycle is not None and cycle >= case.reset_after:
            raise Enough
        return True

    try:
        await transfer(dut, sources, {"status": sink}, also=[*parts, clock], seed=case.seed)
    except Enough:
        dut.rst.value = 1
        dut.desc_valid.value = dut.local_found_valid.value = 0
        for _ in range(3):
            await FallingEdge(dut.clk)
        for port in ("m_axi_awvalid", "m_axi_wvalid", "m_axi_arvalid", "status_valid", "local_write_valid"):
            assert getattr(dut, port).value == 0, f"{port} is high in reset"
        dut.rst.value = 0
        for _ in range(2):
            await FallingEdge(dut.clk)


def _laws(case: DmaCase, p: dict, watch: ProtocolChecker, begin: int, end: int):
    """Violated cycle laws of a single row, in words: address, beats without a gap, and status."""
    (row,), law = case.descriptors, dma.LAWS[case.descriptors[0].store]
    first, data, last = (watch.span[channel] for channel in law.channels)
    address = law.address + p["dims"] + 2 * (p["queue"] > 0)
    if first[0] - begin != address:
        yield f"the first address of {row} came after {first[0] - begin} cycles, expected {address}"
    if p["outstanding"] > 1 and p["burst"] * p["outstanding"] >= case.latency + 16 and p["burst"] >= 16:
        count = watch.beats[law.channels[1]]
        if data[1] - data[0] + 1 != count:
            yield f"{count} beats of {row} took {data[1] - data[0] + 1} cycles"
    if end - last[1] != law.status:
        yield f"the status of {row} came {end - last[1]} cycles after the last response, expected {law.status}"


def _relative(case: DmaCase, p: dict, tag: int | None, code: int | None, addr: int | None):
    """Status with its address counted from the DRAM's first byte."""
    if addr is not None and code in (dma.DmaCode.SLVERR, dma.DmaCode.DECERR):
        addr = (addr - case.base) % (1 << p["addr_width"])
    return tag, code, addr


def _differences(where: str, seen: np.ndarray, expected: np.ndarray, uncertain: np.ndarray) -> list[str]:
    wrong = np.flatnonzero((seen != expected) & ~uncertain)
    return [f"{where} byte {at:#x}: {seen[at]:#04x}, expected {expected[at]:#04x}" for at in wrong.tolist()]


def fields(descriptors: list, p: dict, base: int = 0) -> dict[str, list[int]]:
    """Words of each field of the descriptor stream, for a DRAM that begins at `base`."""
    addr, local = (1 << p["addr_width"]) - 1, (1 << (p["local_bytes"] - 1).bit_length()) - 1
    words = {
        "store": [int(d.store) for d in descriptors],
        "bus_addr": [d.bus_addr + base & addr for d in descriptors],
        "local_addr": [d.local_addr & local for d in descriptors],
        "size": [d.size for d in descriptors],
        "wait": [int(d.wait) for d in descriptors],
        "tag": [d.tag for d in descriptors],
    }
    for n in range(p["dims"]):
        words[f"count{n}"] = [d.count[n] for d in descriptors]
        words[f"bus_stride{n}"] = [d.bus_stride[n] & addr for d in descriptors]
        words[f"local_stride{n}"] = [d.local_stride[n] & (2 * local + 1) for d in descriptors]
        if p["padding"]:
            words |= {f"before{n}": [d.before[n] for d in descriptors], f"after{n}": [d.after[n] for d in descriptors]}
    if p["fill"]:
        words["fill"] = [int(d.fill) for d in descriptors]
    if p["fill"] or p["padding"]:
        words["value"] = [d.value for d in descriptors]
    return words


class LocalMemory:
    """Model of the local memory at `local_write`, `local_read` and `local_found`: stepped once per cycle, like a
    stream.

    Reads return data two cycles later, or after a pause; requests are not ready with their own probability.
    """

    LATENCY = 2

    def __init__(self, dut, content: np.ndarray, width: int, pauses: dict, seed: int):
        self.bytes = content.copy()
        self.width = width // 8
        self.pause = pauses.get("local", 0.0)
        self.rng = random.Random(seed)
        self.span = Range(width - 1, "downto", 0)
        self.responses: list[tuple[int, bytes]] = []  # due cycle, data
        self.offered = False
        self.write_ready = self.read_ready = False
        get = lambda *names: [reader(getattr(dut, f"local_{name}")) for name in names]  # noqa: E731
        self.written = get("write_valid", "write_addr", "write_data", "write_strobe")
        self.read_request = get("read_valid", "read_addr")
        self.found_ready = reader(dut.local_found_ready)
        self.drive = {name: getattr(dut, f"local_{name}") for name in ("write_ready", "read_ready", "found_valid")}
        self.found_data = dut.local_found_data

    def __call__(self, cycle: int | None) -> bool:
        if cycle is None:
            for handle in self.drive.values():
                handle.set(0)
            return False
        chance = self.rng.random
        pause = self.pause
        moved = False
        write_ready = not (pause and chance() < pause)
        if write_ready != self.write_ready:
            self.drive["write_ready"].set(int(write_ready))
            self.write_ready = write_ready
        read_ready = not (pause and chance() < pause)
        if read_ready != self.read_ready:
            self.drive["read_ready"].set(int(read_ready))
            self.read_ready = read_ready
        valid, addr, data, strobe = self.written
        if write_ready and valid() == "1":
            moved = True
            at, word, mask = int(addr(), 2) * self.width, data(), strobe()
            for lane in range(self.width):
                if mask[-1 - lane] == "1":
                    self.bytes[at + lane] = int(word[len(word) - 8 * lane - 8 : len(word) - 8 * lane], 2)
        valid, addr = self.read_request
        if read_ready and valid() == "1":
            moved = True
            at = int(addr(), 2) * self.width
            self.responses.append((cycle + self.LATENCY, self.bytes[at : at + self.width].tobytes()))
        if not self.offered and self.responses and self.responses[0][0] <= cycle and not (pause and chance() < pause):
            self.found_data.set(LogicArray.from_unsigned(int.from_bytes(self.responses[0][1], "little"), self.span))
            self.drive["found_valid"].set(1)
            self.offered = True
        elif not self.offered:
            self.drive["found_valid"].set(0)
        if self.offered and self.found_ready() == "1":
            self.responses.pop(0)
            self.offered = False
            moved = True
        return moved
