"""Bench of the multi-port memory: independent requests at every port, every response and its cycle compared."""

import cocotb
import numpy as np

from ..golden import multiport
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reset, transfer, unsigned
from ..stimulus.multiport import MultiportCase


def _source(ports: multiport.Accesses, gap: float) -> Source:
    words = [int.from_bytes(row.tobytes(), "little") for row in ports.data]
    strobes = [int.from_bytes(row.tobytes(), "little") for row in np.packbits(ports.strobe, axis=1, bitorder="little")]
    fields = {"addr": ports.addr.tolist(), "write": ports.write.tolist(), "data": words, "strobe": strobes}
    return Source(fields, gap)


@cocotb.test
async def multiport_memory(dut):
    job = BenchJob.load()
    p, outcome, results = job.parameters, Outcome(), []
    memory = multiport.MultiportMemory(p["width"], p["depth"])
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        sources = [_source(*each) for each in zip(case.ports, case.gaps, strict=True)]
        sinks = [Sink(int((each.write == 0).sum()), fields={"data": []}) for each in case.ports]
        if case.reset is not None:
            await interrupt(
                dut,
                {f"port{n}_req": _source(memory.neutral(each), 0.0) for n, each in enumerate(case.ports)},
                {f"port{n}_rsp": 0.0 for n in range(len(sinks))},
                case,
            )
        outcome.seconds += await transfer(
            dut,
            {f"port{n}_req": source for n, source in enumerate(sources)},
            {f"port{n}_rsp": sink for n, sink in enumerate(sinks)},
            seed=case.seed,
        )
        expected = memory.run(case.ports, [source.cycles for source in sources])

        first = min(source.cycles[0] for source in sources)
        cycles = max(sink.cycles[-1] for sink in sinks) - first + 1
        outcome.cases += 1
        outcome.cycles += cycles
        outcome.case_cycles.append(cycles)
        outcome.output_cycles.append(sorted(cycle for sink in sinks for cycle in sink.cycles))
        outcome.work += sum(source.beats for source in sources)
        for n, (source, sink, words) in enumerate(zip(sources, sinks, expected, strict=True)):
            outcome.checked += len(words)
            reference = [int.from_bytes(word.tobytes(), "little") for word in words]
            seen = [unsigned(text) for text in sink.fields["data"]]
            for read, (x, y) in enumerate(zip(seen, reference, strict=True)):
                if x != y:
                    outcome.mismatches += 1
                    value = "unknown bits" if x is None else f"{x:#x}"
                    outcome.examples.append(f"case {number}, port {n}, read {read}: {value}, expected {y:#x}")
            for complaint in _laws(case, n, source, sink):
                outcome.mismatches += 1
                outcome.examples.append(f"case {number}, port {n}: {complaint}")
        if job.keep:
            results.append([[unsigned(text) for text in sink.fields["data"]] for sink in sinks])
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _laws(case: MultiportCase, port: int, source: Source, sink: Sink):
    """Violated cycle laws of a port, in words."""
    requested = np.array(source.cycles)[case.ports[port].write == 0]
    if (np.array(sink.cycles) != requested + multiport.LATENCY).any():
        yield f"a response did not come {multiport.LATENCY} cycles after its request"
    if case.idle_free and source.cycles != list(range(source.beats)):
        yield "a request was stalled"
