"""Settings and images of the DRAMs in a harness: the Python side of models/harness_dram.sv."""

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from pathlib import Path

import numpy as np

from .simulator import SimulatorError

LIMIT = 1 << 30
"""Size of the largest DRAM in bytes."""

RANGES = 4
"""Largest number of fault ranges of a DRAM."""

_CHUNK = 1 << 20


class SettingsField(IntEnum):
    """Values of the harness port `set_field`; `set_number` is a DRAM, or an instance for RECORD and RECORD_END."""

    LATENCY = 0
    STALL = 1
    SIZE = 2
    RATE_BYTES = 3
    RATE_CYCLES = 4
    FAULT_RANGE = 5
    FAULT_FIRST = 6
    FAULT_LAST = 7
    FAULT_CODE = 8
    FAULT_PORT = 9
    FAULT_BEAT = 10
    FAULT_BEAT_CODE = 11
    LOAD = 12
    DUMP_FIRST = 13
    DUMP_SIZE = 14
    DUMP = 15
    RECORD = 16
    RECORD_END = 17
    BASE = 18


@dataclass(frozen=True)
class DramSettings:
    """Behaviour of one DRAM.

    latency: cycles from a read address to its first beat, from a last write beat to its response; 1 to
    65535, of which 1 has the effect of 2.
    stall: cycles of 256 in which each AXI channel pauses, at random; 0 to 255.
    rate: bytes per cycle, of all ports and both directions together; None: unlimited. A fraction is represented
    exactly.
    faults: (first, last, code): address ranges that return an AXI response, 1 to 3; at most RANGES of them.
    fault_beat: (port, n, code): the n-th beat of a port after this setting returns `code`. Reads and writes are counted
    together, from 0; ports are numbered in the order of the harness description; a reset cancels it.
    size: bytes; beats beyond it return DECERR. None: as large as possible.
    base: bus address of the first byte, a multiple of 4096; `faults` count from it.
    """

    latency: int = 20
    stall: int = 0
    rate: Fraction | int | None = None
    faults: tuple[tuple[int, int, int], ...] = ()
    fault_beat: tuple[int, int, int] | None = None
    size: int | None = None
    base: int = 0

    def __post_init__(self):
        _check("latency", self.latency, 1, 0xFFFF)
        _check("stall", self.stall, 0, 255)
        _check("base", self.base, 0, 0xFFFF_F000)
        if self.base % 4096:
            raise SimulatorError(f"base is {self.base}: it must be a multiple of 4096.")
        if self.size is not None:
            _check("size", self.size, 1, LIMIT)
        if len(self.faults) > RANGES:
            raise SimulatorError(f"faults has {len(self.faults)} ranges: a DRAM has at most {RANGES}.")
        for first, last, code in self.faults:
            _check("the first address of a fault", first, 0, 0xFFFF_FFFF)
            _check("the last address of a fault", last, first, 0xFFFF_FFFF)
            _check("the code of a fault", code, 1, 3)
        if self.fault_beat is not None:
            port, beat, code = self.fault_beat
            _check("the port of fault_beat", port, 0, 0xFFFF)
            _check("the beat of fault_beat", beat, 0, 0x7FFF_FFFF)
            _check("the code of fault_beat", code, 1, 3)
        if self.rate is not None:
            rate = Fraction(self.rate)
            if rate <= 0 or max(rate.numerator, rate.denominator) >= 1 << 31:
                raise SimulatorError(f"rate={self.rate}: rate must be a positive fraction of integers below 2^31.")

    def fields(self) -> list[tuple[SettingsField, int]]:
        """Values for `set_field` and `set_value`, in order."""
        rate = Fraction(self.rate or 0)
        port, beat, code = self.fault_beat or (0, 0, 0)
        fields = [
            (SettingsField.LATENCY, self.latency),
            (SettingsField.STALL, self.stall),
            (SettingsField.SIZE, self.size or 0),
            (SettingsField.BASE, self.base),
            (SettingsField.RATE_BYTES, rate.numerator),
            (SettingsField.RATE_CYCLES, rate.denominator),
            (SettingsField.FAULT_PORT, port),
            (SettingsField.FAULT_BEAT, beat),
            (SettingsField.FAULT_BEAT_CODE, code),
        ]
        for number, (first, last, code) in enumerate([*self.faults, *[(1, 0, 0)] * (RANGES - len(self.faults))]):
            fields += [(SettingsField.FAULT_RANGE, number), (SettingsField.FAULT_FIRST, first)]
            fields += [(SettingsField.FAULT_LAST, last), (SettingsField.FAULT_CODE, code)]
        return fields


def save_image(path: Path, image: np.ndarray, limit: int = LIMIT):
    """Write bytes to a sparse file, with holes for chunks of zeros; its size is rounded up to a multiple of 8 bytes."""
    data = np.ascontiguousarray(image).reshape(-1).view(np.uint8)
    check_image(data.size, limit)
    with path.open("wb") as file:
        file.truncate(-(-data.size // 8) * 8)
        for first in range(0, data.size, _CHUNK):
            chunk = data[first : first + _CHUNK]
            if chunk.any():
                file.seek(first)
                file.write(chunk.data)


def load_image(path: Path, size: int, skip: int = 0) -> np.ndarray:
    """Contents of a file from byte `skip` on: pages are read at first use; changes stay in memory."""
    return np.memmap(path, np.uint8, "c", offset=0)[skip : skip + size].view(np.ndarray)


def check_image(size: int, limit: int = LIMIT):
    if size > limit:
        raise SimulatorError(f"A DRAM image of {size:,} bytes is too large: the limit is {limit:,} bytes.")


def _check(name: str, value: int, first: int, last: int):
    if not first <= value <= last:
        raise SimulatorError(f"{name} is {value}: it must be from {first} to {last}.")
