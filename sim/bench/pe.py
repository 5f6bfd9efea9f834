"""Bench of the processing element: every result and the cycle of every result compared."""

import cocotb
import numpy as np

from ..golden import integer, operands, pe
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned
from ..stimulus.pe import PeCase


class Beats:
    """Beats of an operand's stream, including those of tables, and the integers that they represent."""

    def __init__(self, format: str):
        self.format = format
        self.table = np.zeros((pe.lanes(format), operands.ENTRIES), np.int64)

    def load(self, case: PeCase, name: str) -> tuple[Source, list[int], list[np.ndarray]]:
        """Source of a stream, the numbers of its beats without those of tables, and each tile's integers of lane 0."""
        words, last, users, data, values = [], [], [], [], []
        for number, tile in enumerate(case.tiles):
            codes = tile["aw".index(name)]
            if (number, name) in case.tables:
                self.table = case.tables[number, name]
                parts = operands.table_beats(self.table)
                words += integer.pack(parts, operands.PART)
                last += [n % 2 for n in range(len(parts))]  # `last` of a table has no meaning
                users += [1] * len(parts)
            user = np.broadcast_to(case.users.get((number, name), 0), len(codes))
            data += range(len(words), len(words) + len(codes))
            words += integer.pack(codes, operands.bits(self.format))
            last += [int(n == len(codes) - 1) for n in range(len(codes))]
            users += user.tolist()
            values.append(operands.decode(self.format, codes, user, self.table)[:, 0])
        fields = {"data": words, "last": last} | ({"user": users} if operands.users(self.format) else {})
        return Source(fields, case.gaps.get(name, 0.0)), data, values


@cocotb.test
async def processing_element(dut):
    job, outcome, results = BenchJob.load(), Outcome(), []
    p = job.parameters
    width, dataflow = p["acc_width"], p["dataflow"]
    latency = pe.latency(
        p["a_format"],
        p["w_format"],
        operand_register=p["operand_register"],
        product_register=p["product_register"],
    )
    multiply = operands.multiply(p["a_format"], p["w_format"])
    streams = {name: Beats(p[f"{name}_format"]) for name in "aw"}
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        loaded = {name: beats.load(case, name) for name, beats in streams.items()}
        sources = {name: source for name, (source, _, _) in loaded.items()}
        psums = [tile[2] for tile in case.tiles]
        if dataflow == "ws":
            words = integer.pack(np.concatenate(psums)[:, None], len(dut.s_axis_psum_tdata))
            sources["psum"] = Source({"data": words}, case.gaps.get("psum", 0.0))
        golden = [
            pe.results(dataflow, a, w, psum, width, multiply)
            for a, w, psum in zip(loaded["a"][2], loaded["w"][2], psums, strict=True)
        ]
        lengths = [len(a) for a in loaded["a"][2]]
        lasts = [str(int(n == len(each) - 1)) for each in golden for n in range(len(each))]
        expected = integer.pack(np.concatenate(golden)[:, None], len(dut.m_axis_y_tdata))
        y = Sink(len(expected), case.stall)
        await interrupt(dut, sources, {"y": case.stall}, case)
        outcome.seconds += await transfer(dut, sources, {"y": y}, seed=case.seed)

        taken = {name: [sources[name].cycles[n] for n in data] for name, (_, data, _) in loaded.items()}
        taken["psum"] = sources["psum"].cycles if dataflow == "ws" else []
        law = pe.law(dataflow, taken, lengths, latency)
        problems = []
        for n, (text, reference, last) in enumerate(zip(y.fields["data"], expected, lasts, strict=True)):
            if unsigned(text) != reference or y.fields["last"][n] != last:
                problems.append(
                    f"result {n}: {text}, expected {reference:b}; last {y.fields['last'][n]}, expected {last}"
                )
            if y.cycles[n] < law[n] or (not case.stall and y.cycles[n] != law[n]):
                problems.append(f"result {n} came in cycle {y.cycles[n]}, expected {law[n]}")
        cycles = y.cycles[-1] - min(source.cycles[0] for source in sources.values()) + 1
        outcome.cases += 1
        outcome.checked += len(expected)
        outcome.work += sum(lengths)
        outcome.cycles += cycles
        outcome.case_cycles.append(cycles)
        outcome.output_cycles.append(y.cycles)
        outcome.mismatches += len(problems)
        outcome.examples += [f"case {number}: {problem}" for problem in problems[:3]]
        if job.keep:
            results.append(golden)
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])
