"""Bench of the network with traffic generators: it writes the settings, waits, and reads the counters.

Python is not called while the network runs. The endpoints check each word; here the counts are compared: every packet
that the golden model creates arrived, or was blocked by a full backlog.
"""

import time
from collections import Counter

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, Timer

from ..golden import noc, noc_routes
from ..golden.noc_traffic import offered
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import LONGEST, reset

COUNTS = ("sent", "received", "blocked", "wrong", "flits", "timed", "cycles", "slowest", "errors")
START = 64
"""Cycles after the seed until random numbers are uncorrelated."""
APART = 64
"""Cycles after which a packet has left an otherwise empty network."""
PATIENCE = 100
"""Number of polls without a new packet after which the bench gives up."""


async def run(dut, job: BenchJob):
    """Run every case of the job and save the outcome. Raises `AssertionError` at a mismatch."""
    outcome, results = Outcome(), []
    shape = tuple(job.parameters[name] for name in ("topology", "k", "l"))
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        started = time.perf_counter()
        spent = case.before + case.measured + case.after
        await _restart(dut, case)
        dut.run.value = 1
        if case.lost:
            await _cycles(case.lost)
            await _restart(dut, case)
            dut.run.value = 1
        for cycles, measured in ((case.before, 0), (case.measured, 1), (case.after, 0)):
            dut.measure.value = measured
            await _cycles(cycles)
        dut.run.value = dut.stall.value = 0
        dut.measure.value = int(case.whole)
        counts, links, late = await _drained(dut, noc.nodes(*shape), job.parameters["counters"])
        spent += late
        outcome.seconds += time.perf_counter() - started
        _compare(outcome, f"case {number}", job.parameters, case, counts, links)
        outcome.cases += 1
        outcome.cycles += spent
        outcome.case_cycles.append(spent)
        outcome.work += int(counts["received"].sum()) * (case.settings.length if not case.settings.vary else 1)
        if job.keep:
            results.append({name: values.tolist() for name, values in counts.items()} | {"links": links})
        if (counts["sent"].sum() != counts["received"].sum()) or counts["wrong"].any():
            break  # outstanding packets would disturb the following cases
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


async def _cycles(count: int):
    if count:
        await Timer(10 * count, unit="ns")


async def _restart(dut, case):
    """Reset, which packets must not survive, apart from their sequence numbers: these continue."""
    await FallingEdge(dut.clk)
    dut.rst.value, dut.seed.value, dut.run.value = 1, case.seed, 0
    for name, value in vars(case.settings).items():
        getattr(dut, name).value = value
    await _cycles(2)
    dut.rst.value = 0
    await _cycles(START)


async def _drained(dut, count: int, width: int):
    """Wait until all packets have arrived, or no more arrive; return each node's counts and links, and the cycles."""
    seen, patience, spent = -1, PATIENCE, 0
    while True:
        counts, links = await _read(dut, count, width)
        sent, received = counts["sent"].sum(), counts["received"].sum()
        patience = PATIENCE if received != seen else patience - 1
        empty = sent == received and received == seen
        if empty or not patience or spent > LONGEST:
            return counts, links, spent
        seen = received
        await _cycles(100)
        spent += 100 + 3 * count


async def _read(dut, count: int, width: int):
    """Counters of each node, and the flits at the ports of its router, which have `width` bits each."""
    counts, links = {name: np.zeros(count, int) for name in COUNTS}, []
    for node in range(count):
        dut.select.value = node
        await _cycles(3)
        for name in COUNTS:
            counts[name][node] = int(getattr(dut, name).value)
        if width:
            text = str(dut.links.value)
            links.append([int(text[start : start + width], 2) for start in range(0, len(text), width)][::-1])
    return counts, links


def _compare(outcome: Outcome, where: str, p: dict, case, counts: dict, links: list):
    shape = p["topology"], p["k"], p["l"]
    count = noc.nodes(*shape)
    begin = START - 1  # the first random number is valid one cycle after reset
    first = begin + case.before
    end = first + case.measured + case.after
    made = offered(shape, case.seed, case.settings, begin, end)
    bad = made.source == made.dest
    tagged = ~bad & (made.cycle >= first) & (made.cycle < first + case.measured)

    def expect(what: str, got, expected):
        outcome.checked += 1
        if not np.array_equal(got, expected):
            outcome.mismatches += 1
            outcome.examples.append(f"{where}: {what} {got}, expected {expected}")

    wrong = counts["flits"] if case.lost else np.zeros(count, int)  # all words after the loss of packets
    expect("wrong words, by node", counts["wrong"], wrong)
    expect("packets received", counts["received"].sum(), counts["sent"].sum())
    known = counts["errors"] < 255
    total = np.bincount(made.source, minlength=count)
    expect("packets made, by node", (counts["sent"] + counts["errors"] + counts["blocked"])[known], total[known])
    outcome.checked += int(counts["received"].sum())
    if case.whole and not case.settings.vary:
        expect("flits of all packets, by node", counts["flits"], counts["received"] * case.settings.length)
    if counts["blocked"].any():
        return
    expect("packets sent, by node", counts["sent"], np.bincount(made.source[~bad], minlength=count))
    expect("packets received, by node", counts["received"], np.bincount(made.dest[~bad], minlength=count))
    rejected = np.minimum(np.bincount(made.source[bad], minlength=count), 255)
    expect("packets that the network rejected, by node", counts["errors"], rejected)
    expect("packets timed", counts["timed"], np.bincount(made.dest[tagged], minlength=count))
    if case.whole:
        words = np.bincount(made.dest[~bad], made.flits[~bad], minlength=count)
        expect("flits that arrived, by node", counts["flits"], words)
    if links and p["topology"] in ("ring", "mesh", "torus"):  # a router per node
        flits = np.zeros((count, count), int)
        np.add.at(flits, (made.source[~bad], made.dest[~bad]), made.flits[~bad])
        left: Counter = Counter()
        for a, b in np.argwhere(flits).tolist():
            left.update(dict.fromkeys(noc_routes.route(*shape, a, b), int(flits[a, b])))
        wanted = [[left[n, port] % (1 << p["counters"]) for port in range(len(links[n]))] for n in range(count)]
        expect("flits that left each port, by node", links, wanted)
    hops = np.array([[noc.hops(*shape, a, b) if a != b else 0 for b in range(count)] for a in range(count)])
    least = noc.zero_load(hops[made.source[tagged], made.dest[tagged]], p["latency"], made.flits[tagged])
    apart = np.diff(made.cycle).min(initial=APART + 1)
    if apart > APART and not case.settings.stall:  # no two packets are in the network at once
        exact = np.bincount(made.dest[tagged], least, minlength=count).astype(int)
        expect("cycles of packets that overlap with no other, by node", counts["cycles"], exact)
    for node in range(count):
        own = least[made.dest[tagged] == node]
        spent, slowest, longest = int(counts["cycles"][node]), int(counts["slowest"][node]), int(own.max(initial=0))
        waited = spent - int(own.sum())  # of all packets together
        outcome.checked += 2
        if waited < 0:
            outcome.mismatches += 1
            outcome.examples.append(f"{where}: {spent} cycles to node {node}, at least {own.sum()} were expected")
        elif not max(longest, -(-spent // max(1, len(own)))) <= slowest <= longest + waited:
            outcome.mismatches += 1
            outcome.examples.append(f"{where}: slowest packet to node {node}: {slowest} of {spent} cycles together")


@cocotb.test
async def traffic(dut):
    await run(dut, BenchJob.load())
