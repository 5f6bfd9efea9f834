"""Bench of the N:M multiply-accumulate: every sum, every count of illegal groups and every cycle compared."""

import cocotb
import numpy as np

from ..golden import integer, nm_mac
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned


@cocotb.test
async def sparse_mac(dut):
    job, outcome, results = BenchJob.load(), Outcome(), []
    p = job.parameters
    n, m = nm_mac.pattern(p["sparsity"])
    registers = {name: p[name] for name in ("operand_register", "product_register")}
    latency, mask = nm_mac.latency(n, **registers), (1 << p["acc_width"]) - 1
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        golden = [nm_mac.dot(a, kept, places, p["acc_width"]) for a, kept, places in case.packets]
        a, kept, places = (np.concatenate(parts) for parts in zip(*case.packets, strict=True))
        ends = np.cumsum([len(packet[0]) for packet in case.packets]) - 1
        last = np.zeros(len(a), int)
        last[ends] = 1
        fields = {
            "a": integer.pack(a, integer.width(p["a_format"])),
            "w": integer.pack(kept, integer.width(p["w_format"])),
            "meta": nm_mac.meta(places, m).tolist(),
            "last": last.tolist(),
        }
        x, y = Source(fields, case.gap), Sink(len(golden), case.stall, {"data": [], "illegal": []})
        await interrupt(dut, {"x": x}, {"y": case.stall}, case)
        outcome.seconds += await transfer(dut, {"x": x}, {"y": y}, seed=case.seed)

        problems = []
        for k, (total, wrong) in enumerate(golden):
            got = unsigned(y.fields["data"][k]), unsigned(y.fields["illegal"][k])
            if got != (total & mask, wrong):
                problems.append(f"packet {k}: {got}, expected {(total & mask, wrong)}")
            law = x.cycles[ends[k]] + latency
            if y.cycles[k] < law or (not case.stall and y.cycles[k] != law):
                problems.append(f"packet {k} came in cycle {y.cycles[k]}, expected {law}")
        cycles = y.cycles[-1] - x.cycles[0] + 1
        outcome.cases += 1
        outcome.checked += len(golden)
        outcome.work += n * len(a)
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
