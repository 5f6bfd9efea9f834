"""UART in its bench, breaks and low lines, and the bytes lost when the consumer is late."""

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.host.uart import Uart
from systola.sim.golden.uart import bits
from systola.sim.runner.verilator import lint


@pytest.mark.parametrize("divisor", [4, pytest.param(13, marks=pytest.mark.slow)])
def test_uart(check, divisor):
    check("uart", divisor=divisor, cases=30)


def test_a_byte_that_is_not_taken_stays_and_the_next_is_lost():
    uart, seen = Uart(divisor=4), []

    async def bench(ctx):
        ctx.set(uart.rx, 1)
        await ctx.tick().repeat(4)
        for byte in (0x11, 0x22, 0x33):
            if byte == 0x33:
                ctx.set(uart.receive.ready, 1)
                seen.append(ctx.get(uart.receive.payload))
                await ctx.tick()
                ctx.set(uart.receive.ready, 0)
            for level in [*bits(byte), 1]:
                ctx.set(uart.rx, level)
                await ctx.tick().repeat(4)
        seen.append(ctx.get(uart.receive.payload))

    simulator = Simulator(uart)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen == [0x11, 0x33]


def _received(levels: list[tuple[int, int]], held: int = 1, reset: int = 0) -> list[int]:
    """Bytes received from (level, number of bits) on `rx`, which is `held` during `reset` cycles of reset."""
    uart, found = Uart(divisor=12), []

    async def drive(ctx):
        ctx.set(uart.rx, held)
        ctx.set(hold, 1 if reset else 0)
        await ctx.tick().repeat(reset + 1)
        ctx.set(hold, 0)
        for level, count in levels:
            ctx.set(uart.rx, level)
            for _ in range(12 * count):
                await ctx.tick()

    async def receive(ctx):
        ctx.set(uart.receive.ready, 1)
        async for _, _, valid, payload in ctx.tick().sample(uart.receive.valid, uart.receive.payload):
            if valid:
                found.append(payload)

    hold = Signal()
    simulator = Simulator(ResetInserter(hold)(uart))
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.add_testbench(receive, background=True)
    simulator.run()
    return found


def _byte(value: int) -> list[tuple[int, int]]:
    return [(bit, 1) for bit in bits(value)]


@pytest.mark.parametrize("length", [9, 10, 11, 19, 20, 21, 62, 100])
def test_a_break_yields_no_byte_and_the_next_byte_is_received(length):
    low = _received([(1, 3), *_byte(0x5A), (0, length), (1, 2), *_byte(0xA5), *_byte(0x3C), (1, 3)])
    assert low == ([0x5A, 0, 0xA5, 0x3C] if length == 9 else [0x5A, 0xA5, 0x3C])


@pytest.mark.parametrize("reset", [0, 1, 2, 5, 500])
@pytest.mark.parametrize("low", [0, 1, 5, 9, 10, 62])
def test_a_line_that_is_low_through_reset_costs_no_byte(low, reset):
    assert _received([(0, low), (1, 1), *_byte(0x71), *_byte(0x8E), (1, 3)], held=0, reset=reset) == [0x71, 0x8E]


def test_a_byte_without_stop_bit_does_not_start_the_next_before_the_line_is_high():
    assert _received([(1, 2), *_byte(0x0F)[:9], (0, 3), (1, 1), *_byte(0x77), (1, 3)]) == [0x77]


def test_lint_is_clean():
    assert lint(generate("uart", Uart()).verilog, "uart") == ""


def test_legal_divisors():
    with pytest.raises(ParameterError, match="divisor=3: divisor must be an integer from 4 to 65535"):
        Uart(divisor=3)
