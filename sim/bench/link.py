"""Bench of the link: bytes in; every byte of its responses, of memory and of registers compared with the golden
model."""

import random

import cocotb
from cocotbext.axi import AxiLiteBus, AxiLiteRam

from ..golden.link import DECERR, OKAY, SLVERR, WORD, Link
from ..runner.axi import AxiRamModel, BusFault, ProtocolChecker, halves
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned
from ..stimulus.link import FAULT, MEMORY, REGISTERS, LinkCase

CHANNELS = ("aw", "w", "b", "ar", "r")


class Buses:
    """Expected contents of memory and registers, and the addresses of their first bytes."""

    def __init__(self):
        self.memory, self.registers = bytearray(MEMORY), bytearray(REGISTERS)
        self.base = {False: 0, True: 0}

    def read(self, registers: bool, address: int):
        code = self._code(registers, address)
        found = self.registers if registers else self.memory
        at = address - self.base[registers]
        return (bytes(WORD) if code else bytes(found[at : at + WORD])), code

    def write(self, registers: bool, address: int, word: bytes):
        code = self._code(registers, address)
        if not code:
            target = self.registers if registers else self.memory
            at = address - self.base[registers]
            target[at : at + WORD] = word
        return code

    def _code(self, registers: bool, address: int) -> int:
        at = address - self.base[registers]
        if registers:
            return OKAY if 0 <= at < REGISTERS else SLVERR
        return DECERR if not 0 <= at < MEMORY else SLVERR if FAULT[0] <= at <= FAULT[1] else OKAY


class RegistersModel:
    """Registers at an AXI4-Lite master, from `base` on; other addresses return SLVERR."""

    def __init__(self, dut):
        self.ram = AxiLiteRam(AxiLiteBus.from_prefix(dut, "m_axil"), dut.clk, dut.rst, size=REGISTERS)
        self.base = 0
        for half, name in zip(halves(self.ram), ("_read", "_write"), strict=True):
            half.log.setLevel("ERROR")
            setattr(half, name, self._guarded(getattr(half, name)))

    def _guarded(self, access):
        async def guarded(address, data_or_length):
            if not 0 <= address - self.base < REGISTERS:
                raise BusFault(f"no register at {address:#x}")
            return await access(address - self.base, data_or_length)

        return guarded


@cocotb.test
async def link(dut):
    job, outcome, results = BenchJob.load(), Outcome(), []
    memory = AxiRamModel(dut, "m_axi", MEMORY)
    memory.faults = [(*FAULT, SLVERR)]
    registers = RegistersModel(dut)
    buses = Buses()
    golden = Link(job.parameters, buses.read, buses.write)
    await reset(dut, [port for port in job.inputs if not port.startswith("m_axi")])
    for number, case in enumerate(job.cases):
        memory.base, registers.base = case.base, case.registers
        buses.base = {False: case.base, True: case.registers}
        if await _interrupted(dut, memory, registers, buses, case):
            golden = Link(job.parameters, buses.read, buses.write)
        responses = await _run_case(dut, memory, registers, buses, golden, case, f"case {number}", outcome)
        if job.keep:
            results.append(responses)
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


async def _interrupted(dut, memory, registers, buses: Buses, case: LinkCase) -> bool:
    """Interrupt a case that has a reset. The writes of its first requests are undone."""
    rx = {"rx": Source({"data": [*case.received]})}
    if not await interrupt(dut, rx, {"tx": case.stall}, case):
        return False
    memory.ram.write(0, bytes(buses.memory))
    registers.ram.write(0, bytes(buses.registers))
    return True


async def _run_case(dut, memory, registers, buses: Buses, golden: Link, case: LinkCase, name: str, outcome: Outcome):
    rng = random.Random(case.seed)
    for channel in CHANNELS:
        memory.pause(channel, case.pauses.get(channel, 0.0), rng.randrange(1 << 30))
    expected = golden.respond(case.received)
    rx, tx = Source({"data": [*case.received]}, case.gap), Sink(len(expected), case.stall, {"data": []})
    watches = ProtocolChecker(dut, "m_axi"), ProtocolChecker(dut, "m_axil")
    outcome.seconds += await transfer(dut, {"rx": rx}, {"tx": tx}, also=watches, seed=case.seed, patience=3000)
    found = bytes(unsigned(bits) or 0 for bits in tx.fields["data"])

    problems = [f"responses {found.hex(' ')}, expected {expected.hex(' ')}"] if found != expected else []
    for what, ram, reference in (("memory", memory.ram, buses.memory), ("registers", registers.ram, buses.registers)):
        seen = bytes(ram.read(0, len(reference)))
        problems += [f"{what} {at:#x} is {byte:#04x}" for at, byte in enumerate(seen) if byte != reference[at]][:3]
    for watch in watches:
        problems += watch.errors
    outcome.cases += 1
    outcome.checked += len(expected) + len(buses.memory) + len(buses.registers)
    outcome.work += len(case.received)
    cycles = tx.cycles[-1] - rx.cycles[0] + 1
    outcome.cycles += cycles
    outcome.case_cycles.append(cycles)
    outcome.output_cycles.append([rx.cycles[-1], *tx.cycles])
    outcome.spans.append({channel: (watches[0].beats[channel], *span) for channel, span in watches[0].span.items()})
    outcome.mismatches += len(problems)
    outcome.examples += [f"{name}: {problem}" for problem in problems[:3]]
    return found
