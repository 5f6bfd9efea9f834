"""Bench of the registers: AXI4-Lite by cocotbext-axi, every response and every port compared in every cycle.

The bus models operate at the rising edge; their outputs are valid at the falling edge, where the bench samples
all signals and drives the hardware inputs.
"""

import itertools
import random
import time

import cocotb
from cocotbext.axi import axil_channels as axil

from ..golden.registers import Registers, cycles
from ..runner.job import BenchJob, Outcome, save_outcome
from ..runner.streams import NoProgress, SurplusBeats, reader, reset, unsigned
from ..stimulus.registers import RegistersCase

PATIENCE = 2000
"""Cycles without any handshake after which the bench gives up."""
MODELS = {
    "aw": (axil.AxiLiteAWSource, axil.AxiLiteAWBus),
    "w": (axil.AxiLiteWSource, axil.AxiLiteWBus),
    "b": (axil.AxiLiteBSink, axil.AxiLiteBBus),
    "ar": (axil.AxiLiteARSource, axil.AxiLiteARBus),
    "r": (axil.AxiLiteRSink, axil.AxiLiteRBus),
}
REQUESTS = {"b": ("aw", "w"), "r": ("ar",)}
"""Request channels of each response channel."""


class Bench:
    """Design, bus models and golden registers."""

    def __init__(self, dut, map: dict, outcome: Outcome):
        self.dut, self.outcome, self.golden = dut, outcome, Registers(map)
        self.models = {
            name: model(bus.from_prefix(dut, "s_axil"), dut.clk, dut.rst) for name, (model, bus) in MODELS.items()
        }

        def port(name: str):
            return reader(getattr(dut, name))

        self.valid = {name: port(f"s_axil_{name}valid") for name in MODELS}
        self.ready = {name: port(f"s_axil_{name}ready") for name in MODELS}
        self.response_ports = {"b": [port("s_axil_bresp")], "r": [port("s_axil_rdata"), port("s_axil_rresp")]}
        self.outputs = {name: port(name) for name in self.golden.outputs}
        self.where = ""

    def expect(self, what: str, found, expected):
        self.outcome.checked += expected is not None
        if found != expected:
            self.outcome.mismatches += 1
            if len(self.outcome.examples) < 20:
                self.outcome.examples.append(f"{self.where}: {what} is {found}, expected {expected}")

    def send(self, case: RegistersCase, rng: random.Random):
        """Pass a case's accesses, with its pauses, to the bus models."""
        for name, model in self.models.items():
            model.clear()
            pause = case.pauses.get(name, 0.0)
            model.set_pause_generator(_chances(rng.randrange(2**31), pause) if pause else None)
            model.pause = False
        for address, data, strobe in case.writes:
            self.models["aw"].send_nowait(axil.AxiLiteAWTransaction(awaddr=address, awprot=rng.randrange(8)))
            self.models["w"].send_nowait(axil.AxiLiteWTransaction(wdata=data, wstrb=strobe))
        for address in case.reads:
            self.models["ar"].send_nowait(axil.AxiLiteARTransaction(araddr=address, arprot=rng.randrange(8)))

    def drive(self, case: RegistersCase, rng: random.Random):
        """New values of the hardware inputs: often no set bit, so that bits cleared by software stay clear."""
        for name in self.golden.inputs:
            if rng.random() < case.changes:
                bits = len(getattr(self.dut, name))
                value = rng.choice((0, 0, 0, 1 << rng.randrange(bits), 2**bits - 1, rng.getrandbits(bits)))
                self.golden.inputs[name] = value
                getattr(self.dut, name).value = value

    def compare_outputs(self):
        for name, port in self.outputs.items():
            self.expect(name, unsigned(port()), self.golden.outputs[name])

    async def run(self, number: int, case: RegistersCase) -> tuple[dict[str, list[int]], list]:
        """Run one case, to its last response or to the reset that cuts it.

        Returns the cycles of every channel's handshakes, and the data of the reads. A response is valid in the cycle
        after all its requests were accepted and the response before it was accepted, and stays valid until it is
        accepted; its write takes effect then.
        """
        rng = random.Random(case.seed)
        self.send(case, rng)
        taken = {name: [] for name in MODELS}
        stalled: dict[str, tuple | None] = {"b": None, "r": None}
        data = []
        for cycle in itertools.count():
            await self.dut.clk.falling_edge
            self.where = f"case {number}, cycle {cycle}"
            due = {
                name: stalled[name] is None and all(len(taken[each]) > len(taken[name]) for each in requests)
                for name, requests in REQUESTS.items()
            }
            expected = dict(stalled)
            if due["r"]:  # reads the value before a write in the same cycle
                expected["r"] = self.golden.read(case.reads[len(taken["r"])])
            response = self.golden.cycle(case.writes[len(taken["b"])] if due["b"] else None)
            if due["b"]:
                expected["b"] = (response,)
            self.compare_outputs()
            for name, ports in self.response_ports.items():
                found = tuple(unsigned(port()) for port in ports) if self.valid[name]() == "1" else None
                self.expect(f"the response on {name}", found, expected[name])
            for name in MODELS:
                moves = self.valid[name]() == self.ready[name]() == "1"
                if moves:
                    taken[name].append(cycle)
                    if name == "r":
                        data.append(unsigned(self.response_ports["r"][0]()))
                if name in REQUESTS:
                    stalled[name] = None if moves else expected[name]
            self.drive(case, rng)
            if cycle == case.cut:
                await self.cut(case, rng)
                break
            if len(taken["b"]) >= len(case.writes) and len(taken["r"]) >= len(case.reads):
                break
            if len(taken["b"]) > len(case.writes) or len(taken["r"]) > len(case.reads):
                raise SurplusBeats(f"{self.where}: there are more responses than requests")
            if cycle - max(each[-1] if each else 0 for each in taken.values()) > PATIENCE:
                counts = ", ".join(f"{len(each)} on {name}" for name, each in taken.items())
                raise NoProgress(f"no handshake for {PATIENCE} cycles; handshakes so far: {counts}")
        return taken, data

    async def cut(self, case: RegistersCase, rng: random.Random):
        """Reset in any state: no response is left and every value is the reset value."""
        self.dut.rst.value = 1
        self.golden.reset()
        for _ in range(2):
            await self.dut.clk.falling_edge
            self.where = "reset"
            self.compare_outputs()
            for name in REQUESTS:
                self.expect(f"{name}valid", self.valid[name](), "0")
            self.drive(case, rng)
        self.dut.rst.value = 0


def _chances(seed: int, chance: float):
    rng = random.Random(seed)
    while True:
        yield rng.random() < chance


async def run(dut, job: BenchJob):
    """Run every case of the job and save the outcome. Raises `AssertionError` at a mismatch."""
    outcome, results = Outcome(), []
    bench = Bench(dut, job.parameters["map"], outcome)
    await reset(dut, [port for port in job.inputs if not port.startswith("s_axil_")])
    started = time.perf_counter()
    for number, case in enumerate(job.cases):
        taken, data = await bench.run(number, case)
        moves = sorted(itertools.chain(*taken.values())) or [0]
        outcome.cases += 1
        outcome.cycles += moves[-1] - moves[0] + 1
        outcome.case_cycles.append(moves[-1] - moves[0] + 1)
        outcome.output_cycles.append(sorted(taken["b"] + taken["r"]))
        outcome.work += len(taken["b"]) + len(taken["r"])
        if case.idle_free and case.cut is None:
            for channel, requests in REQUESTS.items():
                if taken[channel]:
                    took = taken[channel][-1] - min(taken[each][0] for each in requests) + 1
                    bench.where = f"case {number}"
                    bench.expect(f"cycles to the last response on {channel}", took, cycles(len(taken[channel])))
        if job.keep:
            results.append(data)
    outcome.seconds = time.perf_counter() - started
    save_outcome(outcome, results)
    assert outcome.checked, "nothing was compared"
    assert not outcome.mismatches, f"{outcome.mismatches} mismatches: " + "; ".join(outcome.examples[:5])


@cocotb.test
async def axi_lite_registers(dut):
    await run(dut, BenchJob.load())
