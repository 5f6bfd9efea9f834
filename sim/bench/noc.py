"""Bench of the network on chip: every packet at its node, once, complete and in order; latencies, errors, and the flits
of every port of every router."""

import random
from collections import Counter
from itertools import pairwise

import cocotb
from cocotb.triggers import FallingEdge

from ..golden import noc, noc_routes
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reader, reset, transfer, unsigned
from ..stimulus.noc import NocCase


async def run(dut, job: BenchJob):
    """Run every case of the job and save the outcome. Raises `AssertionError` at a mismatch."""
    outcome, results = Outcome(), []
    p = job.parameters
    shape = p["topology"], p["k"], p["l"]
    count = noc.nodes(*shape)
    bits = len(dut.node0_in_dest)
    longest = max(noc.hops(*shape, a, b) for a in range(count) for b in range(count) if a != b)
    errors, flits_left = [0] * count, Counter()  # since reset
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        expected = noc.deliveries(case.packets, count, p["k"])
        sources = {n: _source(case, n, bits, p) for n in range(count)}
        sinks = {n: _sink(case, n, expected) for n in range(count)}
        entries = {f"node{n}_in": source for n, source in sources.items()}
        exits = {f"node{n}_out": case.stalls.get(n, 0.0) for n in sinks}
        if await interrupt(dut, entries, exits, case):
            errors, flits_left = [0] * count, Counter()
        outcome.seconds += await transfer(
            dut, entries, {f"node{n}_out": sink for n, sink in sinks.items()}, seed=case.seed
        )
        for _ in range(longest * p["latency"] + 4):  # collect unexpected beats
            await FallingEdge(dut.clk)
        where = f"case {number}"
        for n, sink in sinks.items():
            _compare(outcome, f"{where}, node {n}", n, sink, expected)
            if reader(getattr(dut, f"node{n}_out_valid"))() != "0":
                _count(outcome, f"{where}, node {n}: a beat from no source")
            errors[n] = min(255, errors[n] + noc.dropped(case.packets.get(n, []), n, count, p["k"]))
            got = unsigned(reader(getattr(dut, f"node{n}_errors"))())
            outcome.checked += 1
            if got != errors[n]:
                _count(outcome, f"{where}, node {n}: {got} packets counted as dropped, expected {errors[n]}")
        if p["counters"] and not p["reduction"]:
            flits_left += noc_routes.flits(*shape, case.packets)
            _check_flits(outcome, where, dut, p["counters"], flits_left)
        flits = sum(sink.beats for sink in sinks.values())
        first = min(source.cycles[0] for source in sources.values() if source.beats)
        cycles = max((sink.cycles[-1] for sink in sinks.values() if sink.beats), default=first) - first
        if case.saturated and p["depth"] >= p["latency"] + 2:
            _check_intervals(outcome, where, p, case, sinks)
        if case.lone:
            _check_latency(outcome, where, p, case, cycles)
        elif not case.gap and not case.stalls:
            added = sum(source.beats for source in sources.values()) if p["reduction"] else 0
            most = noc.slowest(flits + added, longest, p["latency"], p["depth"])
            outcome.checked += 1
            if cycles > most:
                _count(outcome, f"{where}: {cycles} cycles for {flits} flits, at most {most} were expected")
        outcome.cases += 1
        outcome.cycles += cycles + 1
        outcome.case_cycles.append(cycles + 1)
        outcome.output_cycles.append(sorted(cycle for sink in sinks.values() for cycle in sink.cycles))
        outcome.work += flits
        if job.keep:
            results.append(
                {
                    "departures": {n: source.cycles for n, source in sources.items() if source.beats},
                    "arrivals": {n: sink.cycles for n, sink in sinks.items() if sink.beats},
                    "sources": {n: [unsigned(text) for text in sink.fields["src"]] for n, sink in sinks.items()},
                }
            )
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _source(case: NocCase, node: int, bits: int, p: dict) -> Source:
    """Beats of a node. Only the destination fields of a packet's first beat are defined: in all others they are
    random."""
    rng = random.Random(case.seed + node)
    beats = [(packet, n) for packet in case.packets.get(node, []) for n in range(len(packet.words))]
    ends = [rng.getrandbits(bits) if n else packet.end for packet, n in beats]
    adds = [rng.getrandbits(1) if n else int(packet.reduce) for packet, n in beats]
    return Source(
        ({"to": ends} if p["multicast"] else {})
        | ({"reduce": adds} if p["reduction"] else {})
        | {
            "dest": [rng.getrandbits(bits) if n else packet.dest for packet, n in beats],
            "last": [int(n == len(packet.words) - 1) for packet, n in beats],
            "data": [packet.words[n] for packet, n in beats],
        },
        case.gap,
    )


def _sink(case: NocCase, node: int, expected: dict) -> Sink:
    beats = sum(len(words) for (_, to, _), packets in expected.items() if to == node for words in packets)
    return Sink(beats, case.stalls.get(node, 0.0), {"src": [], "last": [], "data": []})


def _compare(outcome: Outcome, where: str, node: int, sink: Sink, expected: dict):
    """Reassemble a node's packets and remove them from the queues of their sources.

    Unicast and multicast packets may arrive in any order relative to each other. So each source has the set of all
    possible pairs of counts, which has more than one element only if words are equal.
    """
    sources = {source for source, to, _ in expected if to == node}
    sent = {source: [expected.get((source, node, many), []) for many in (False, True)] for source in sources}
    reached = {source: {(0, 0)} for source in sources}
    words: list[int | None] = []
    begun = None
    for src, last, data in zip(*(sink.fields[name] for name in ("src", "last", "data")), strict=True):
        source = unsigned(src)
        if words and source != begun:
            _count(outcome, f"{where}: a packet of node {begun} continues as one of node {source}")
            words = []
        begun = source
        words.append(unsigned(data))
        outcome.checked += 1
        if last == "1":
            one, many = sent.get(source, [[], []])
            packet = tuple(words)
            fits = {(a + 1, b) for a, b in reached.get(source, ()) if one[a : a + 1] == [packet]}
            fits |= {(a, b + 1) for a, b in reached.get(source, ()) if many[b : b + 1] == [packet]}
            if not fits:
                _count(outcome, f"{where}: an unexpected packet {words} of node {source}")
            reached[source] = fits
            words = []
    missing = sum(tuple(map(len, sent[source])) not in reached[source] for source in sources) + bool(words)
    if missing:
        _count(outcome, f"{where}: packets of {missing} sources are missing or incomplete")


def _check_latency(outcome: Outcome, where: str, p: dict, case: NocCase, cycles: int):
    source, (packet,) = next(iter(case.packets.items()))
    hops = noc.farthest(p["topology"], p["k"], p["l"], source, packet)
    law = noc.zero_load(hops, p["latency"], len(packet.words))
    full = p["depth"] >= p["latency"] + 2
    outcome.checked += 1
    if cycles < law or (full and cycles != law):
        _count(outcome, f"{where}: {cycles} cycles from node {source} to {packet.dest}, expected {law}")


def _check_intervals(outcome: Outcome, where: str, p: dict, case: NocCase, sinks: dict[int, Sink]):
    """Compare the flits between two of the same source with their bound, until one source has no more.

    A first packet waits once at each router of its route, and may pass it `latency` cycles after the others.
    """
    shape = p["topology"], p["k"], p["l"]
    dest = next(iter(case.packets.values()))[0].dest
    order = [unsigned(text) for text in sinks[dest].fields["src"]]
    end = min(max((n for n, each in enumerate(order) if each == source), default=len(order)) for source in case.packets)
    senders = {source: len({packet.dest for packet in packets}) for source, packets in case.packets.items()}
    for source in case.packets:
        bound = noc_routes.interval(*shape, p["vcs"], source, dest, senders)
        places = [n for n, each in enumerate(order[:end]) if each == source]
        first, gaps = (places or [end])[0], [b - a for a, b in pairwise([*places, end])]
        hops = noc.hops(*shape, source, dest)
        outcome.checked += 1
        if first > hops * (bound + p["latency"]) or any(gap > bound for gap in gaps):
            worst = max([first, *gaps])
            _count(outcome, f"{where}: {worst} flits to node {dest} between two of node {source}, at most {bound}")


def _check_flits(outcome: Outcome, where: str, dut, width: int, expected: Counter):
    """Compare the counters of all ports of all routers."""
    router = 0
    while (handle := getattr(dut, f"router{router}_flits", None)) is not None:
        text = reader(handle)()
        for port in range(len(text) // width):
            got = unsigned(text[len(text) - (port + 1) * width : len(text) - port * width])
            outcome.checked += 1
            if got != (reference := expected[router, port] % (1 << width)):
                _count(outcome, f"{where}: {got} flits left port {port} of router {router}, expected {reference}")
        router += 1


def _count(outcome: Outcome, example: str):
    outcome.mismatches += 1
    outcome.examples.append(example)


@cocotb.test
async def network(dut):
    await run(dut, BenchJob.load())
