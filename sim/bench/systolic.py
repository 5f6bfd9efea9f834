"""Bench of the matrix engines: tiles through the streams, every result compared with the golden model."""

import cocotb
import numpy as np

from ..golden import integer, operands, systolic
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned
from ..stimulus.systolic import SystolicCase


class ArrayModel:
    """Golden side of an engine with given parameters: tiles to beats, results and cycles."""

    def __init__(self, parameters: dict):
        self.p = parameters
        self.dataflow = parameters.get("dataflow", "ws")
        self.formats = {name: parameters.get(f"{name}_format", "int16") for name in "aw"}
        names = self.formats.values()
        self.multiply = operands.multiply(*names)
        self.registers = (
            parameters["operand_register"]
            + parameters["product_register"] * operands.product_registers(*names)
            + (not all(map(operands.is_integer, names)))
        )
        self.buffered = parameters["buffer"] != 0
        self.full_speed = parameters["buffer"] in ("auto", 0)
        self.reset()

    def reset(self):
        """State of the engine after a reset."""
        self.tables = {}  # table last loaded, by stream; all zero at first, undefined after a reset in mid-run

    def product(self, a, w):
        return systolic.product(a, w, self.p["acc_width"], self.multiply)

    def cycles(self, lengths: list[int], tables: list[tuple[int, int]]) -> int:
        return systolic.cycles(
            self.dataflow,
            self.p["rows"],
            self.p["cols"],
            lengths,
            registers=self.registers,
            buffered=self.buffered,
            tables=tables,
        )

    def values(self, case: SystolicCase) -> list[tuple[np.ndarray, np.ndarray]]:
        """Integers that each tile represents, with the tables valid at that time."""
        tiles = []
        for number, tile in enumerate(case.tiles):
            decoded = []
            for name, codes in zip("aw", systolic.beats(self.dataflow, *tile), strict=True):
                empty = np.zeros((codes.shape[1], operands.ENTRIES), np.int64)
                self.tables[name] = case.tables.get((number, name), self.tables.get(name, empty))
                user = np.broadcast_to(case.users.get((number, name), 0), len(codes))
                decoded.append(operands.decode(self.formats[name], codes, user, self.tables[name]))
            tiles.append(systolic.beats(self.dataflow, *decoded))
        return tiles

    def sources(self, case: SystolicCase) -> dict[str, Source]:
        return {name: self._source(case, name, side) for side, name in enumerate("aw")}

    def _source(self, case: SystolicCase, name: str, side: int) -> Source:
        """Beats of one stream: the beats of a tile's table, if it has one, precede the tile."""
        words, last, users = [], [], []
        for number, tile in enumerate(case.tiles):
            codes = systolic.beats(self.dataflow, *tile)[side]
            if (table := case.tables.get((number, name))) is not None:
                parts = operands.table_beats(table)
                words += integer.pack(parts, operands.PART)
                last += [n % 2 for n in range(len(parts))]  # `last` of a table has no meaning
                users += [1] * len(parts)
            words += integer.pack(codes, operands.bits(self.formats[name]))
            last += [int(n == len(codes) - 1) for n in range(len(codes))]
            users += np.broadcast_to(case.users.get((number, name), 0), len(codes)).tolist()
        fields = {"data": words, "last": last} | ({"user": users} if operands.users(self.formats[name]) else {})
        return Source(fields, case.gaps.get(name, 0.0))

    def work(self, a, w) -> int:
        """Multiplications of a tile."""
        return a.shape[0] * a.shape[1] * w.shape[1]

    def reports(self, case: SystolicCase) -> dict[str, dict[str, list[int]]]:
        """Expected contents of the output streams in addition to `y`: for each the words of each field, in order."""
        return {}

    def lengths(self, case: SystolicCase) -> list[int]:
        """Streamed beats of each tile."""
        return [{"ws": a.shape[0], "is": w.shape[1], "os": a.shape[1]}[self.dataflow] for a, w in case.tiles]

    def law(self, case: SystolicCase) -> int:
        """Cycles of the case if no stream pauses."""
        return self.cycles(self.lengths(case), self.table_lengths(case))

    def table_lengths(self, case: SystolicCase) -> list[tuple[int, int]]:
        """Beats of tables before each tile, in the streamed operand and in the other one."""
        first, second = "wa" if self.dataflow == "is" else "aw"
        beats = operands.ENTRIES * operands.ENTRY_BITS // operands.PART
        return [
            (beats * ((number, first) in case.tables), beats * ((number, second) in case.tables))
            for number in range(len(case.tiles))
        ]


async def run(dut, engine: ArrayModel, job: BenchJob):
    """Run every case of the job and save the outcome. Raises `AssertionError` at a mismatch."""
    outcome, results = Outcome(), []
    acc_width, cols = engine.p["acc_width"], engine.p["cols"]
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        if case.reset is not None:
            engine.reset()
        golden = [engine.product(a, w) for a, w in engine.values(case)]
        expected = [systolic.result_beats(engine.dataflow, y) for y in golden]
        words = integer.pack(np.concatenate(expected), acc_width)
        lasts = [str(int(n == len(y) - 1)) for y in expected for n in range(len(y))]
        texts = [format(word, f"0{len(dut.m_axis_y_tdata)}b") for word in words]
        sources, sink = engine.sources(case), Sink(len(words), case.stall)
        reports = engine.reports(case)
        side_streams = {
            name: Sink(len(next(iter(fields.values()))), fields={field: [] for field in fields})
            for name, fields in reports.items()
        }
        await interrupt(dut, sources, dict.fromkeys(side_streams, 0.0) | {"y": case.stall}, case)
        outcome.seconds += await transfer(dut, sources, {"y": sink} | side_streams, seed=case.seed)

        cycles = sink.cycles[-1] - min(source.cycles[0] for source in sources.values()) + 1
        outcome.cases += 1
        outcome.checked += len(words) * cols
        outcome.cycles += cycles
        outcome.case_cycles.append(cycles)
        outcome.output_cycles.append(sink.cycles)
        outcome.work += sum(engine.work(a, w) for a, w in case.tiles)
        if sink.fields != {"data": texts, "last": lasts}:
            _explain(outcome, f"case {number}", sink, words, lasts, cols, acc_width)
        for name, fields in reports.items():
            found = {field: [unsigned(text) for text in texts] for field, texts in side_streams[name].fields.items()}
            if found != fields:
                outcome.mismatches += 1
                outcome.examples.append(f"case {number}: {name} is {found}, expected {fields}")
        law = engine.law(case)
        if cycles < law or (case.idle_free and engine.full_speed and cycles != law):
            outcome.mismatches += 1
            outcome.examples.append(f"case {number}: {cycles} cycles, expected {law}")
        if job.keep:
            split = np.cumsum([len(y) for y in expected])[:-1]
            received = [unsigned(text) or 0 for text in sink.fields["data"]]
            tiles = np.split(integer.unpack(received, cols, acc_width), split)
            results.append([systolic.result_beats(engine.dataflow, y) for y in tiles])
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _explain(outcome: Outcome, case: str, sink: Sink, words: list[int], lasts: list[str], cols: int, acc_width: int):
    """Count differences, lane by lane, and give examples."""
    seen = [unsigned(text) for text in sink.fields["data"]]
    known = [word is not None for word in seen]
    seen = [word or 0 for word in seen]
    got, expected = (integer.unpack(each, cols, acc_width) for each in (seen, words))
    differs = (got != expected) | ~np.array(known)[:, None]
    flags = sum(x != y for x, y in zip(sink.fields["last"], lasts, strict=True))
    outcome.mismatches += int(differs.sum()) + flags
    for beat, lane in np.argwhere(differs)[:3].tolist():
        value = got[beat, lane] if known[beat] else "unknown bits"
        outcome.examples.append(f"{case}, beat {beat}, lane {lane}: {value}, expected {expected[beat, lane]}")
    if flags:
        outcome.examples.append(f"{case}: tlast is wrong in {flags} beats")


@cocotb.test
async def systolic_array(dut):
    job = BenchJob.load()
    await run(dut, ArrayModel(job.parameters), job)
