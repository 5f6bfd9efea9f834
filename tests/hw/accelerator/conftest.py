"""A toy engine, and its shell in Amaranth's simulator with a driver of its registers."""

from enum import IntEnum

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator
from pydantic import Field

from systola.hw.accelerator.contract import Engine
from systola.hw.accelerator.shell import Shell
from systola.hw.bus.axi import Axi4
from systola.hw.component import Parameters


class ToyError(IntEnum):
    NONE = 0
    BAD = 3
    ABORTED = 9


class ToyEngine(Engine):
    """Counts cycles in `pc`: it halts at entry[0:8]; if entry[8:16] is not 0 it reports a fault there.

    A transfer is in flight until `drain` cycles after `stop` rises. Only a reset restores the initial state.
    """

    class Parameters(Parameters):
        drain: int = Field(5, ge=1, le=15)

    NAME = "toy"
    IDENTITY = 0x7059
    SIZES = {"drain": 4}
    COUNTERS = {"cycles": "all", "odd": "odd cycles", "even": "even cycles", "pairs": "two per cycle"}
    EVENT_BITS = {"pairs": 2}
    CYCLE_CAUSES = ("odd", "even")
    BUSY = ("works", "odd")
    PENDING = ("transfers",)
    ERRORS = ToyError
    ENTRY_ALIGN = 1

    @classmethod
    def members(cls, p):
        ports = {"m_axi": Out(Axi4(32, 32)), "link": In(4), "incremented": Out(4), "flying": Out(4), "running": Out(1)}
        return ports | cls.control()

    def elaborate(self, platform):
        m = Module()
        at, flying = Signal(24), Signal(4)
        m.d.comb += [
            self.pc.eq(at),
            self.halted.eq(self.go & (at == self.entry[:8])),
            self.fault.valid.eq(self.go & (self.entry[8:16] != 0) & (at == self.entry[8:16])),
            self.fault.code.eq(ToyError.BAD),
            self.fault.detail.eq(at[:4]),
            self.fault.pc.eq(at + 100),
            self.idle.eq(flying == 0),
            self.events.odd.eq(at[0]),
            self.events.even.eq(~at[0]),
            self.events.pairs.eq(2),
            self.busy.works.eq(1),
            self.busy.odd.eq(at[0]),
            self.pending.transfers.eq(flying != 0),
            self.m_axi.ar.valid.eq(self.go),
            self.m_axi.ar.payload.addr.eq(self.entry),
            self.incremented.eq(self.link + 1),
            self.flying.eq(flying),
            self.running.eq(self.go),
        ]
        with m.If(self.go):
            m.d.sync += [at.eq(at + 1), flying.eq(self.p.drain)]
        with m.Elif(flying != 0):
            m.d.sync += flying.eq(flying - 1)
        return m


class ToyAccelerator(Shell):
    """A toy accelerator.

    Latency: none.
    """

    engine = ToyEngine
    latency = 1
    peak = 1


class Driver:
    """Registers of a shell by name, and cycles."""

    def __init__(self, ctx, shell):
        self.ctx, self.shell, self.cycles = ctx, shell, 0
        self.at = {register.name: register.offset for register in type(shell).REGISTERS.registers}
        self.watch = lambda: None

    async def tick(self, count: int = 1):
        for _ in range(count):
            self.watch()
            await self.ctx.tick()
            self.cycles += 1

    async def write(self, register: str, value: int):
        """Write, and wait for the response."""
        bus, waiting = self.shell.s_axil, {"aw", "w"}
        self.ctx.set(bus.aw.payload.addr, self.at[register])
        self.ctx.set(bus.w.payload.data, value)
        self.ctx.set(bus.w.payload.strb, 15)
        self.ctx.set(bus.b.ready, 1)
        while waiting:
            for name in waiting:
                self.ctx.set(getattr(bus, name).valid, 1)
            passed = {name for name in waiting if self.ctx.get(getattr(bus, name).ready)}
            await self.tick()
            for name in passed:
                self.ctx.set(getattr(bus, name).valid, 0)
            waiting -= passed
        while not self.ctx.get(bus.b.valid):
            await self.tick()
        assert self.ctx.get(bus.b.payload.resp) == 0
        await self.tick()

    async def read(self, register: str) -> int:
        bus = self.shell.s_axil
        self.ctx.set(bus.ar.payload.addr, self.at[register])
        self.ctx.set(bus.ar.valid, 1)
        self.ctx.set(bus.r.ready, 1)
        while not self.ctx.get(bus.ar.ready):
            await self.tick()
        await self.tick()
        self.ctx.set(bus.ar.valid, 0)
        while not self.ctx.get(bus.r.valid):
            await self.tick()
        value = self.ctx.get(bus.r.payload.data)
        assert self.ctx.get(bus.r.payload.resp) == 0
        await self.tick()
        return value

    async def interrupt(self, limit: int = 600):
        for _ in range(limit):
            if self.ctx.get(self.shell.irq):
                return
            await self.tick()
        raise AssertionError("no interrupt")

    async def ended(self) -> dict[str, int]:
        """Wait for the end and clear the interrupt; returns all registers apart from those written by the host."""
        await self.interrupt()
        assert await self.read("status") == 1
        found = {name: await self.read(name) for name in ("error", "pc", *type(self.shell).engine.COUNTERS)}
        await self.write("status", 1)
        assert not self.ctx.get(self.shell.irq)
        return found


@pytest.fixture(scope="session")
def toy() -> type[ToyAccelerator]:
    return ToyAccelerator


@pytest.fixture(scope="session")
def toy_engine() -> type[ToyEngine]:
    return ToyEngine


@pytest.fixture
def drive():
    """A function that runs an async function of a :class:`Driver` on the toy accelerator."""

    def run(bench, **parameters):
        shell, finished = ToyAccelerator(**parameters), []

        async def testbench(ctx):
            await bench(Driver(ctx, shell))
            finished.append(True)

        simulator = Simulator(shell)
        simulator.add_clock(1e-6)
        simulator.add_testbench(testbench)
        simulator.run()
        assert finished

    return run
