"""Host access to a board: bytes, arrays and registers over the link of `hw.host.link`."""

import time
from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from ...sim.golden.link import READ, READ_REGISTERS, WORD, WORDS, WRITE, WRITE_REGISTERS
from ...sim.runner.extras import missing
from .link import FAULTS, SILENCE, BoardError, HostLink

BAUD = 1_000_000
PROTOCOL = "1"


class BoardConnection:
    """Connection to the memory and the registers of a board. Open with `Board.open(port)`, use in `with`.

    `facts` is the identity that the board reports: board, clock (Hz), memory (bytes), engine.
    """

    def __init__(self, stream, name: str = "the stream", silence: float = SILENCE):
        self.stream, self.link = stream, HostLink(stream, name, silence)
        greeting = self.link.hello()
        words = greeting.split(" ")
        if words[:2] != ["systola", PROTOCOL]:
            raise BoardError(
                f"{name} reports '{greeting}', which this driver does not support: load another bitstream."
            )
        self.facts: dict[str, Any] = dict(word.split("=", 1) for word in words[2:] if "=" in word)
        for fact in ("clock", "memory"):
            self.facts[fact] = int(self.facts[fact])

    @classmethod
    def open(cls, port: str, baud: int = BAUD, silence: float = SILENCE) -> Self:
        """Open the board at a serial port, such as /dev/ttyUSB1. No other program may have the port open.

        `silence`: timeout in seconds, see :data:`SILENCE`; a simulated board needs a longer one.
        """
        try:
            import serial
        except ModuleNotFoundError:
            raise BoardError(missing("serial")) from None
        try:
            stream = serial.Serial(port, baud, timeout=silence / 4, write_timeout=150 * silence, exclusive=True)
        except ValueError as error:
            raise BoardError(f"{port} cannot be opened at {baud} baud: {error}.") from None
        except serial.SerialException as error:
            text = str(error)
            if "lock" in text:
                raise BoardError(f"{port} is in use: close the other program that has it open.") from None
            if getattr(error, "errno", None) == 13 or "Permission" in text:
                raise BoardError(f"{port} may not be opened: add yourself to the group that owns it.") from None
            raise BoardError(f"{port} cannot be opened: {_reason(error)}; known ports: {_known()}.") from None
        try:
            stream.reset_input_buffer()
            return cls(stream, port, silence)
        except BaseException:
            stream.close()
            raise

    def close(self):
        self.stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def write(self, address: int, data: bytes | np.ndarray):
        """Write bytes, or the bytes of an array, to memory."""
        data = np.ascontiguousarray(data).tobytes() if isinstance(data, np.ndarray) else bytes(data)
        if not data:
            return
        before, after = address % WORD, -(address + len(data)) % WORD
        if before:
            data = self.read(address - before, before) + data
        if after:
            data += self.read(address - before + len(data), after)
        pieces = list(_pieces(address - before, len(data)))
        start = address - before
        self._do(WRITE, [(at, count, data[at - start :][: WORD * count]) for at, count in pieces])

    def read(self, address: int, length: int) -> bytes:
        """Read `length` bytes of memory."""
        if not length:
            return b""
        start = address - address % WORD
        pieces = list(_pieces(start, address + length - start + -(address + length) % WORD))
        data = b"".join(self._do(READ, [(at, count, b"") for at, count in pieces]))
        return data[address - start :][:length]

    def read_array(self, address: int, shape: tuple[int, ...], dtype=np.int8) -> np.ndarray:
        """Read an array from memory."""
        kind = np.dtype(dtype)
        data = self.read(address, kind.itemsize * int(np.prod(shape)))
        return np.frombuffer(data, kind).reshape(shape).copy()

    def write_register(self, address: int, value: int):
        self._do(WRITE_REGISTERS, [(address, 1, (value % 2**32).to_bytes(WORD, "little"))])

    def read_register(self, address: int) -> int:
        return int.from_bytes(self._do(READ_REGISTERS, [(address, 1, b"")])[0], "little")

    def wait(self, address: int, mask: int, value: int, seconds: float = 10.0) -> int:
        """Poll a register until its bits in `mask` equal `value`; return it. Raises :class:`.BoardError` on timeout."""
        end = time.monotonic() + seconds
        while (found := self.read_register(address)) & mask != value:
            if time.monotonic() > end:
                state = f"register {address:#x} is {found:#x} after {seconds:g} s"
                raise BoardError(f"{state}: its bits {mask:#x} have not become {value:#x}.")
        return found

    def _do(self, op: int, accesses: Iterable[tuple[int, int, bytes]]) -> list[bytes]:
        accesses = list(accesses)
        responses = self.link.exchange([(op, at, count, data) for at, count, data in accesses])
        for (at, count, _), (_, status) in zip(accesses, responses, strict=True):
            if status:
                where = "register" if op in (READ_REGISTERS, WRITE_REGISTERS) else "memory"
                last = f" to {at + WORD * count - 1:#x}" if count > 1 else ""
                raise BoardError(f"{where} {at:#x}{last}: {FAULTS.get(status, f'status {status}')}.")
        return [data for data, _ in responses]


def _pieces(start: int, length: int):
    """Yield (address, words) of requests for a range; no request crosses a multiple of the maximum request size."""
    block, end = WORD * WORDS, start + length
    while start < end:
        stop = min(end, start - start % block + block)
        yield start, (stop - start) // WORD
        start = stop


def _reason(error) -> str:
    return {2: "there is no such port", 16: "it is busy"}.get(getattr(error, "errno", 0), str(error).rstrip("."))


def _known() -> str:
    from serial.tools.list_ports import comports

    return ", ".join(sorted(port.device for port in comports() if port.vid is not None)) or "none"
