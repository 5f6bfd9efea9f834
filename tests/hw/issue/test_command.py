"""Settings: the effect of SET, and values that do not fit."""

import pytest
from amaranth.hdl import Const, Module, Shape, Signal, signed, unsigned
from amaranth.sim import Simulator

from systola.hw.cores.systola.isa import ISA, Op, Setting
from systola.hw.issue.command import command as layout
from systola.hw.issue.command import commands, counts_nonzero, flag, saturate, settings


def value_of(value, shape):
    m, out = Module(), Signal(shape)
    m.d.comb += out.eq(value)
    result = []

    async def bench(ctx):
        result.append(ctx.get(out))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    return result[0]


@pytest.mark.parametrize(
    ("word", "shape", "expected"),
    [
        (5, signed(6), 5),
        (-5, signed(6), -5),
        (31, signed(6), 31),
        (32, signed(6), 31),
        (-33, signed(6), -32),
        (1 << 30, signed(6), 31),
        (65535, unsigned(16), 65535),
        (65536, unsigned(16), 0),
    ],
)
def test_words_that_do_not_fit(word, shape, expected):
    assert value_of(saturate(Const(word, 32), Shape.cast(shape)), shape) == expected


def test_flags_by_name():
    bits = Const(0b1010 << 6, layout(ISA).size)
    assert value_of(flag(ISA, layout(ISA)(bits), "add"), 1) == 1
    assert value_of(flag(ISA, layout(ISA)(bits), "maximum"), 1) == 0


def test_a_setting_is_captured_with_its_command():
    m, command = Module(), commands(ISA).create()
    got = settings(m, ISA, command, {Setting.COUNT_X: unsigned(16), Setting.STRIDE_X: signed(8)})
    some = Signal()
    m.d.comb += some.eq(counts_nonzero(m, ISA, command, [Setting.COUNT_X]))

    async def bench(ctx):
        for number, ready in ((Setting.COUNT_X, 1), (Setting.STRIDE_X, 0), (Setting.COUNT_Y, 1)):
            ctx.set(command.payload.op, Op.SET)
            ctx.set(command.payload.flags, int(number))
            ctx.set(command.payload.a, 9)
            ctx.set(command.valid, 1)
            ctx.set(command.ready, ready)
            await ctx.tick()
        assert [ctx.get(each) for each in got.values()] == [9, 0]
        for value, ready, counts in ((1 << 16, 1, 0), (5, 1, 1), (0, 0, 1), (0, 1, 0)):
            ctx.set(command.payload.flags, int(Setting.COUNT_X))
            ctx.set(command.payload.a, value)
            ctx.set(command.ready, ready)
            await ctx.tick()
            assert ctx.get(some) == counts == (ctx.get(got[Setting.COUNT_X]) != 0)

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
