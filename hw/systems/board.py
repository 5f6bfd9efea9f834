"""Board design: a link to the host, memory, and an engine that works on it."""

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import In, Out, connect
from pydantic import Field, model_validator

from ..bus.axi import Axi4, AxiLite
from ..bus.axi_slice import AxiSlice
from ..bus.registers import RegField, Register, RegisterMap, Registers
from ..component import Component, ParameterError, Parameters, place
from ..host.link import Link
from ..host.uart import Uart
from ..memory.axi_memory import AxiMemory, AxiParameters
from ..stream.packet import join

REGISTERS = RegisterMap(
    name="board",
    registers=[
        Register(
            name="scratch",
            meaning="scratch register for the link's own test",
            offset=0x8000,
            fields=[RegField(name="value", bits=32, access="rw")],
        ),
        Register(
            name="cycles",
            meaning="clock cycles since reset, modulo 2^32",
            fields=[RegField(name="count", bits=32, access="ro")],
        ),
        Register(
            name="board",
            meaning="LEDs and interrupts",
            fields=[RegField(name="led", access="rw"), RegField(name="irq", access="ro")],
        ),
    ],
)
"""Registers of the board itself; the engine's are below them, from 0 on."""

PROTOCOL = 1
"""Version of the link and of this map."""


class BoardEngine(Parameters):
    """Engine of a board design: a component with `m_axi` (AXI4, out), `s_axil` (AXI4-Lite, in) and `irq` (out)."""

    name: str
    component: type[Component]
    parameters: Parameters

    @property
    def members(self) -> dict:
        return self.component.members(self.parameters)

    @model_validator(mode="after")
    def _has_required_ports(self):
        required = {"m_axi": (Out, Axi4), "s_axil": (In, AxiLite), "irq": (Out, None)}
        for port, (flow, bus) in required.items():
            member = self.members.get(port)
            if member is None or member.flow != flow or (bus and not isinstance(member.signature, bus)):
                raise ParameterError(f"engine={self.name}: engine must be a component with m_axi, s_axil and irq.")
        return self


class Bringup(Component):
    """Board design: a UART's link (see :class:`.Link`) to on-chip memory and registers, with an optional engine.

    The host accesses `bytes` of memory from address 0 on, which is shared with the engine's `m_axi`; the engine's
    registers from 0 on, and those of the board (:data:`REGISTERS`) from 0x8000 on. Every other access returns an error.
    The response to hello is "systola 1 board=... clock=... memory=... engine=...".

    Latency: that of the UART and the link. Back-pressure: none on the wires; see :class:`.Uart`. Area: UART, link,
    memory and engine.

    Source: see the parts.
    """

    unit = "byte"
    peak = 1
    latency = Link.latency

    class Parameters(Parameters):
        board: str = Field("none", pattern=r"^[a-z0-9_-]{1,24}$", description="board name in the response to hello")
        clock: int = Field(12_000_000, ge=1_000_000, le=1_000_000_000, description="clock frequency in Hz")
        baud: int = Field(1_000_000, ge=9600, le=20_000_000, description="bits per second of the UART")
        data_width: int = Field(32, ge=32, le=512, description="bits of the memory's bus")
        bytes: int = Field(4096, ge=4096, le=1 << 28, description="bytes of memory")
        banks: int = Field(1, ge=1, le=32, description="banks of the memory")
        style: str = Field("block", description="kind of memory, as at `axi_memory`")
        engine: BoardEngine | None = Field(None, description="engine that works on the memory")

        @model_validator(mode="after")
        def _rate(self):
            off = abs(self.clock / self.divisor / self.baud - 1)
            if self.divisor < 4 or off > 0.02:
                raise ParameterError(
                    f"baud={self.baud}: baud must be within 2 % of clock={self.clock} divided by an integer from 4."
                )
            AxiParameters.check(**self.memory)
            if self.engine and self.engine.members["m_axi"].signature.data_width != self.data_width:
                raise ParameterError(f"data_width={self.data_width}: data_width must be that of the engine's m_axi.")
            return self

        @property
        def divisor(self) -> int:
            return round(self.clock / self.baud)

        @property
        def identity(self) -> str:
            facts = {"board": self.board, "clock": self.clock, "memory": self.bytes}
            facts["engine"] = self.engine.name if self.engine else "none"
            return f"systola {PROTOCOL} " + " ".join(f"{key}={value}" for key, value in facts.items())

        @property
        def memory(self) -> dict[str, Any]:
            kept = {name: getattr(self, name) for name in ("data_width", "bytes", "banks", "style")}
            # The link's beats are words of 32 bits, and narrow on a wider bus.
            kept["bursts"] = "incr" if self.data_width == 32 else "all"
            return kept | {"masters": 2 if self.engine else 1, "addr_width": 32}

    @staticmethod
    def members(p):
        return {"rx": In(1), "tx": Out(1, init=1), "led": Out(1)}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        uart = place(m, platform, "uart", Uart, {"rx": self.rx, "tx": self.tx}, divisor=p.divisor)
        link = place(m, platform, "link", Link, data_width=p.data_width, identity=p.identity)
        memory = place(m, platform, "memory", AxiMemory, **p.memory)
        board = place(m, platform, "board", Registers, map=REGISTERS)
        join(m, uart.receive, link.rx)
        join(m, link.tx, uart.send)
        connect(m, link.m_axi, memory.s_axi0)
        m.d.sync += board.cycles_count.eq(board.cycles_count + 1)
        m.d.comb += self.led.eq(board.board_led)

        slaves = [(board.s_axil, Signal(init=1, name="at_board"))]
        if p.engine:
            engine = place(m, platform, "engine", p.engine.component, **dict(p.engine.parameters))
            bus = engine.m_axi.signature
            between = place(m, platform, "slice", AxiSlice, addr_width=bus.addr_width, data_width=bus.data_width)
            connect(m, engine.m_axi, between.s_axi)
            connect(m, between.m_axi, memory.s_axi1)
            at_engine = Signal()
            # The link's address is stable until the access completes: it selects the target of all channels.
            width = engine.s_axil.aw.payload.addr.shape().width
            m.d.comb += [
                at_engine.eq(~link.m_axil.aw.payload.addr[width:].any()),
                slaves[0][1].eq(~at_engine),
                board.board_irq.eq(engine.irq),
            ]
            slaves.append((engine.s_axil, at_engine))
        for slave, selected in slaves:
            for channel in ("aw", "w", "ar"):
                source, target = getattr(link.m_axil, channel), getattr(slave, channel)
                m.d.comb += [target.payload.eq(source.payload), target.valid.eq(source.valid & selected)]
                with m.If(selected):
                    m.d.comb += source.ready.eq(target.ready)
            for channel in ("b", "r"):
                source, target = getattr(slave, channel), getattr(link.m_axil, channel)
                m.d.comb += source.ready.eq(target.ready & selected)
                with m.If(selected):
                    m.d.comb += [target.payload.eq(source.payload), target.valid.eq(source.valid)]
        return m
