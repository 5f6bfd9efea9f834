"""A board from Python: bytes and arrays in, bytes and arrays out, over the link of `hw.bus.link`."""

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...sim.golden.frames import unframe
from ...sim.golden.link import HELLO, READ, READ_REGISTERS, WINDOW, WORD, WORDS, WRITE, WRITE_REGISTERS, request

BAUD = 1_000_000
PROTOCOL = "1"
SILENCE = 0.2
"""Seconds without a byte after which an answer is missed: more than any USB adapter keeps bytes. Every silence that
follows may be twice as long, since what answers may be slow."""
TRIES = 6
"""Silences after which the board is given up."""
FAULTS = {1: "no legal access", 2: "an error of the bus (SLVERR)", 3: "nothing there (DECERR)"}


class BoardError(Exception):
    """The board does not do what was asked; the message is one sentence for the user."""


@dataclass
class Counts:
    """What a link has seen: requests, those that were sent again, frames that came damaged."""

    requests: int = 0
    repeated: int = 0
    damaged: int = 0


class HostLink:
    """The host's end of a link, over a stream with `write(bytes)`, `read(count)`, which gives up after a while and
    gives what came, and `in_waiting`: pyserial's ports, among others. `silence`: see :data:`SILENCE`."""

    def __init__(self, stream, name: str, silence: float = SILENCE):
        self.stream, self.name, self.silence = stream, name, silence
        self.counts = Counts()
        self._number = random.randrange(256)
        self._in_step = False  # both sides know which number comes next
        self._text = b""

    def hello(self) -> str:
        """What the board says that it is; requests are in order from here on."""
        noise = False
        for silences in range(TRIES - 2):
            self._write(b"\0" + request(self._number, HELLO))
            while (answer := self._answer(silences)) is not None:
                if answer[:2] == bytes([self._number, HELLO]):
                    self._number = (self._number + 1) % 256
                    self._in_step = True
                    return answer[2:-1].decode("ascii", "replace")
            noise = noise or bool(self._text) or self.counts.damaged > 0
        if noise:
            raise BoardError(f"{self.name} answers, but not as a Systola board does: is the baud rate right?")
        raise BoardError(f"{self.name} does not answer: is it the board's port, and is the bitstream loaded?")

    def exchange(self, requests: list[tuple[int, int, int, bytes]]) -> list[tuple[bytes, int]]:
        """Do requests (op, address, count, data), all of one op: what each found, and its status.

        Up to 16 are under way. Who misses an answer goes back to its request: the board does none of them twice.
        """
        if not self._in_step:  # an exchange was broken off: some of its numbers may have been done
            self.hello()
        self._in_step = False
        found, sent, gap, silences = [], 0, False, 0
        while len(found) < len(requests):
            while sent < min(len(requests), len(found) + WINDOW):
                op, address, count, data = requests[sent]
                self._write(request(self._number + sent - len(found), op, address, count, data))
                self.counts.requests += 1
                sent += 1
            answer = self._answer(silences)
            ahead = WINDOW if answer is None else (answer[0] - self._number) % 256
            if ahead == 0:
                found.append((answer[2:-1], answer[-1]))
                self._number = (self._number + 1) % 256
                gap, silences = False, 0
            elif answer is None or (ahead < sent - len(found) and not gap):
                # Answers come in order: one from further on says that the one waited for is lost.
                silences += answer is None
                if silences == TRIES:
                    raise BoardError(f"{self.name} stopped answering: is the cable plugged in?")
                gap = answer is not None
                self.counts.repeated += sent - len(found)
                sent = len(found)
        self._in_step = True
        return found

    def _answer(self, silences: int) -> bytes | None:
        """The next answer that came whole; None after a silence, which so many came before."""
        patience = self.silence * 2**silences
        heard = time.monotonic()
        while True:
            text, end, rest = self._text.partition(b"\0")
            if end:
                self._text = rest
                content = unframe(text) if text else None
                if content and len(content) >= 3:
                    return content
                self.counts.damaged += bool(text)
            else:
                got = self._read()
                if got:
                    self._text += got
                    heard = time.monotonic()
                elif time.monotonic() - heard >= patience:
                    return None

    def _read(self) -> bytes:
        try:
            return self.stream.read(max(1, self.stream.in_waiting))
        except (OSError, TypeError) as error:  # pyserial's own is an OSError
            raise BoardError(f"{self.name} is gone: is the cable plugged in?") from error

    def _write(self, text: bytes):
        try:
            self.stream.write(text)
        except (OSError, TypeError) as error:
            raise BoardError(f"{self.name} is gone: is the cable plugged in?") from error


class Board:
    """A board: its memory and its registers. `Board.open(port)`, then `write`, `read`; use it in `with`.

    `facts` is what the board says of itself: board, clock (Hz), memory (bytes), engine.
    """

    def __init__(self, stream, name: str = "the stream", silence: float = SILENCE):
        self.stream, self.link = stream, HostLink(stream, name, silence)
        said = self.link.hello()
        words = said.split(" ")
        if words[:2] != ["systola", PROTOCOL]:
            raise BoardError(f"{name} says '{said}', which this driver does not know: load another bitstream.")
        self.facts = dict(word.split("=", 1) for word in words[2:] if "=" in word)
        for fact in ("clock", "memory"):
            self.facts[fact] = int(self.facts[fact])
        self._engine = None

    @classmethod
    def open(cls, port: str, baud: int = BAUD, silence: float = SILENCE) -> "Board":
        """The board at a serial port, such as /dev/ttyUSB1, which no other program may have open.

        `silence`: see :data:`SILENCE`; for a simulated board more.
        """
        try:
            import serial
        except ModuleNotFoundError:
            raise BoardError("A board needs the package pyserial: run pip install 'systola[board]'.") from None
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
        """Write bytes, or an array's, into memory."""
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
        """`length` bytes of memory."""
        if not length:
            return b""
        start = address - address % WORD
        pieces = list(_pieces(start, address + length - start + -(address + length) % WORD))
        data = b"".join(self._do(READ, [(at, count, b"") for at, count in pieces]))
        return data[address - start :][:length]

    def read_array(self, address: int, shape: tuple[int, ...], dtype=np.int8) -> np.ndarray:
        """An array out of memory."""
        kind = np.dtype(dtype)
        data = self.read(address, kind.itemsize * int(np.prod(shape)))
        return np.frombuffer(data, kind).reshape(shape).copy()

    def write_register(self, address: int, value: int):
        self._do(WRITE_REGISTERS, [(address, 1, (value % 2**32).to_bytes(WORD, "little"))])

    def read_register(self, address: int) -> int:
        return int.from_bytes(self._do(READ_REGISTERS, [(address, 1, b"")])[0], "little")

    def wait(self, address: int, mask: int, value: int, seconds: float = 10.0) -> int:
        """Read a register until its bits in `mask` are `value`."""
        end = time.monotonic() + seconds
        while (found := self.read_register(address)) & mask != value:
            if time.monotonic() > end:
                said = f"register {address:#x} is {found:#x} after {seconds:g} s"
                raise BoardError(f"{said}, and its bits {mask:#x} not yet {value:#x}.")
        return found

    @property
    def engine(self):
        """The host of the board's engine. Raises :class:`BoardError` if it has none."""
        from ..board.engines import host

        self._engine = self._engine or host(self)
        return self._engine

    def run(self, entry: int, seconds: float = 60.0) -> dict[str, int]:
        """Run the program at an address of the memory (docs/isa.md) to its end: the core's counters."""
        if not hasattr(self.engine, "run"):
            raise BoardError(f"{self.facts['board']} has no core, which programs need: it has matmul.")
        return self.engine.run(entry, seconds)

    def matmul(self, a, b, scale=1.0, bias=0, zero_point: int = 0) -> np.ndarray:
        """min(max(round((a @ b + bias) * scale) + zero_point, -128), 127) of int8 matrices, int8, bit by bit as TFLite.

        `scale` and `bias` are numbers, or have one for each column. Whatever fits into the board's memory by halves of
        rows and columns may be multiplied.
        """
        from .scaling import Scaling

        a, b = _matrix("a", a), _matrix("b", b)
        if a.shape[1] != b.shape[0]:
            raise BoardError(f"a has {a.shape[1]} columns and b {b.shape[0]} rows: they must be as many.")
        return self.engine.matmul(a, b, Scaling.of(b.shape[1], scale, bias, zero_point))

    def _do(self, op: int, accesses: Iterable[tuple[int, int, bytes]]) -> list[bytes]:
        accesses = list(accesses)
        answers = self.link.exchange([(op, at, count, data) for at, count, data in accesses])
        for (at, count, _), (_, status) in zip(accesses, answers, strict=True):
            if status:
                where = "register" if op in (READ_REGISTERS, WRITE_REGISTERS) else "memory"
                last = f" to {at + WORD * count - 1:#x}" if count > 1 else ""
                raise BoardError(f"{where} {at:#x}{last}: {FAULTS.get(status, f'status {status}')}.")
        return [data for data, _ in answers]


def _matrix(name: str, values) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim != 2 or not values.size or not np.issubdtype(values.dtype, np.integer):
        raise BoardError(f"{name} must be a matrix of integers, at least 1 x 1: it is {values.dtype}{values.shape}.")
    if values.min() < -128 or values.max() > 127:
        raise BoardError(f"{name} must be integers from -128 to 127: quantise it first.")
    return values.astype(np.int8)


def _pieces(start: int, length: int):
    """(address, words) of requests that cover whole words, each within a block of the longest request's size."""
    block, end = WORD * WORDS, start + length
    while start < end:
        stop = min(end, start - start % block + block)
        yield start, (stop - start) // WORD
        start = stop


def _reason(error) -> str:
    return {2: "there is no such port", 16: "it is busy"}.get(getattr(error, "errno", None), str(error).rstrip("."))


def _known() -> str:
    from serial.tools.list_ports import comports

    return ", ".join(sorted(port.device for port in comports() if port.vid is not None)) or "none"
