"""Bench of the accumulator memory: rows in, sums out; every lane, every cycle law and both flags compared."""

import cocotb
import numpy as np

from ..golden import accumulator, integer
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reader, reset, transfer, unsigned
from ..stimulus.accumulator import AccumulatorCase


def _ends(counts: list[int]) -> list[int]:
    """1 for the last beat of each run, 0 for all others."""
    return [int(n == count - 1) for count in counts for n in range(count)]


class FlagMonitor:
    """Monitor of the flags in each cycle, from the first cycle that could carry a beat."""

    def __init__(self, dut):
        self.seen = []
        self.task = cocotb.start_soon(self._run(dut))

    async def _run(self, dut):
        filling, draining = reader(dut.filling), reader(dut.draining)
        while True:
            await dut.clk.falling_edge
            self.seen.append(filling() + draining())

    def differs(self, rows: list[int], row_ends: list[int], reads: list[int], read_ends: list[int]) -> int:
        """Number of cycles in which a flag does not match the accepted beats."""
        self.task.cancel()
        begun, waiting, wrong = 0, 0, 0
        row_at, read_at = (dict(zip(*pair, strict=True)) for pair in ((rows, row_ends), (reads, read_ends)))
        for cycle, seen in enumerate(self.seen):
            wrong += seen != f"{begun}{int(waiting > 0)}"
            if cycle in row_at:
                begun = 1 - row_at[cycle]
            waiting += row_at.get(cycle, 0) - read_at.get(cycle, 0)
        return wrong


@cocotb.test
async def accumulator_memory(dut):
    job = BenchJob.load()
    p, outcome, results = job.parameters, Outcome(), []
    memory = accumulator.AccumulatorMemory(
        *(p[name] for name in ("cols", "acc_width", "depth", "overflow", "double_buffer"))
    )
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        if case.reset is not None:
            row, read, _ = _streams(p, case, 0, neutral=True)
            await interrupt(dut, {"row": row, "read": read}, {"out": case.stall}, case)
            memory.reset()
        sums = [memory.run(tile) for tile in case.tiles]
        expected = np.concatenate(sums)
        words = integer.pack(expected, p["acc_width"])
        row, read, out = _streams(p, case, len(words))
        watch = FlagMonitor(dut)
        outcome.seconds += await transfer(dut, {"row": row, "read": read}, {"out": out}, seed=case.seed)

        outcome.cases += 1
        outcome.checked += expected.size
        outcome.cycles += out.cycles[-1] - row.cycles[0] + 1
        outcome.case_cycles.append(out.cycles[-1] - row.cycles[0] + 1)
        outcome.output_cycles.append(out.cycles)
        outcome.work += row.beats + read.beats

        seen = [unsigned(text) for text in out.fields["data"]]
        got = integer.unpack([word or 0 for word in seen], p["cols"], p["acc_width"])
        wrong = (got != expected) | np.array([word is None for word in seen])[:, None]
        outcome.mismatches += int(wrong.sum())
        for beat, lane in np.argwhere(wrong)[:3].tolist():
            value = "unknown bits" if seen[beat] is None else got[beat, lane]
            outcome.examples.append(
                f"case {number}, read {beat}, lane {lane}: {value}, expected {expected[beat, lane]}"
            )
        flags = watch.differs(row.cycles, row.fields["last"], read.cycles, read.fields["last"])
        for complaint in [*_laws(p, case, row, read, out), *[f"the flags are wrong in {flags} cycles"] * (flags > 0)]:
            outcome.mismatches += 1
            outcome.examples.append(f"case {number}: {complaint}")
        if job.keep:
            results.append(np.split(got, np.cumsum([len(each) for each in sums])[:-1]))
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _streams(p: dict, case: AccumulatorCase, outputs: int, *, neutral: bool = False) -> tuple[Source, Source, Sink]:
    """Streams of a case. `neutral`: zeros are added to all rows, so that the sums stay what they are."""
    tiles = case.tiles
    row = {
        "data": integer.pack(np.concatenate([tile.data * (not neutral) for tile in tiles]), p["in_width"]),
        "addr": [int(addr) for tile in tiles for addr in tile.addr],
        "accumulate": [int(bit or neutral) for tile in tiles for bit in tile.accumulate],
        "last": _ends([len(tile.addr) for tile in tiles]),
    }
    read = {
        "addr": [int(addr) for tile in tiles for addr in tile.reads],
        "last": _ends([len(tile.reads) for tile in tiles]),
    }
    return (
        Source(row, case.gaps.get("row", 0.0)),
        Source(read, case.gaps.get("read", 0.0)),
        Sink(outputs, case.stall, {"data": []}),
    )


def _laws(p: dict, case: AccumulatorCase, row: Source, read: Source, out: Sink):
    """Violations of the ping-pong protocol and of the cycle laws, in words."""
    sizes = [(len(tile.addr), len(tile.reads)) for tile in case.tiles]
    halves = 2 if p["double_buffer"] else 1
    row_ends, read_ends = (np.cumsum([size[side] for size in sizes]) for side in (0, 1))
    for n, (rows, reads) in enumerate(sizes):
        closed, first = row.cycles[row_ends[n] - 1], read.cycles[read_ends[n] - reads]
        if first < closed + accumulator.SETTLE:
            yield f"tile {n} closed in cycle {closed} and was read in cycle {first}"
        if n >= halves and row.cycles[row_ends[n] - rows] <= read.cycles[read_ends[n - halves] - 1]:
            yield f"tile {n} was begun before tile {n - halves} was read"
    full_speed = p["buffer"] in ("auto", 0) and not case.stall
    latency = 2 + (2 if p["buffer"] else 0)
    late = np.array(out.cycles) - np.array(read.cycles) - latency
    if late.min() < 0 or (full_speed and late.any()):
        yield f"from read to out: {late.min() + latency} to {late.max() + latency} cycles, expected {latency}"
    if case.idle_free and full_speed:
        rows, reads = accumulator.cycles(sizes, halves)
        if row.cycles != rows:
            yield f"rows came in cycles {row.cycles}, expected {rows}"
        if read.cycles != reads:
            yield f"reads came in cycles {read.cycles}, expected {reads}"
