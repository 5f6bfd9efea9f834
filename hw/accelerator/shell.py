"""Shell of an accelerator: registers, start, stop, drain, reset and interrupt around an engine."""

from typing import ClassVar

from amaranth.hdl import ClockDomain, ClockSignal, DomainRenamer, Module, Mux, ResetSignal, Signal
from amaranth.lib.wiring import In, Out, connect, flipped

from ..bundle import Bundle
from ..bus.axi import AxiLite
from ..bus.registers import RegField, Register, RegisterMap, Registers
from ..component import Component, P, place
from ..stream.packet import join
from .contract import FAULT, PC_WIDTH, Engine, check_class, check_ports
from .counters import WIDTH, Counters

CLEAR = 4
"""Cycles between the write of `control.start` and execution: the engine is in reset in all but the first."""
FIRST_COUNTER = 0x40
"""Byte offset of the first counter."""


def register_map(engine: type[Engine]) -> RegisterMap:
    """Return the register map of an accelerator, from the class attributes of its engine."""

    def read_only(*fields: tuple[str, int, str]) -> list[RegField]:
        return [RegField(name=name, bits=bits, access="ro", meaning=meaning) for name, bits, meaning in fields]

    sizes = [(name, bits, f"parameter {name}") for name, bits in engine.SIZES.items()]
    codes = ", ".join(f"{error.value} {error.name}" for error in engine.ERRORS)
    counters = [
        Register(
            name=name,
            meaning=meaning,
            offset=FIRST_COUNTER if n == 0 else None,
            fields=read_only(("count", WIDTH, "events since the start, modulo 2^32")),
        )
        for n, (name, meaning) in enumerate(engine.COUNTERS.items())
    ]
    return RegisterMap(
        name=engine.NAME,
        registers=[
            Register(
                name="identity",
                meaning="machine and sizes",
                fields=read_only(("magic", 16, f"{engine.IDENTITY:#x}: {engine.NAME}"), *sizes),
            ),
            Register(
                name="control",
                meaning="start and stop",
                fields=[
                    RegField(name="start", access="pulse", meaning="start at `entry`; ignored while running"),
                    RegField(name="stop", access="pulse", meaning="stop with error ABORTED"),
                ],
            ),
            Register(
                name="status",
                meaning="state and interrupt",
                fields=[
                    RegField(name="done", access="w1c", meaning="an execution has ended: the interrupt"),
                    RegField(name="running", access="ro", meaning="executing, or draining the last transfers"),
                ],
            ),
            Register(
                name="entry",
                meaning="start address",
                fields=[
                    RegField(
                        name="address", bits=32, access="rw", meaning=f"DRAM byte, a multiple of {engine.ENTRY_ALIGN}"
                    )
                ],
            ),
            Register(
                name="error",
                meaning="cause of the last end",
                fields=read_only(("code", 4, codes), ("detail", 4, "detail of the code")),
            ),
            Register(
                name="pc",
                meaning="instruction or descriptor",
                fields=read_only(("instruction", PC_WIDTH, "current one, or the one at which execution ended")),
            ),
            Register(
                name="pending",
                meaning="units with work left",
                fields=read_only(*((name, 1, f"{name} has commands left") for name in engine.PENDING)),
            ),
            *counters,
        ],
    )


class Shell(Component[P]):
    """Shell of an accelerator: `engine` with AXI4-Lite registers, start, stop, drain, reset and interrupt.

    `control.start` executes the program at `entry.address`, until the engine halts, reports a fault, or `control.stop`
    is written. Then no further transfer begins; when those in flight have completed, `status.done` is set and `irq`
    rises. The engine is reset before each execution, so no state of one execution reaches the next. `error` and `pc`
    hold the cause and place of the last end. `rst` must be high for 2 cycles or more, because the engine's reset is a
    register. Counters count while `go` is high, neither in the reset before nor while transfers drain, and keep their
    values until the next start.

    A subclass names its `engine`; everything else follows from the engine's class attributes (see :class:`.Engine`).
    Bus masters and further ports of the engine pass through unchanged.

    Latency: 5 cycles from the write response of `control.start` to `go`. Area: the register map, 32 flip-flops per
    counter, one state bit per phase.
    """

    engine: ClassVar[type[Engine]]
    REGISTERS: ClassVar[RegisterMap]
    OFFSETS: ClassVar[dict[str, int]]

    def __init_subclass__(cls, **keywords):
        super().__init_subclass__(**keywords)
        if "engine" in cls.__dict__:
            check_class(cls.engine)
            cls.Parameters = cls.engine.Parameters
            cls.REGISTERS = register_map(cls.engine)
            cls.OFFSETS = {register.name: register.offset for register in cls.REGISTERS.registers}

    @classmethod
    def members(cls, p):
        check_ports(cls.engine, p)
        return {
            "s_axil": In(AxiLite(cls.REGISTERS.addr_width)),
            **cls.through(p),
            "irq": Out(1),
            "busy": Out(Bundle(dict.fromkeys(cls.engine.BUSY, 1))),
        }

    @classmethod
    def through(cls, p) -> dict:
        """Ports of the engine that are ports of the accelerator too."""
        return {name: member for name, member in cls.engine.members(p).items() if name not in cls.engine.control()}

    def elaborate(self, platform):
        m = Module()
        registers = place(m, platform, "registers", Registers, map=self.REGISTERS)
        for name in ("aw", "w", "ar"):
            join(m, getattr(self.s_axil, name), getattr(registers.s_axil, name))
        for name in ("b", "r"):
            join(m, getattr(registers.s_axil, name), getattr(self.s_axil, name))

        clearing = Signal(CLEAR)  # one bit per cycle
        reset = Signal(init=1, reset_less=True)  # a register, because its fan-out is large
        m.domains.engine = ClockDomain(local=True)
        m.d.comb += [ClockSignal("engine").eq(ClockSignal()), ResetSignal("engine").eq(reset)]
        m.d.sync += reset.eq(ResetSignal() | clearing[:-1].any())
        inside = Module()
        engine = place(inside, platform, "engine", self.engine, **dict(self.p))
        m.submodules.inside = DomainRenamer("engine")(inside)
        for name, member in self.through(self.p).items():
            if member.is_signature:
                connect(m, flipped(getattr(self, name)), getattr(engine, name))
            elif member.flow == In:
                m.d.comb += getattr(engine, name).eq(getattr(self, name))
            else:
                m.d.comb += getattr(self, name).eq(getattr(engine, name))

        running = self._phases(m, registers, engine, clearing)
        names = self.engine.COUNTERS
        counters = place(
            m, platform, "counters", Counters, bits=tuple((n, self.engine.EVENT_BITS.get(n, 1)) for n in names)
        )
        m.d.comb += [
            counters.enable.eq(running),
            counters.clear.eq(clearing.any()),
            counters.events.cycles.eq(1),
            *(counters.events[name].eq(engine.events[name]) for name in names if name != "cycles"),
            *(getattr(registers, f"{name}_count").eq(counters.counts[name]) for name in names),
            registers.identity_magic.eq(self.engine.IDENTITY),
            *(getattr(registers, f"identity_{name}").eq(n) for name, n in self.engine.sizes(self.p).items()),
            *(getattr(registers, f"pending_{name}").eq(engine.pending[name]) for name in self.engine.PENDING),
            *(self.busy[name].eq(running & engine.busy[name]) for name in self.engine.BUSY),
            self.irq.eq(registers.status_done),
        ]
        return m

    def _phases(self, m, registers, engine, clearing):
        """Clear, run, drain. Returns whether the engine runs."""
        running, drains = Signal(), Signal()
        ends, idle, stopping = Signal(), Signal(), Signal()
        error = {name: Signal(4, name=f"error_{name}") for name in ("code", "detail")}
        pc = Signal(PC_WIDTH)
        stops = stopping | (registers.control_stop & registers.control_stop_strobe)
        m.d.comb += [
            idle.eq(~clearing.any() & ~running & ~drains),
            ends.eq(running & (engine.halted | stops | engine.fault.valid)),
            engine.go.eq(running),
            engine.stop.eq(~running),
            engine.entry.eq(registers.entry_address),
        ]
        m.d.sync += [
            clearing.eq(clearing << 1),
            stopping.eq(clearing.any() & stops),  # a stop that comes before execution has begun
            running.eq((running & ~ends) | clearing[-1]),
            drains.eq((drains & ~engine.idle) | ends),
        ]
        with m.If(idle & registers.control_start & registers.control_start_strobe):
            m.d.sync += [clearing.eq(1), *(each.eq(0) for each in error.values())]
        # The fault is registered first: it is selected among all units of the engine.
        fault = Signal(FAULT, reset_less=True)
        failed = Signal()
        m.d.sync += [fault.eq(engine.fault), failed.eq(ends & engine.fault.valid)]
        with m.If(ends):
            m.d.sync += pc.eq(engine.pc)
            with m.If(stops):
                m.d.sync += error["code"].eq(self.engine.ERRORS["ABORTED"])
        with m.If(failed):
            m.d.sync += [pc.eq(fault.pc), *(each.eq(fault[name]) for name, each in error.items())]
        m.d.comb += [
            registers.status_done_set.eq(drains & engine.idle),
            registers.status_running.eq(~idle),
            registers.error_code.eq(error["code"]),
            registers.error_detail.eq(error["detail"]),
            registers.pc_instruction.eq(Mux(running, engine.pc, pc)),
        ]
        return running
