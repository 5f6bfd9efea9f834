"""Host side of a harness under cocotb: registers of its instances, settings and images of its DRAMs.

Registers are driven and sampled at falling edges of the clock. Settings and images are transferred within picoseconds,
between clock edges.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

import numpy as np
from cocotb.triggers import FallingEdge, First, ReadOnly, RisingEdge, Timer
from cocotb.utils import get_sim_time

from .axi import PERIOD
from .dram import LIMIT, DramSettings, SettingsField, check_image, load_image, save_image
from .simulator import SimulatorError

PATIENCE = 10_000
"""Cycles after which a register access is abandoned."""

_WORD = 64  # bytes in which Icarus writes a memory


class Host:
    """Registers and interrupt of an instance; `instance` is None if the harness has only one.

    `delays`: infinite iterator of the cycles for which each response is stalled.

    Raises `SimulatorError` for a register access without a response, or with an error response.
    """

    def __init__(self, dut, instance: int | None = None):
        suffix = "" if instance is None else f"_{instance}"
        self.dut, self.instance, self.prefix = dut, instance or 0, f"s_axil{suffix}"
        self.delays: Iterator[int] = repeat(0)
        self.irq = getattr(dut, f"irq{suffix}", None)
        self._port("wstrb").value, self._port("bready").value, self._port("rready").value = 15, 1, 1

    async def write(self, offset: int, value: int):
        """Write a register."""
        self._port("awaddr").value, self._port("wdata").value = offset, value
        await self._access(offset, ("aw", "w"), "b")

    async def read(self, offset: int) -> int:
        """Read a register."""
        self._port("araddr").value = offset
        await self._access(offset, ("ar",), "r")
        return int(self._port("rdata").value)

    async def interrupt(self, limit: int) -> bool:
        """Wait for the interrupt, at most `limit` cycles; returns whether it was asserted."""
        end = get_sim_time("ps") + limit * PERIOD * 1000
        if self.irq is None:
            await Timer(limit * PERIOD, "ns")
            return False
        while not int(self.irq.value) and (remaining := end - get_sim_time("ps")) > 0:
            await First(RisingEdge(self.irq), Timer(remaining, "ps"))
            await Timer(1, "ps")  # combinational logic may have glitches
        return bool(int(self.irq.value))

    async def record(self, number: int = 0):
        """Begin to record the changes of `busy`."""
        await set_field(self.dut, self.instance, SettingsField.RECORD, number)

    async def recorded(self, number: int = 0) -> list[tuple[int, int]]:
        """End recording and return (cycle, busy) for each change. The first cycle after `record` has number 1."""
        await set_field(self.dut, self.instance, SettingsField.RECORD_END, 0)
        lines = Path(f"trace{self.instance}_{number}.txt").read_text().splitlines()
        return [(int(cycle), int(busy, 16)) for cycle, busy in map(str.split, lines)]

    def _port(self, signal: str):
        return getattr(self.dut, f"{self.prefix}_{signal}")

    async def _access(self, offset: int, channels: Iterable[str], response: str):
        clock, waiting, remaining = self.dut.clk, list(channels), PATIENCE
        delay, ready = next(self.delays), self._port(f"{response}ready")
        await FallingEdge(clock)
        for channel in waiting:
            self._port(f"{channel}valid").value = 1
        ready.value = int(not delay)
        while waiting and remaining:
            await ReadOnly()
            passed = [channel for channel in waiting if int(self._port(f"{channel}ready").value)]
            await FallingEdge(clock)
            for channel in passed:
                self._port(f"{channel}valid").value = 0
                waiting.remove(channel)
            remaining -= 1
        while not int(self._port(f"{response}valid").value) and remaining:
            await FallingEdge(clock)
            remaining -= 1
        if delay and remaining:
            await self._stall(response, delay)
            ready.value = 1
        if not remaining:
            raise SimulatorError(f"Register {offset:#x} of {self.prefix} does not respond within {PATIENCE} cycles.")
        if code := int(self._port(f"{response}resp").value):
            raise SimulatorError(f"Register {offset:#x} of {self.prefix} returned the response {code}.")

    async def _stall(self, response: str, delay: int):
        """Stall a response, which must remain stable."""
        ports = [self._port(f"{response}{name}") for name in ("valid", "resp", *["data"] * (response == "r"))]
        first = [port.value for port in ports]
        for _ in range(delay):
            await FallingEdge(self.dut.clk)
            if (now := [port.value for port in ports]) != first:
                raise SimulatorError(f"The response of {self.prefix} on {response} changes from {first} to {now}.")


class HarnessDram:
    """DRAM `number` of a harness. `largest`: bytes of its array under Icarus (`HarnessedDesign.bytes`)."""

    def __init__(self, dut, number: int = 0, largest: int = LIMIT):
        self.dut, self.number, self.largest = dut, number, largest

    async def configure(self, settings: DramSettings):
        """Set the behaviour of the DRAM."""
        for field, value in settings.fields():
            await set_field(self.dut, self.number, field, value)

    async def load(self, image: np.ndarray):
        """Replace the contents by bytes from address 0 on. All others become zero, under Icarus unknown."""
        path = Path(f"dram{self.number}_0.bin")
        save_image(path, image, self.largest)
        await set_field(self.dut, self.number, SettingsField.LOAD, 0)
        path.unlink()

    async def dump(self, size: int, first: int = 0) -> np.ndarray:
        """Return `size` bytes from address `first` on; unknown bits are zero."""
        begin = first // _WORD * _WORD
        check_image(first + size, self.largest)
        await set_field(self.dut, self.number, SettingsField.DUMP_FIRST, begin)
        await set_field(self.dut, self.number, SettingsField.DUMP_SIZE, -(-(first + size - begin) // _WORD) * _WORD)
        await set_field(self.dut, self.number, SettingsField.DUMP, 0)
        path = Path(f"result{self.number}_0.bin")
        found = load_image(path, size, first - begin)
        path.unlink()
        return found


async def set_field(dut, number: int, field: SettingsField, value: int):
    """Set a value of a DRAM or a trace, in two picoseconds."""
    dut.set.value = 0
    dut.set_number.value, dut.set_field.value, dut.set_value.value = number, int(field), value
    await Timer(1, "ps")
    dut.set.value = 1
    await Timer(1, "ps")


async def reset(dut, cycles: int = 4):
    """Reset all instances; settings and contents of the DRAMs are retained."""
    await FallingEdge(dut.clk)
    dut.rst.value = 1
    for _ in range(cycles):
        await FallingEdge(dut.clk)
    dut.rst.value = 0
    await FallingEdge(dut.clk)
