"""The core: a whole accelerator that runs programs from DRAM."""

from amaranth.hdl import Cat, ClockDomain, ClockSignal, DomainRenamer, Module, Mux, ResetSignal, Signal
from amaranth.lib.wiring import In, Out

from ...bundle import Bundle
from ...bus.axi import Axi4, AxiLite
from ...bus.registers import RegField, Register, RegisterMap, Registers
from ...component import Component, place
from ...issue.command import FAULT, PC_WIDTH
from ...stream.packet import join
from .engine import Engine
from .isa import BUSY, ISA, Error
from .parameters import CoreParameters

MAGIC = 0x5359
CLEAR = 4
"""Cycles from one program to the next: in all but the first the engine is reset."""

COUNTERS = {
    "cycles": "cycles from start to halt",
    "rows": "cycles in which a row entered the array",
    "lost_instruction": "cycles without a row: no MATMUL was there",
    "lost_sync": "cycles without a row: the issuer waited in SYNC or HALT",
    "lost_weights": "cycles without a row: its tile was not loaded yet",
    "lost_activations": "cycles without a row: the scratchpad had not answered",
    "lost_fill": "cycles without a row: the way to the array filled, or the array emptied before a SYNC",
    "load": "cycles in which a LOAD was under way",
    "store": "cycles in which a STORE was under way",
    "vector": "cycles in which an element entered the vector lanes",
    "sync": "cycles of the issuer in SYNC or HALT",
    "read_beats": "beats read from the bus",
    "write_beats": "beats written to the bus",
    "instructions": "instructions issued",
}


def _ro(name: str, *fields: tuple[str, int]) -> Register:
    return Register(name=name, fields=[RegField(name=field, bits=bits, access="ro") for field, bits in fields])


REGISTERS = RegisterMap(
    name="core",
    registers=[
        Register(
            name="identity",
            meaning="what this is",
            fields=[
                RegField(name="magic", bits=16, access="ro", meaning=f"{MAGIC:#x}"),
                RegField(name="size", bits=8, access="ro", meaning="rows and columns of the array"),
                RegField(name="bytes", bits=8, access="ro", meaning="bytes of a beat on the bus"),
            ],
        ),
        Register(
            name="control",
            meaning="start and stop",
            fields=[
                RegField(name="start", access="pulse", meaning="run the program; ignored while one runs"),
                RegField(name="stop", access="pulse", meaning="end the program with error ABORTED"),
            ],
        ),
        Register(
            name="status",
            meaning="how it goes",
            fields=[
                RegField(name="done", access="w1c", meaning="a program has ended: the interrupt"),
                RegField(name="running", access="ro", meaning="a program runs, or its last transfers do"),
            ],
        ),
        Register(
            name="entry",
            meaning="the program to run",
            fields=[RegField(name="address", bits=32, access="rw", meaning="DRAM byte, a multiple of 16")],
        ),
        Register(
            name="error",
            meaning="why the last program ended",
            fields=[
                RegField(name="code", bits=4, access="ro", meaning=", ".join(f"{e.value} {e.name}" for e in Error)),
                RegField(name="detail", bits=4, access="ro", meaning="of DESCRIPTOR and BUS: the DMA engine's code"),
            ],
        ),
        _ro("pc", ("instruction", PC_WIDTH)),
        Register(
            name="pending",
            meaning="units that have not ended all commands",
            fields=[RegField(name=name, access="ro") for name in ISA.completions],
        ),
        *(
            Register(
                name=name,
                meaning=meaning,
                offset=0x40 if n == 0 else None,
                fields=[RegField(name="count", bits=32, access="ro")],
            )
            for n, (name, meaning) in enumerate(COUNTERS.items())
        ),
    ],
)


class Core(Component):
    """A core: programs from DRAM drive a systolic array, its memories, a DMA engine and vector lanes.

    `m_axi` is the bus to DRAM, `s_axil` the registers, `irq` is high while `status.done` is,
    `busy` tells who is at work. `control.start` runs the
    program at `entry.address` until HALT, an error or `control.stop`; then transfers under way end, `status.done` is
    set, and the next program may start. `error` and `pc` say why it ended and where: the instruction that was at fault,
    or at the issuer. Instructions: docs/isa.md.

    Units run what they are given and know nothing of each other; only SYNC orders them. Each cycle of a program is
    counted once: a row entered the array, or one cause why none did. The accumulators take a row in every cycle, so
    they are never the cause.

    Latency: 25 cycles and two of DRAM from start to the first LOAD on the bus; rows enter the array one a cycle
    (initiation interval 1). Back-pressure: the bus may stall at any time. Area grows with size^2 (the array), size x
    accumulators and the scratchpads (memory), size x ports x banks (their ways).

    Source: N. Jouppi et al., ISCA 2017, section 2 (matrix unit, accumulators, activation pipeline, unified buffer);
    the issue policy of `Issuer`.
    """

    Parameters = CoreParameters

    @staticmethod
    def members(p):
        return {
            "s_axil": In(AxiLite(REGISTERS.addr_width)),
            "m_axi": Out(Axi4(32, p.data_width)),
            "irq": Out(1),
            "busy": Out(Bundle(dict.fromkeys(BUSY, 1))),
        }

    @property
    def latency(self) -> int:
        return 25

    @property
    def peak(self) -> int:
        return self.p.size**2

    def elaborate(self, platform):
        m = Module()
        p = self.p
        registers = place(m, platform, "registers", Registers, map=REGISTERS)
        for name in ("aw", "w", "ar"):
            join(m, getattr(self.s_axil, name), getattr(registers.s_axil, name))
        for name in ("b", "r"):
            join(m, getattr(registers.s_axil, name), getattr(self.s_axil, name))

        # The engine is reset before each program, when its bus is quiet.
        clear = Signal()
        clearing = Signal(CLEAR)  # a bit for each cycle
        reset = Signal(init=1, reset_less=True)  # a register, since it goes everywhere
        m.domains.engine = ClockDomain(local=True)
        m.d.comb += [ClockSignal("engine").eq(ClockSignal()), ResetSignal("engine").eq(reset)]
        m.d.sync += reset.eq(ResetSignal() | clearing[:-1].any())
        inside = Module()
        engine = place(inside, platform, "engine", Engine, **dict(p))
        m.submodules.inside = DomainRenamer("engine")(inside)
        for name in ("ar", "aw", "w"):
            join(m, getattr(engine.m_axi, name), getattr(self.m_axi, name))
        for name in ("r", "b"):
            join(m, getattr(self.m_axi, name), getattr(engine.m_axi, name))

        # A program is prepared, runs, and ends when its transfers have.
        running = Signal()
        drains = Signal()
        ends = Signal()
        idle = Signal()
        done = Signal()
        error = {name: Signal(4, name=f"error_{name}") for name in ("code", "detail")}
        pc = Signal(PC_WIDTH)
        stops = registers.control_stop & registers.control_stop_strobe
        m.d.comb += [
            clear.eq(clearing.any()),
            idle.eq(~clear & ~running & ~drains),
            ends.eq(running & (engine.halted | stops | engine.fault.valid)),
            done.eq(drains & engine.quiet),
            engine.go.eq(running),
            engine.stop.eq(drains),
        ]
        m.d.sync += [
            clearing.eq(clearing << 1),
            running.eq((running & ~ends) | clearing[-1]),
            drains.eq((drains & ~engine.quiet) | ends),
        ]
        with m.If(idle & registers.control_start & registers.control_start_strobe):
            m.d.sync += [clearing.eq(1), *(each.eq(0) for each in error.values())]
        # Whose fault it was is found in two steps.
        fault = Signal(FAULT, reset_less=True)
        failed = Signal()
        m.d.sync += [fault.eq(engine.fault), failed.eq(ends & engine.fault.valid)]
        with m.If(ends):
            m.d.sync += pc.eq(engine.pc)
            with m.If(stops):
                m.d.sync += error["code"].eq(Error.ABORTED)
        with m.If(failed):
            m.d.sync += [pc.eq(fault.pc), *(each.eq(fault[name]) for name, each in error.items())]
        m.d.comb += [
            engine.address.eq(registers.entry_address),
            registers.identity_magic.eq(MAGIC),
            registers.identity_size.eq(p.size),
            registers.identity_bytes.eq(p.data_width // 8),
            registers.status_done_set.eq(done),
            registers.status_running.eq(~idle),
            registers.error_code.eq(error["code"]),
            registers.error_detail.eq(error["detail"]),
            registers.pc_instruction.eq(Mux(running, engine.pc, pc)),
            *(getattr(registers, f"pending_{name}").eq(engine.events.pending[name]) for name in ISA.completions),
            self.irq.eq(registers.status_done),
            *(
                self.busy[name].eq(running & engine.events.pending[name])
                for name in ("load", "store", "array", "vector")
            ),
            self.busy.fetch.eq(running & (engine.events.pending.weights | engine.events.pending.matmul)),
            self.busy.sync.eq(running & engine.events.waits),
            self.busy.row.eq(running & engine.events.array.row),
        ]
        self._counters(m, registers, engine.events, running, clear)
        return m

    def _counters(self, m, registers, events, running, clear):
        array, pending = events.array, events.pending
        absent = ~array.as_value().any()  # no MATMUL
        empties = absent & pending.array & events.waits
        happens = {
            "cycles": 1,
            "rows": array.row,
            "lost_instruction": absent & ~events.waits,
            "lost_sync": absent & events.waits & ~empties,
            "lost_weights": array.weights,
            "lost_activations": array.activations,
            "lost_fill": array.fill | empties,
            "load": pending.load,
            "store": pending.store,
            "vector": events.vector,
            "sync": events.waits,
            "read_beats": events.read,
            "write_beats": events.written,
            "instructions": events.issued,
        }
        now = Signal(len(happens))
        m.d.sync += now.eq(Mux(running, Cat(happens[name] for name in COUNTERS), 0))
        for bit, name in zip(now, COUNTERS, strict=True):
            count = Signal(32, name=f"count_{name}")
            m.d.sync += count.eq(Mux(clear, 0, count + bit))
            m.d.comb += getattr(registers, f"{name}_count").eq(count)
