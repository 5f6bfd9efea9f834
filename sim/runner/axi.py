"""AXI4 memory with latency and faults, from cocotbext-axi, and a protocol checker for masters."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import cocotb
from cocotb.queue import Queue
from cocotb.triggers import Timer
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiBus, AxiRam
from cocotbext.axi.constants import AxiResp

from .streams import reader

PERIOD = 10
"""Clock period of every bench in nanoseconds."""

NATURAL_LATENCY = 2
"""Latency in cycles of cocotbext-axi's memory without added delay, from an address to its first beat."""


def halves(end) -> tuple[Any, Any]:
    """Return the read half and the write half of a memory or master of cocotbext-axi."""
    return end.read_if, end.write_if


class BusFault(Exception):
    """Access to an address that returns an error response."""


class AxiRamModel:
    """DRAM at an AXI4 master whose ports begin with `prefix`.

    `latency`: cycles from a read address to its first beat, and from a last write beat to its response; the number of
    outstanding bursts is not limited. `faults`: (first, last, code) for addresses that return an error; addresses
    beyond the memory return DECERR. `base`: address of the memory's first byte; `faults` count from it.
    """

    def __init__(self, dut, prefix: str, size: int):
        self.ram: Any = AxiRam(AxiBus.from_prefix(dut, prefix), dut.clk, dut.rst, size=size)
        self.size = size
        self.latency = NATURAL_LATENCY
        self.base = 0
        self.faults: list[tuple[int, int, int]] = []
        reads, writes = halves(self.ram)
        self.channels = {
            "aw": writes.aw_channel,
            "w": writes.w_channel,
            "b": writes.b_channel,
            "ar": reads.ar_channel,
            "r": reads.r_channel,
        }
        for channel in self.channels.values():
            channel.queue_occupancy_limit = -1
            channel.log.setLevel("WARNING")
        reads.log.setLevel("WARNING")
        writes.log.setLevel("WARNING")
        self._codes: dict[str, int] = {}
        reads.ar_channel = _Late(reads.ar_channel, self)
        writes.b_channel = _LateSource(writes.b_channel, self)
        for interface, name in ((reads, "_read"), (writes, "_write")):
            setattr(interface, name, self._guarded(name, getattr(interface, name)))
        reads.r_channel = _Coded(reads.r_channel, "rresp", lambda: self._codes.pop("_read", None))

    def pause(self, channel: str, probability: float, seed: int):
        """Pause a channel in each cycle with this probability."""
        target = self.channels[channel]
        target.clear_pause_generator()
        target.pause = False
        if probability:
            chance = random.Random(seed).random
            target.set_pause_generator(iter(lambda: chance() < probability, None))

    def _guarded(self, name: str, access: Callable) -> Callable:
        """Wrap an access so that it fails at addresses with a fault."""

        async def guarded(address, data_or_length):
            length = data_or_length if isinstance(data_or_length, int) else len(data_or_length)
            code = self._code(address - self.base, length)
            if code:
                self._codes.setdefault(name, code)
                raise BusFault(f"address {address:#x} responds with {AxiResp(code).name}")
            return await access(address - self.base, data_or_length)

        return guarded

    def _code(self, address: int, length: int) -> int:
        for first, last, code in self.faults:
            if first < address + length and address <= last:
                return code
        return 0 if address >= 0 and address + length <= self.size else AxiResp.DECERR


class _Late:
    """Sink that delivers its beats with a delay in cycles."""

    def __init__(self, sink, memory: AxiRamModel):
        self.sink, self.memory = sink, memory
        self.queue: Queue = Queue()
        cocotb.start_soon(self._collect())

    def __getattr__(self, name):
        return getattr(self.sink, name)

    async def _collect(self):
        while True:
            beat = await self.sink.recv()
            self.queue.put_nowait((get_sim_time("ns") + _extra(self.memory), beat))

    async def recv(self):
        due, beat = await self.queue.get()
        if (wait := due - get_sim_time("ns")) > 0:
            await Timer(int(wait), "ns")
        return beat

    def clear(self):
        self.sink.clear()
        while not self.queue.empty():
            self.queue.get_nowait()


class _LateSource:
    """Source that sends each response with a delay in cycles, with the code of a fault."""

    def __init__(self, source, memory: AxiRamModel):
        self.source, self.memory = source, memory
        self.queue: Queue = Queue()
        self.resets = 0
        cocotb.start_soon(self._forward())

    def __getattr__(self, name):
        return getattr(self.source, name)

    async def send(self, beat):
        if (code := self.memory._codes.pop("_write", None)) is not None:
            beat.bresp = AxiResp(code)
        self.queue.put_nowait((get_sim_time("ns") + _extra(self.memory), beat))

    async def _forward(self):
        while True:
            due, beat = await self.queue.get()
            resets = self.resets
            if (wait := due - get_sim_time("ns")) > 0:
                await Timer(int(wait), "ns")
            if resets == self.resets:
                await self.source.send(beat)

    def clear(self):
        self.resets += 1
        self.source.clear()
        while not self.queue.empty():
            self.queue.get_nowait()


class _Coded:
    """Source that inserts the code of a fault into a beat."""

    def __init__(self, source, field: str, code: Callable[[], int | None]):
        self.source, self.field, self.code = source, field, code

    def __getattr__(self, name):
        return getattr(self.source, name)

    async def send(self, beat):
        if (code := self.code()) is not None:
            setattr(beat, self.field, AxiResp(code))
        await self.source.send(beat)


def _extra(memory: AxiRamModel) -> int:
    return max(0, memory.latency - NATURAL_LATENCY) * PERIOD


class ProtocolChecker:
    """Protocol checker of an AXI4 or AXI4-Lite port: valid and payload must remain stable until ready (R and B: valid).

    It samples at the falling edge of every cycle, counts the beats of each channel, and records the cycles of its first
    and last beat. `errors` has a sentence for each violation. Rules of a burst (4 KiB, wlast) are asserted by
    cocotbext-axi's memory.
    """

    PAYLOADS = {
        "aw": ("id", "addr", "len", "size", "burst"),
        "ar": ("id", "addr", "len", "size", "burst"),
        "w": ("data", "strb", "last"),
        "r": (),
        "b": (),
    }

    def __init__(self, dut, prefix: str, channels: Iterable[str] = PAYLOADS):
        self.errors: list[str] = []
        self.beats = dict.fromkeys(channels, 0)
        self.span: dict[str, tuple[int, int]] = {}
        self._channels = []
        for channel in channels:
            ports = (f"{prefix}_{channel}{field}" for field in self.PAYLOADS[channel])
            payload = [reader(getattr(dut, port)) for port in ports if hasattr(dut, port)]  # AXI4-Lite has fewer
            handshake = [reader(getattr(dut, f"{prefix}_{channel}{field}")) for field in ("valid", "ready")]
            self._channels.append((channel, *handshake, payload))
        self._offered: dict[str, list[str]] = {}

    def clear(self):
        """Discard errors and stalled beats, after a reset; counts are retained."""
        self.errors.clear()
        self._offered.clear()

    def __call__(self, cycle: int | None) -> bool:
        moved = False
        if cycle is None:
            return moved
        for channel, valid, ready, payload in self._channels:
            offered = self._offered.pop(channel, None)
            if valid() != "1":
                if offered is not None:
                    self.errors.append(f"cycle {cycle}: {channel} was withdrawn")
                continue
            values = [read() for read in payload]
            if offered is not None and values != offered:
                self.errors.append(f"cycle {cycle}: {channel} changed while stalled")
            if ready() == "1":
                moved = True
                self.beats[channel] += 1
                self.span[channel] = (self.span.get(channel, (cycle,))[0], cycle)
            else:
                self._offered[channel] = values
        return moved
