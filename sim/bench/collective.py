"""Bench of the collective engines: every status, the cycles, and every row of every node after each case."""

from dataclasses import dataclass

import cocotb
import numpy as np

from ..golden import collective, integer
from ..golden.collective import OK
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, pulse, reset, transfer, unsigned
from ..stimulus.collective import CollectiveCase

PAUSES = 1000  # cycles: no pause of a stream is as long


@cocotb.test
async def collectives(dut):
    job = BenchJob.load()
    outcome, results, model = Outcome(), [], Model(job.parameters)
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        where = f"case {number}"
        outcome.seconds += await _write(dut, model, case)
        if case.reset is not None:
            await _interrupted(dut, model, case, case.reset)
            outcome.seconds += await _write(dut, model, case)
        for calls in case.rounds:
            cycles, seconds = await _call(dut, model, case, calls, outcome, where)
            outcome.seconds += seconds
            outcome.cycles += cycles
            outcome.case_cycles.append(cycles)
        outcome.seconds += await _read(dut, model, case, outcome, where)
        outcome.cases += 1
        if job.keep:
            results.append(model.memory[:, case.reads.start : case.reads.stop].copy())
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


@dataclass
class Model:
    """Expected memories of the nodes; `unknown` is not 0 where the contents are undefined."""

    p: dict

    def __post_init__(self):
        p = self.p
        self.size = p["k"], p["l"]
        self.nodes, self.bits = p["k"] * p["l"], integer.width(p["format"])
        shape = self.nodes, p["rows"], 2 if p["l"] == 1 else 4
        self.memory = np.zeros((*shape, p["width"] // self.bits), np.int64)
        self.unknown = np.zeros((*shape, 1), np.int64)

    def write(self, start: int, data: np.ndarray):
        self.memory[:, start:][:, : data.shape[1]] = data.reshape(self.nodes, -1, *self.memory.shape[2:])
        self.unknown[:, start:][:, : data.shape[1]] = 0

    def run(self, calls: dict):
        self.memory = collective.after(self.memory, calls, *self.size, self.bits)
        self.unknown = np.minimum(collective.after(self.unknown, calls, *self.size, 64), 1)
        for node, call in calls.items():
            self.unknown[node, ~collective.defined_rows(call, *self.size, self.p["rows"])] = 1


async def _interrupted(dut, model: Model, case: CollectiveCase, part: float):
    """Reset during the first collective: all rows that it may write are unknown."""
    calls = case.rounds[0]
    await transfer(dut, _calls(case, calls), {}, seed=case.seed)
    for _ in range(int(part * collective.law(calls[0], *model.size)[0])):
        await dut.clk.falling_edge
    await pulse(dut, [getattr(dut, f"node{n}_status_valid") for n in calls])
    for node, call in calls.items():
        model.unknown[node, call.base :][: collective.rows_needed(call, *model.size)] = 1


async def _write(dut, model: Model, case: CollectiveCase) -> float:
    model.write(case.start, case.data)
    count = case.data.shape[1]
    row_bytes = (1 << (2 if model.p["l"] == 1 else 4) * model.p["width"] // 8) - 1
    sources = {
        f"node{n}_mem_req": Source(
            {
                "addr": list(range(case.start, case.start + count)),
                "write": [1] * count,
                "data": integer.pack(rows, model.bits),
                "strobe": [row_bytes] * count,
            },
            case.gap,
        )
        for n, rows in enumerate(case.data)
    }
    return await transfer(dut, sources, {}, seed=case.seed)


async def _call(
    dut, model: Model, case: CollectiveCase, calls: dict, outcome: Outcome, where: str
) -> tuple[int, float]:
    """Cycles from the last call to the last status, and seconds."""
    p, codes = model.p, collective.statuses(calls, *model.size, model.p["rows"])
    sources = _calls(case, calls)
    sinks = {f"node{n}_status": Sink(1, case.stall, {"code": []}) for n in calls}
    runs = all(code == OK for code in codes.values())
    law, exact = collective.law(calls[0], *model.size) if runs else (0, False)
    seconds = await transfer(dut, sources, sinks, seed=case.seed + 1, patience=p["timeout"] + law + PAUSES)
    for n, code in codes.items():
        got = unsigned(sinks[f"node{n}_status"].fields["code"][0])
        outcome.checked += 1
        if got != code:
            _count(outcome, f"{where}: {calls[n]} of node {n} ended with {got}, expected {code}")
    cycles = max(each.cycles[0] for each in sinks.values()) - max(each.cycles[0] for each in sources.values())
    if runs:
        model.run(calls)
        outcome.work += collective.words(calls[0], *model.size)
        if not case.gap and not case.stall:
            outcome.checked += 1
            if cycles > law or (exact and cycles != law):
                _count(outcome, f"{where}: {cycles} cycles for {calls[0]}, expected {law}")
    return cycles, seconds


def _calls(case: CollectiveCase, calls: dict) -> dict[str, Source]:
    return {
        f"node{n}_call": Source({name: [getattr(call, name)] for name in ("op", "root", "rows", "base")}, case.gap)
        for n, call in calls.items()
    }


async def _read(dut, model: Model, case: CollectiveCase, outcome: Outcome, where: str) -> float:
    count = len(case.reads)
    sources = {
        f"node{n}_mem_req": Source({"addr": list(case.reads), "write": [0] * count}, case.gap)
        for n in range(model.nodes)
    }
    sinks = {f"node{n}_mem_rsp": Sink(count, case.stall, {"data": []}) for n in range(model.nodes)}
    seconds = await transfer(dut, sources, sinks, seed=case.seed + 2)
    for n in range(model.nodes):
        texts = sinks[f"node{n}_mem_rsp"].fields["data"]
        words = integer.pack(model.memory[n, case.reads.start : case.reads.stop].reshape(count, -1), model.bits)
        known = ~np.asarray(model.unknown[n, case.reads.start : case.reads.stop].reshape(count, -1).any(axis=1))
        outcome.checked += int(known.sum()) * (model.memory[0, 0].size)
        for row, text, word, sure in zip(case.reads, texts, words, known, strict=True):
            if sure and unsigned(text) != word:
                _count(outcome, f"{where}: node {n} holds {text} in row {row}, expected {word:b}")
    return seconds


def _count(outcome: Outcome, example: str):
    outcome.mismatches += 1
    outcome.examples.append(example)
