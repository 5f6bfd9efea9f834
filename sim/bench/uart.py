"""Bench of the UART: every level of `tx` in every cycle, and the bytes received on `rx`."""

import random

import cocotb

from ..golden import uart
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Source, interrupt, reader, reset, transfer, unsigned
from ..stimulus.uart import UartCase


@cocotb.test
async def serial(dut):
    job, outcome, results = BenchJob.load(), Outcome(), []
    divisor = job.parameters["divisor"]
    await reset(dut, job.inputs)
    dut.rx.value = dut.m_axis_receive_tready.value = 1  # low during reset
    for _ in range(12 * divisor):
        await dut.clk.falling_edge
    for number, case in enumerate(job.cases):
        found = await _run_case(dut, divisor, case, f"case {number}", outcome)
        if job.keep:
            results.append(found)
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


async def _run_case(dut, divisor: int, case: UartCase, name: str, outcome: Outcome) -> list[int | None]:
    wire = _wire(case, divisor)
    problems = ["tx is low after a reset in mid-run"] if await _interrupted(dut, divisor, case, wire) else []
    if case.low is not None:
        await _reset_low(dut, divisor, case.seed)
    source = Source({"data": case.sent}, case.gap)
    last = max(len(wire), 10 * divisor * (len(case.sent) + 2))
    ready = _ready(case, divisor, last)
    reference = uart.accepted(uart.decode(wire, divisor), ready)
    levels, tx, rx = [], reader(dut.tx), dut.rx.set
    found, valid, data = [], reader(dut.m_axis_receive_tvalid), reader(dut.m_axis_receive_tdata)

    def wires(cycle: int | None) -> bool:
        now = len(levels)
        levels.append(int(tx()))
        rx(wire[now] if now < len(wire) else 1)
        accepts = ready[now] if now < last else True
        dut.m_axis_receive_tready.set(int(accepts))
        if accepts and valid() != "0":
            found.append((unsigned(data()), now))
        return now < last

    outcome.seconds += await transfer(dut, {"send": source}, {}, also=[wires], seed=case.seed)
    while len(levels) < last:
        await dut.clk.falling_edge
        wires(None)

    expected, until = [1] * len(levels), -1
    for byte, taken in zip(case.sent, source.cycles, strict=True):
        start = taken + uart.LATENCY
        if start < until or (case.idle_free and until >= 0 and start != until):
            problems.append(f"byte {byte:#x} started in cycle {start}, the one before ended in {until}")
        for n, bit in enumerate(uart.bits(byte)):
            expected[start + n * divisor : start + (n + 1) * divisor] = [bit] * divisor
        until = start + 10 * divisor
    wrong = [cycle for cycle, (a, b) in enumerate(zip(levels, expected, strict=False)) if a != b]
    problems += [f"tx is {levels[cycle]} in cycle {cycle}" for cycle in wrong[:3]]
    if found != reference:
        problems.append(f"received {found}, expected {reference}, as (byte, cycle)")
    outcome.cases += 1
    outcome.checked += len(levels) + len(reference)
    outcome.work += len(case.sent) + len(reference)
    outcome.cycles += len(levels)
    outcome.case_cycles.append(len(levels))
    outcome.output_cycles.append([cycle for _, cycle in found])
    outcome.mismatches += len(problems)
    outcome.examples += [f"{name}: {problem}" for problem in problems[:3]]
    return [byte for byte, _ in found]


def _ready(case: UartCase, divisor: int, cycles: int) -> list[bool]:
    """Cycles in which received bytes are accepted: all, or those between pauses of up to two and a half bytes."""
    rng, ready = random.Random(case.seed), []
    while case.slow and len(ready) < cycles:
        ready += [False] * rng.randrange(25 * divisor) + [True] * rng.choice([1, 2, divisor])
    ready = ready[: max(0, cycles - 10 * divisor)]
    return ready + [True] * (cycles - len(ready))


async def _interrupted(dut, divisor: int, case: UartCase, wire: list[int]) -> bool:
    """Interrupt a case that has a reset, within bytes in both directions; return whether `tx` is low afterwards."""
    levels, tx = iter(wire), reader(dut.tx)

    def drive(cycle: int | None) -> bool:
        dut.rx.value = next(levels, 1)
        return True

    if not await interrupt(dut, {"send": Source({"data": case.sent})}, {"receive": 0.0}, case, also=[drive]):
        return False
    dut.rx.value, low = 1, False
    for _ in range(12 * divisor):
        await dut.clk.falling_edge
        low |= tx() != "1"
    return low


async def _reset_low(dut, divisor: int, seed: int):
    """Reset, at whose end the wire is low: it becomes low in that cycle, or up to 12 bits before the reset, so that a
    byte may be in progress."""
    rng = random.Random(seed)
    dut.rx.value = rng.choice([0, 1])
    for _ in range(rng.randrange(12 * divisor)):
        await dut.clk.falling_edge
    dut.rst.value = 1
    for _ in range(rng.choice([1, 2, divisor])):
        await dut.clk.falling_edge
    dut.rst.value = dut.rx.value = 0


def _wire(case: UartCase, divisor: int) -> list[int]:
    """Levels of `rx`, one per cycle."""
    rng, wire = random.Random(case.seed), [0] * (case.low or 0) + [1] * 3
    period = divisor * (1 + case.drift)
    for n, (byte, pause) in enumerate(zip(case.received, case.pauses, strict=True)):
        wire += [0] * case.breaks.get(n, 0) + [1] * max(pause, 2 * (n in case.breaks))
        if case.glitches and pause > 2 * divisor:
            wire[-rng.randrange(divisor + 1, 2 * divisor)] = 0
        start, bits = len(wire), uart.bits(byte)
        if n in case.broken:
            bits = [*bits[:9], 0, 1, 1]
        for cycle in range(round(period * len(bits))):
            wire.append(bits[min(len(bits) - 1, int(cycle / period))])
        assert len(wire) > start
    return wire + [1] * (12 * divisor)
