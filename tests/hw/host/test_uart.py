"""UART in its bench, and the loss of bytes at a receiver that is not read in time."""

import pytest
from amaranth.sim import Simulator

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.host.uart import Uart
from systola.sim.golden.uart import bits
from systola.sim.runner.verilator import lint


@pytest.mark.parametrize("divisor", [4, 13])
def test_uart(check, divisor):
    check("uart", divisor=divisor, cases=30)


def test_a_byte_that_is_not_read_is_kept_and_the_next_one_is_lost():
    uart, seen = Uart(divisor=4), []

    async def bench(ctx):
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


def test_lint_is_clean():
    assert lint(generate("uart", Uart()).verilog, "uart") == ""


def test_legal_divisors():
    with pytest.raises(ParameterError, match="divisor=3: divisor must be an integer from 4 to 65535"):
        Uart(divisor=3)
