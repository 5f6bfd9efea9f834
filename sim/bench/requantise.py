"""Bench of requantisation: packets and concurrent changes of settings; every lane and every cycle law compared."""

from itertools import pairwise

import cocotb
import numpy as np

from ..golden import integer
from ..golden.requantise import SETTLE, STAGES, RequantiseLanes, SettingsChange
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned
from ..stimulus.requantise import RequantiseCase


@cocotb.test
async def requantise(dut):
    job = BenchJob.load()
    p, outcome, results = job.parameters, Outcome(), []
    bits = integer.width(p["out_format"])
    settings = RequantiseLanes(p["cols"], p["rounding"], p["per_channel"])
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        if case.reset is not None:
            await transfer(dut, {"set": _set(dut, case.changes[:1], case)}, {}, seed=case.seed)
            await interrupt(dut, _streams(dut, p, case), {"y": case.stall}, case)
            settings = RequantiseLanes(p["cols"], p["rounding"], p["per_channel"])
        before = _set(dut, case.changes[:1], case)
        outcome.seconds += await transfer(dut, {"set": before}, {}, seed=case.seed)
        settings.change(case.changes[0])

        sources = _streams(dut, p, case)
        x, change = sources["x"], sources.get("set", _set(dut, [], case))
        ends, y = x.fields["last"], Sink(x.beats, case.stall)
        outcome.seconds += await transfer(dut, sources, {"y": y}, seed=case.seed)

        # A set applies to the packets that begin SETTLE cycles after its last beat, or later.
        closed = [cycle for cycle, last in zip(change.cycles, change.fields["last"], strict=True) if last]
        starts = [0, *np.flatnonzero(ends[:-1]) + 1]
        waiting, expected = list(zip(closed, case.changes[1:], strict=True)), []
        for start, rows in zip(starts, case.packets, strict=True):
            while waiting and waiting[0][0] + SETTLE <= x.cycles[start]:
                settings.change(waiting.pop(0)[1])
            expected.append(settings.run(rows))
        for _, late in waiting:
            settings.change(late)

        outcome.cases += 1
        outcome.checked += x.beats * p["cols"]
        outcome.work += x.beats * p["cols"]
        cycles = y.cycles[-1] - x.cycles[0] + 1
        outcome.cycles += cycles
        outcome.case_cycles.append(cycles)
        outcome.output_cycles.append(y.cycles)
        problems = [*_values(y, np.concatenate(expected), ends, bits), *_laws(p, case, x, change, y)]
        outcome.mismatches += len(problems)
        outcome.examples += [f"case {number}: {problem}" for problem in problems[:3]]
        if job.keep:
            received = integer.unpack([unsigned(text) or 0 for text in y.fields["data"]], p["cols"], bits)
            if p["out_format"].startswith("u"):
                received &= 2**bits - 1
            results.append(np.split(received, starts[1:]))
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _streams(dut, p: dict, case: RequantiseCase) -> dict[str, Source]:
    """Packets, and the changes of settings that are concurrent with them."""
    ends = [int(n == len(rows) - 1) for rows in case.packets for n in range(len(rows))]
    words = integer.pack(np.concatenate(case.packets), p["acc_width"])
    x, change = Source({"data": words, "last": ends}, case.gaps.get("x", 0.0)), _set(dut, case.changes[1:], case)
    return {"x": x} | ({"set": change} if change.beats else {})


def _set(dut, changes: list[SettingsChange], case: RequantiseCase) -> Source:
    """Changes as beats. The common settings are transferred with the last beat of each; other beats carry random values
    there."""
    beats = {name: [] for name in ("lane", "multiplier", "shift", "bias", "zero_point", "low", "high", "last")}
    for change in changes:
        for name in ("lane", "multiplier", "shift", "bias"):
            beats[name] += getattr(change, name).tolist()
        others = len(change.lane) - 1
        for name in ("zero_point", "low", "high"):
            value = getattr(change, name)
            beats[name] += [~value] * others + [value]
        beats["last"] += [0] * others + [1]
    fields = {name: getattr(dut, f"set_{name}", None) for name in beats}
    words = {
        name: [value % (1 << len(port)) for value in beats[name]] for name, port in fields.items() if port is not None
    }
    return Source(words, case.gaps.get("set", 0.0))


def _values(y: Sink, expected: np.ndarray, ends: list[int], bits: int):
    """Differences, in words."""
    words = integer.pack(expected, bits)
    for beat, (text, last, word, end) in enumerate(zip(*y.fields.values(), words, ends, strict=True)):
        if last != str(end):
            yield f"beat {beat}: tlast is {last}"
        got = unsigned(text)
        if got == word:
            continue
        for lane, reference in enumerate(expected[beat].tolist()):
            part = text[len(text) - (lane + 1) * bits : len(text) - lane * bits]
            if unsigned(part) != reference % (1 << bits):
                yield f"beat {beat}, lane {lane}: bits {part}, expected {reference}"


def _laws(p: dict, case: RequantiseCase, x: Source, change: Source, y: Sink):
    """Violated cycle laws, in words."""
    latency = STAGES[p["rounding"]] + (2 if p["buffer"] else 0)
    late = np.array(y.cycles) - np.array(x.cycles)
    full_speed = p["buffer"] in ("auto", 0) and not case.stall
    if late.min() < latency or (full_speed and late.max() > latency):
        yield f"from x to y: {late.min()} to {late.max()} cycles, expected {latency}"
    if case.idle_free and full_speed and x.cycles != list(range(x.beats)):
        yield f"rows came in cycles {x.cycles}"
    ends = np.array(x.fields["last"])
    first = np.array(x.cycles)[np.flatnonzero(np.concatenate([[1], ends[:-1]]))]
    last = np.array(x.cycles)[np.flatnonzero(ends)]
    for (cycle, after), closing in zip(pairwise(change.cycles), change.fields["last"], strict=False):
        earliest = cycle + 1
        if closing:
            used = cycle + SETTLE  # no packet may be open
            while ((first < used) & (last >= used)).any():
                used += 1
            earliest = used + STAGES[p["rounding"]] - SETTLE - 1
        if after < earliest or (after > earliest and not change.gap):
            yield f"set took a beat in cycle {after}, expected {earliest}"
