"""Bench of the banked scratchpads: every word read, the cycle of every access, and the counters."""

from dataclasses import replace

import cocotb
from cocotb.triggers import FallingEdge

from ..golden.scratchpad import Scratchpad, Trace
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import Sink, Source, interrupt, reader, reset, transfer, unsigned
from ..stimulus.scratchpad import ScratchpadCase


class ScratchpadUnderTest:
    """Scratchpad of the design and its golden model: its ports are called `prefix`0 and so on."""

    def __init__(self, prefix: str, parameters: dict):
        self.ports = [f"{prefix}{i}" for i in range(parameters["ports"])]
        self.counters = parameters["counters"]
        self.waits = dict.fromkeys(self.ports, 0)
        self.golden = Scratchpad(
            parameters["ports"],
            parameters["banks"],
            parameters["depth"],
            interleave=parameters["interleave"],
            sram_latency=parameters["sram_latency"],
            buffered=parameters["buffer"] != 0,
            priority_ports=parameters.get("priority_ports", 0),
        )

    def neutral(self, case: ScratchpadCase) -> ScratchpadCase:
        """The same requests, but each write writes the present contents; the golden model is reset."""
        self.golden.reset()
        self.waits = dict.fromkeys(self.ports, 0)
        memory = [*self.golden.memory, *[0] * self.golden.depth]
        requests = {
            port: [replace(request, data=memory[request.addr]) for request in case.requests.get(port, [])]
            for port in self.ports
        }
        return replace(case, requests=requests)

    def replay(self, case: ScratchpadCase, sources: dict[str, Source], sinks: dict[str, Sink]) -> dict[str, Trace]:
        """Traces of the golden model for the case's requests, with the pauses and stalls of the design."""
        offered = [sources[port].cycles for port in self.ports] if case.gap else None
        taken = [sinks[port].cycles for port in self.ports] if case.stall else None
        traces = self.golden.run([case.requests.get(port, []) for port in self.ports], offered, taken)
        return dict(zip(self.ports, traces, strict=True))


async def run(dut, memories: list[ScratchpadUnderTest], job: BenchJob):
    """Run every case of the job and save the outcome. Raises `AssertionError` at a mismatch."""
    outcome, results = Outcome(), []
    ports = [port for memory in memories for port in memory.ports]
    await reset(dut, job.inputs)
    for number, case in enumerate(job.cases):
        sources = {port: _source(case, port) for port in ports}
        sinks = {
            port: Sink(sum(not request.write for request in case.requests.get(port, [])), case.stall, {"data": []})
            for port in ports
        }
        if case.reset is not None:
            neutral = {port: _source(memory.neutral(case), port) for memory in memories for port in memory.ports}
            await interrupt(
                dut,
                {f"{port}_req": source for port, source in neutral.items()},
                {f"{port}_rsp": case.stall for port in ports},
                case,
            )
        outcome.seconds += await transfer(
            dut,
            {f"{port}_req": source for port, source in sources.items()},
            {f"{port}_rsp": sink for port, sink in sinks.items()},
            seed=case.seed,
        )
        for _ in range(len(ports) + 5):  # writes still pending
            await FallingEdge(dut.clk)
        end = 0
        for memory in memories:
            for port, trace in memory.replay(case, sources, sinks).items():
                _compare(outcome, f"case {number}, {port}", case, trace, sources[port], sinks[port])
                end = max([end, *trace.served, *sinks[port].cycles])
                memory.waits[port] += trace.waits
                if memory.counters:
                    got = unsigned(reader(getattr(dut, f"{port}_waits"))())
                    expected = min(memory.waits[port], (1 << memory.counters) - 1)
                    _same(outcome, f"case {number}, {port}: waits", [got], [expected])
        cycles = end - min(source.cycles[0] for source in sources.values() if source.beats) + 1
        outcome.cases += 1
        outcome.cycles += cycles
        outcome.case_cycles.append(cycles)
        outcome.output_cycles.append(sorted(cycle for sink in sinks.values() for cycle in sink.cycles))
        outcome.work += sum(map(len, case.requests.values()))
        if job.keep:
            results.append({port: (sources[port].cycles, sinks[port].cycles) for port in ports})
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


def _source(case: ScratchpadCase, port: str) -> Source:
    requests = case.requests.get(port, [])
    return Source(
        {
            "addr": [request.addr for request in requests],
            "write": [int(request.write) for request in requests],
            "data": [request.data for request in requests],
            "strobe": [request.strobe for request in requests],
        },
        case.gap,
    )


def _compare(outcome: Outcome, where: str, case: ScratchpadCase, trace: Trace, source: Source, sink: Sink):
    _same(outcome, f"{where}: words", [unsigned(text) for text in sink.fields["data"]], trace.words)
    _same(outcome, f"{where}: cycles of requests", source.cycles, trace.accepted)
    if case.stall:
        early = [max(seen, first) for seen, first in zip(sink.cycles, trace.responded, strict=True)]
        _same(outcome, f"{where}: cycles of responses", sink.cycles, early)
    else:
        _same(outcome, f"{where}: cycles of responses", sink.cycles, trace.responded)


def _same(outcome: Outcome, where: str, got: list, expected: list):
    """Count comparisons and differences, with an example."""
    outcome.checked += len(expected)
    differs = [n for n, (a, b) in enumerate(zip(got, expected, strict=True)) if a != b]
    outcome.mismatches += len(differs)
    if differs:
        n = differs[0]
        outcome.examples.append(f"{where}: number {n} is {got[n]}, expected {expected[n]}")


@cocotb.test
async def scratchpad(dut):
    job = BenchJob.load()
    await run(dut, [ScratchpadUnderTest("port", job.parameters)], job)
