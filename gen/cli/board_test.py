"""Checks of `systola board test`, each with a one-line result."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...hw.component import ParameterError
from ...sim.runner.extras import missing
from ..board.board import Board
from ..errors import UsageError
from ..host.link import BoardError
from . import selftest as computed

SCRATCH, CYCLES, BOARD = 0x8000, 0x8004, 0x8008
"""Registers of `hw.cores.bringup.REGISTERS`."""
BLOCK = 256
"""Block size in bytes of the memory march."""
BULK = 8192
"""Minimum number of bytes of a rate measurement: several windows of requests."""
BEYOND = 1 << 31
"""Address at which no board has memory."""


FULL = 1.02
"""Maximum measured rate of a link relative to that of the UART: the clocks of both ends differ by at most 2 %."""


@dataclass(frozen=True)
class CheckResult:
    """Result of one check: its name, verdict, finding in one line, and duration."""

    name: str
    passed: bool
    found: str
    seconds: float


def run(board: Board, baud: int, *, limit: int = 1 << 16, images: int = 8, seed: int = 1) -> Iterator[CheckResult]:
    """Check a board. At most `limit` bytes of its memory are tested, and `images` images of digits classified."""
    size = min(limit, board.facts["memory"])
    bulk = min(max(limit, BULK), board.facts["memory"])
    checks: list[tuple[str, Callable[[], str]]] = [
        ("identity", lambda: " ".join(f"{key}={value}" for key, value in board.facts.items())),
        ("registers", lambda: _registers(board, seed)),
        ("errors", lambda: _errors(board)),
        ("clock", lambda: _clock(board)),
        ("memory march", lambda: _march(board, size)),
        ("memory, random", lambda: _random(board, size, seed)),
        ("link, writes", lambda: _rate(board, bulk, baud, seed, reads=False)),
        ("link, reads", lambda: _rate(board, bulk, baud, seed, reads=True)),
    ]
    if board.facts.get("engine", "none") != "none":
        checks += [
            ("matrix products", lambda: computed.products(board, seed)),
            ("digits", lambda: computed.digits(board, images)),
        ]
    for name, check in checks:
        started = time.monotonic()
        try:
            found, passed = check(), True
        except Exception as error:  # any exception is a failed check; the results of the other checks are kept
            found, passed = _sentence(error), False
        yield CheckResult(name, passed, found, time.monotonic() - started)


def _sentence(error: Exception) -> str:
    """Sentence about an exception that a check raised."""
    if isinstance(error, (BoardError, UsageError, ParameterError)):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and (sentence := missing(error.name or "")):
        return sentence
    return f"{type(error).__name__}: {(str(error).splitlines() or ['no message'])[0]}"


def _registers(board: Board, seed: int) -> str:
    rng = random.Random(seed)
    values = [0, 2**32 - 1, *(1 << n for n in range(32)), *(rng.getrandbits(32) for _ in range(30))]
    for value in values:
        board.write_register(SCRATCH, value)
        _same(f"register {SCRATCH:#x}", board.read_register(SCRATCH), value)
    for led in (1, 0, 1):
        board.write_register(BOARD, led)
        _same("the LED", board.read_register(BOARD) & 1, led)
    return f"{len(values)} values"


def _errors(board: Board) -> str:
    for what, access in (
        ("memory beyond the end", lambda: board.read(BEYOND, 4)),
        ("an unknown register", lambda: board.read_register(0xFFFC)),
        ("an odd address", lambda: board.read_register(SCRATCH + 1)),
    ):
        try:
            access()
        except BoardError:
            continue
        raise BoardError(f"{what} was read without an error.")
    return "3 of 3 invalid accesses returned an error"


def _clock(board: Board) -> str:
    """Clock frequency measured with the host's clock. It is only reported: a simulated board runs at another speed."""
    before, first = time.monotonic(), board.read_register(CYCLES)
    time.sleep(0.2)
    after, second = time.monotonic(), board.read_register(CYCLES)
    rate = (second - first) % 2**32 / (after - before)
    if not rate:
        raise BoardError("the clock does not run.")
    return f"{rate / 1e6:.2f} MHz by this machine, {board.facts['clock'] / 1e6:g} MHz as built"


def _march(board: Board, size: int) -> str:
    """March test. Up: write 0. Up: read 0, write 1. Down: read 1, write 0. Up: read 0. Then addresses as data."""
    zeros, ones = bytes(BLOCK), b"\xff" * BLOCK
    blocks = range(0, size, BLOCK)
    for order, expected, then in (
        (blocks, None, zeros),
        (blocks, zeros, ones),
        (reversed(blocks), ones, zeros),
        (blocks, zeros, None),
    ):
        for at in order:
            if expected is not None:
                _same_bytes(at, board.read(at, BLOCK), expected)
            if then is not None:
                board.write(at, then)
    addresses = b"".join(at.to_bytes(4, "little") for at in range(0, size, 4))
    board.write(0, addresses)
    _same_bytes(0, board.read(0, size), addresses)
    return f"{size:,} bytes"


def _random(board: Board, size: int, seed: int) -> str:
    rng, mirror = random.Random(seed), bytearray(board.read(0, size))
    for _ in range(40):
        at = rng.randrange(size)
        data = rng.randbytes(rng.randrange(1, min(600, size - at + 1)))
        board.write(at, data)
        mirror[at : at + len(data)] = data
        at = rng.randrange(size)
        length = rng.randrange(1, min(600, size - at + 1))
        _same_bytes(at, board.read(at, length), mirror[at : at + length])
    _same_bytes(0, board.read(0, size), mirror)
    return "40 addresses and lengths"


def _rate(board: Board, size: int, baud: int, seed: int, *, reads: bool) -> str:
    """Bytes per second that the link transfers to or from memory, timed with the board's clock."""
    data = random.Random(seed).randbytes(size)
    board.write(0, data)
    repeated = board.link.counts.repeated
    started = board.read_register(CYCLES)
    if reads:
        found = board.read(0, size)
    else:
        board.write(0, data)
    cycles = (board.read_register(CYCLES) - started) % 2**32
    _same_bytes(0, found if reads else board.read(0, size), data)
    rate = size * board.facts["clock"] / cycles
    repeated = board.link.counts.repeated - repeated
    share = rate * 10 / baud
    of = (
        f"{share:.1%} of the UART's bytes"
        if share <= FULL
        else f"more than {baud} baud allow: the UART has another baud rate"
    )
    return f"{rate / 1000:.1f} kB/s, {of}, {repeated} requests repeated"


def _same(what: str, found: int, expected: int):
    if found != expected:
        raise BoardError(f"{what} is {found:#x}, expected {expected:#x}.")


def _same_bytes(at: int, found: bytes, expected: bytes | bytearray):
    if found != expected:
        n = next(n for n, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1])
        raise BoardError(f"memory {at + n:#x} is {found[n]:#04x}, expected {expected[n]:#04x}.")
