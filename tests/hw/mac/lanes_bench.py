"""A cocotb bench for many parallel copies of one function: one word with the operands of all copies per cycle."""

import os
import pickle
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge
from cocotb.types import LogicArray, Range

from systola.sim.runner.streams import reader


@cocotb.test
async def function(dut):
    folder = Path(os.environ["LANES"])
    inputs, output, latency = pickle.loads((folder / "operands.pickle").read_bytes())
    ports = [(getattr(dut, name), words) for name, words in inputs.items()]
    spans = [Range(len(port) - 1, "downto", 0) for port, _ in ports]
    count = len(ports[0][1])
    read = reader(getattr(dut, output))
    dut.rst.value = 0
    Clock(dut.clk, 10, unit="ns").start(start_high=False)
    await FallingEdge(dut.clk)
    results = []
    for cycle in range(count + latency):
        for (port, words), span in zip(ports, spans, strict=True):
            port.set(LogicArray.from_unsigned(words[min(cycle, count - 1)], span))
        await FallingEdge(dut.clk)
        results.append(int(read(), 2))
    (folder / "results.pickle").write_bytes(pickle.dumps(results[latency - 1 : latency - 1 + count]))
