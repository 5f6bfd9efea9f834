"""The engine on a bus in Amaranth's simulator: protocol, and an orderly end after `stop` in any cycle."""

import random

import numpy as np
import pytest
from amaranth.sim import Simulator

from systola.hw.accelerator.contract import check_class, check_ports
from systola.hw.cores.outer_product.engine import OuterProductEngine, OuterProductError
from systola.sim.golden.cores.outer_product import run

DEPTH = 16
CYCLES = 1500


class AxiMemoryModel:
    """A memory on an AXI4 master, with pauses on every channel; it checks that the master follows the protocol."""

    def __init__(self, dram: np.ndarray, pause: float, seed: int):
        self.dram, self.pause, self.rng = dram, pause, random.Random(seed)
        self.reads, self.writes, self.bursts, self.responses = [], [], 0, 0
        self.held, self.begun_while_stopped = {}, []
        self.r_valid = self.b_valid = False

    @property
    def idle(self) -> bool:
        return not (self.reads or self.writes or self.responses or self.bursts)

    async def cycle(self, ctx, bus, stopped: bool):
        """One clock cycle of all channels."""
        ready = {name: self.rng.random() >= self.pause for name in ("ar", "aw", "w")}
        for name, value in ready.items():
            ctx.set(getattr(bus, name).ready, value)
        self.r_valid = self.r_valid or (bool(self.reads) and self.rng.random() >= self.pause)
        ctx.set(bus.r.valid, self.r_valid)
        if self.r_valid:
            at, last = self.reads[0]
            ctx.set(bus.r.payload.data, int(self.dram[at : at + 4].view("<u4")[0]))
            ctx.set(bus.r.payload.last, last)
        self.b_valid = self.b_valid or (bool(self.responses) and self.rng.random() >= self.pause)
        ctx.set(bus.b.valid, self.b_valid)
        channels = [getattr(bus, name) for name in ("ar", "aw", "w")]
        values = [(ctx.get(channel.valid), ctx.get(channel.payload.as_value())) for channel in channels]
        addresses = ctx.get(bus.ar.payload.addr), ctx.get(bus.aw.payload.addr)
        data, last = ctx.get(bus.w.payload.data), ctx.get(bus.w.payload.last)
        taken = ctx.get(bus.r.ready), ctx.get(bus.b.ready)
        for name, (valid, payload) in zip(("ar", "aw", "w"), values, strict=True):
            if name in self.held:
                assert (valid, payload) == (1, self.held[name]), f"{name} took back what it offered"
            elif valid and stopped and name != "w":
                self.begun_while_stopped.append(name)
            self.held.pop(name, None)
            if valid and not ready[name]:
                self.held[name] = payload
        await ctx.tick()
        if self.r_valid and taken[0]:
            self.reads.pop(0)
            self.r_valid = False
        if self.b_valid and taken[1]:
            self.responses -= 1
            self.b_valid = False
        if values[0][0] and ready["ar"]:
            self.reads += [(addresses[0] + 4 * n, n == 15) for n in range(16)]
        if values[1][0] and ready["aw"]:
            self.writes += [addresses[1] + 4 * n for n in range(16)]
            self.bursts += 1
        if values[2][0] and ready["w"]:
            at = self.writes.pop(0)
            assert last == (at % 64 == 60)
            self.dram[at : at + 4] = np.array([data], "<u4").view(np.uint8)
            if last:
                self.responses, self.bursts = self.responses + 1, self.bursts - 1


def execute(case, *, pause: float = 0.0, seed: int = 1, stop: int | None = None):
    """Run until halted or faulty, or until `stop`; then with `stop` high until idle. Returns (bus, status)."""
    engine, status = OuterProductEngine(depth=DEPTH), {}
    bus = AxiMemoryModel(case.dram.copy(), pause, seed)

    async def bench(ctx):
        ctx.set(engine.entry, case.entry)
        ctx.set(engine.stop, 1)
        await ctx.tick().repeat(3)
        assert ctx.get(engine.idle)
        ctx.set(engine.go, 1)
        ctx.set(engine.stop, 0)
        for cycle in range(CYCLES):
            fault = ctx.get(engine.fault)
            if ctx.get(engine.halted) or fault.valid or cycle == stop:
                status.update(halted=ctx.get(engine.halted), fault=fault, pc=ctx.get(engine.pc), cycle=cycle)
                break
            await bus.cycle(ctx, engine.m_axi, stopped=False)
        assert status, "it does not end"
        await bus.cycle(ctx, engine.m_axi, stopped=False)
        ctx.set(engine.go, 0)
        ctx.set(engine.stop, 1)
        for _ in range(CYCLES):
            if ctx.get(engine.idle):
                break
            await bus.cycle(ctx, engine.m_axi, stopped=True)
        assert ctx.get(engine.idle), "it is never idle"
        assert bus.idle, "it is idle with transfers in flight"
        for _ in range(50):
            await bus.cycle(ctx, engine.m_axi, stopped=True)
            assert ctx.get(engine.idle)

    simulator = Simulator(engine)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert bus.begun_while_stopped == []
    return bus, status


TWO = [(1, 2, 0x1000, 0x2000, 0x3000), (1, 1, 0x1000, 0x2000, 0x3100)]


@pytest.mark.parametrize(("pause", "seed"), [(0.0, 1), (0.3, 2), (0.7, 3)])
def test_a_chain_matches_the_golden_model(chain, pause, seed):
    case = chain(*TWO)
    bus, status = execute(case, pause=pause, seed=seed)
    golden = run({"depth": DEPTH}, case.dram, case.entry)
    assert (status["halted"], status["pc"], golden.error) == (1, golden.at, 0)
    assert np.array_equal(bus.dram, golden.dram)


def test_an_illegal_descriptor_is_a_fault(chain):
    _, status = execute(chain(TWO[0], (2, 1, 0x1000, 0x2000, 0x3100)))  # a depth of 32 with a panel of 16
    assert (status["halted"], status["fault"].code, status["fault"].pc) == (0, OuterProductError.DESCRIPTOR, 1)


@pytest.mark.parametrize(
    ("pause", "step"), [(0.0, 3), *(pytest.param(*each, marks=pytest.mark.slow) for each in ((0.0, 1), (0.5, 5)))]
)
def test_it_becomes_quiet_after_a_stop_in_any_cycle(chain, pause, step):
    """No transfer begins while `stop` is high, none remains outstanding, and offered addresses remain valid."""
    case = chain((1, 1, 0x1000, 0x2000, 0x3000))
    _, status = execute(case, pause=pause)
    for stop in range(0, status["cycle"], step):
        execute(case, pause=pause, stop=stop)


def test_it_fulfils_the_contract():
    check_class(OuterProductEngine)
    check_ports(OuterProductEngine, OuterProductEngine.Parameters())
