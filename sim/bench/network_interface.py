"""Bench of the network interface: flits, beats and rejections, in order; and the cycle law where nothing pauses."""

import random

import cocotb
from cocotb.triggers import FallingEdge

from ..golden.network_interface import beats, flits, rejection
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned
from ..stimulus.network_interface import NetworkInterfaceCase


async def run(dut, job: BenchJob):
    """Run every case of the job and save the outcome. Raises `AssertionError` at a mismatch."""
    outcome, results = Outcome(), []
    p = job.parameters
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        dut.node.value = case.node
        await FallingEdge(dut.clk)
        expected = _expected(case, p)
        sources = {
            "send": _source(case.sent, case, "dest", len(dut.send_dest)),
            "i": _source(case.received, case, "src"),
        }
        sinks = {
            name: Sink(len(rows), case.stall, {field: [] for field in fields})
            for name, (fields, rows) in expected.items()
        }
        await interrupt(dut, sources, dict.fromkeys(sinks, case.stall), case)
        outcome.seconds += await transfer(dut, sources, sinks, seed=case.seed)
        for name, (fields, rows) in expected.items():
            got = list(zip(*([unsigned(word) for word in sinks[name].fields[field]] for field in fields), strict=True))
            outcome.checked += len(rows)
            for n, (have, reference) in enumerate(zip(got, rows, strict=True)):
                if have != reference:
                    _count(outcome, f"case {number}, {name}, beat {n}: {have}, expected {reference} of {fields}")
        if not case.gap and not case.stall:
            _check_cycles(outcome, f"case {number}", case, p, sources, sinks)
        outcome.cases += 1
        cycles = max(cycle for sink in sinks.values() for cycle in sink.cycles) + 1
        outcome.cycles += cycles
        outcome.case_cycles.append(cycles)
        outcome.work += sum(len(words) for _, words in case.received) + sinks["o"].beats
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _expected(case: NetworkInterfaceCase, p: dict) -> dict:
    """Fields of each output stream and their expected values, in order."""
    width, count = p["width"], p["flits"]
    sent, rejected, received = [], [], []
    for dest, words in case.sent:
        error = rejection(case.node, p["nodes"], p["longest"], dest, words)
        if error is None:
            sent += [(dest, *row) for row in _rows(flits(words, width, count))]
        else:
            rejected.append((error, dest))
    for src, words in case.received:
        received += [(src, *row) for row in _rows(beats(words, width, count))]
    return {
        "o": (("dest", "last", "data"), sent),
        "status": (("error", "dest"), rejected),
        "receive": (("src", "last", "data"), received),
    }


def _rows(words: list[int]) -> list[tuple[int, int]]:
    return [(int(n == len(words) - 1), word) for n, word in enumerate(words)]


def _source(packets: list, case: NetworkInterfaceCase, name: str, loose: int = 0) -> Source:
    """Beats of packets; with `loose`, the bits of a field that is defined in a packet's first beat only."""
    rng = random.Random(case.seed)
    rows = [(number, n, words) for number, words in packets for n in range(len(words))]
    return Source(
        {
            name: [rng.getrandbits(loose) if loose and n else number for number, n, _ in rows],
            "last": [int(n == len(words) - 1) for _, n, words in rows],
            "data": [words[n] for _, n, words in rows],
        },
        case.gap,
    )


def _check_cycles(outcome: Outcome, where: str, case: NetworkInterfaceCase, p: dict, sources: dict, sinks: dict):
    """Check the cycle laws: a packet's first flit, and a beat, follow their last input by one cycle; flits have no
    pauses."""
    came = iter(sources["i"].cycles)
    ends = []
    for _, words in case.received:
        cycles = [next(came) for _ in words]
        ends += [cycles[min(n + p["flits"], len(words)) - 1] for n in range(0, len(words), p["flits"])]
    outcome.checked += 2
    if sinks["receive"].cycles != [cycle + 1 for cycle in ends]:
        _count(outcome, f"{where}: beats do not come one cycle after their last flits")
    taken, leaves = iter(sources["send"].cycles), iter(sinks["o"].cycles)
    before = -1
    for dest, words in case.sent:
        *_, last = [next(taken) for _ in words]
        if rejection(case.node, p["nodes"], p["longest"], dest, words) is None:
            cycles = [next(leaves) for _ in range(len(words) * p["flits"])]
            first = max(last + 1, before + 1)
            if cycles != list(range(first, first + len(cycles))):
                _count(outcome, f"{where}: flits in cycles {cycles[0]} to {cycles[-1]}, expected from {first} on")
            before = cycles[-1]


def _count(outcome: Outcome, example: str):
    outcome.mismatches += 1
    outcome.examples.append(example)


@cocotb.test
async def interface(dut):
    await run(dut, BenchJob.load())
