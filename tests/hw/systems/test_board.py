"""Bring-up design: sizes that fit; with an engine, only the engine and the host are connected."""

import pytest
from amaranth.hdl import Module
from amaranth.lib.wiring import In, Out, connect, flipped

from systola.gen.board.board import Board
from systola.gen.board.targets import find
from systola.gen.cli.board import start
from systola.gen.host.link import BoardError
from systola.gen.verilog.verilog import generate
from systola.hw.bus.axi import Axi4, AxiLite
from systola.hw.bus.registers import RegField, Register, RegisterMap, Registers
from systola.hw.component import Component, ParameterError, Parameters, place
from systola.hw.systems.board import BoardEngine, Bringup
from systola.sim.runner.verilator import lint

MAP = RegisterMap(
    name="copier",
    registers=[
        Register(name="source", fields=[RegField(name="address", bits=32, access="rw")]),
        Register(name="target", fields=[RegField(name="address", bits=32, access="rw")]),
        Register(
            name="go", fields=[RegField(name="start", access="pulse"), RegField(name="done", access="w1c", low=1)]
        ),
    ],
)


class Copier(Component):
    """A minimal engine: copies one beat from an address to another."""

    class Parameters(Parameters):
        data_width: int = 64

    @staticmethod
    def members(p):
        return {"m_axi": Out(Axi4(32, p.data_width)), "s_axil": In(AxiLite(MAP.addr_width)), "irq": Out(1)}

    def elaborate(self, platform):
        m = Module()
        registers = place(m, platform, "registers", Registers, map=MAP)
        connect(m, flipped(self.s_axil), registers.s_axil)
        bus, done = self.m_axi, registers.go_done_set
        for channel, address in ((bus.ar, registers.source_address), (bus.aw, registers.target_address)):
            m.d.comb += [channel.payload.addr.eq(address), channel.payload.burst.eq(1)]
            m.d.comb += channel.payload.size.eq((self.p.data_width // 8 - 1).bit_length())
            with m.If(channel.ready):
                m.d.sync += channel.valid.eq(0)
        m.d.comb += [
            bus.w.payload.strb.eq(-1),
            bus.w.payload.last.eq(1),
            bus.r.ready.eq(~bus.w.valid),
            bus.b.ready.eq(1),
            done.eq(bus.b.valid),
            self.irq.eq(registers.go_done),
        ]
        with m.If(registers.go_start):
            m.d.sync += bus.ar.valid.eq(1)
        with m.If(bus.w.ready):
            m.d.sync += bus.w.valid.eq(0)
        with m.If(bus.r.valid & bus.r.ready):
            m.d.sync += [bus.aw.valid.eq(1), bus.w.valid.eq(1), bus.w.payload.data.eq(bus.r.payload.data)]
        return m


ENGINE = BoardEngine(name="copier", component=Copier, parameters=Copier.Parameters())


def test_an_engine_and_the_host_share_memory_and_registers():
    with start(find("icebreaker"), style="block", bytes=4096, baud=3_000_000, engine=ENGINE, data_width=64) as virtual:
        with Board.open(virtual.port) as board:
            assert board.facts["engine"] == "copier"
            board.write(0x100, bytes(range(8)))
            board.write_register(0, 0x100)
            board.write_register(4, 0x208)
            board.write_register(8, 1)
            board.wait(8, 2, 2)
            assert board.read(0x200, 24) == bytes(8) + bytes(range(8)) + bytes(8)
            assert board.read_register(0x8008) == 2  # the interrupt
            board.write_register(8, 2)
            assert board.read_register(0x8008) == 0
            with pytest.raises(BoardError, match=r"register 0x10: bus error"):
                board.read_register(0x10)  # after the engine's, before the board's


def test_lint_is_clean():
    text = generate("bringup", Bringup(engine=ENGINE, data_width=64)).verilog
    assert lint(text, "bringup") == ""


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"baud": 5_000_000}, "baud=5000000: baud must be within 2 % of clock=12000000 divided by an integer from 4."),
        ({"engine": ENGINE}, "data_width=32: data_width must be that of the engine's m_axi."),
        ({"bytes": 5000}, "bytes=5000: bytes must be a multiple of 4096 from 4096 to 268435456."),
    ],
)
def test_illegal_parameters(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        Bringup(**parameters)
    assert str(error.value) == sentence


def test_an_engine_without_the_interface_is_rejected():
    with pytest.raises(ParameterError, match=r"engine=x: engine must be a component with m_axi, s_axil and irq\."):
        BoardEngine.check(name="x", component=Registers, parameters=Registers.Parameters())
