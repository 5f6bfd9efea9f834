"""A cocotb bench with cocotbext-axi's own AXI4-Stream models, which find the ports by prefix."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

A = [[1, -2], [3, 4], [-128, 127]]
W = [[5, -6], [7, 8]]
Y = [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*W, strict=True)] for row in A]


def _pauses(seed):
    rng = random.Random(seed)
    while True:
        yield rng.random() < 0.5


@cocotb.test
async def product(dut):
    Clock(dut.clk, 10, unit="ns").start()
    a, w = (AxiStreamSource(AxiStreamBus.from_prefix(dut, f"s_axis_{name}"), dut.clk, dut.rst) for name in "aw")
    y = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis_y"), dut.clk, dut.rst)
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    for seed, stream in enumerate((a, w, y)):
        stream.set_pause_generator(_pauses(seed))
    for _ in range(10):
        await w.send(AxiStreamFrame(bytes(value % 256 for row in W for value in row)))
        await a.send(AxiStreamFrame(bytes(value % 256 for row in A for value in row)))
    for _ in range(10):
        frame = await y.recv()
        values = [int.from_bytes(frame.tdata[n : n + 4], "little", signed=True) for n in range(0, len(frame.tdata), 4)]
        assert values == [value for row in Y for value in row]
