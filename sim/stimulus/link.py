"""Stimulus of the link: requests as sent by a host and as corrupted by a faulty line."""

from dataclasses import dataclass, field

import numpy as np

from ..golden.link import HELLO, READ, WINDOW, WORD, WORDS, WRITE, request
from .resets import Interruptible
from .rotation import Rotation

MEMORY = 8192
"""Bytes of the memory in the bench, a window of the address space; addresses outside return DECERR."""
FAULT = (4160, 4163)
"""Bytes of it that return SLVERR: not the first ones of a page, so that a burst may begin before them."""
REGISTERS = 64
"""Bytes of the registers in the bench, a window of their address space; addresses outside return SLVERR."""
DAMAGES = ("flip", "lost", "duplicated", 1, 3, 300)
"""Kinds of damage; a number is that of inserted bytes."""


@dataclass
class LinkCase(Interruptible):
    """Bytes received by the link, the gaps between them, the pauses of each bus channel, and the stalls of its
    responses. `base` and `registers` are the addresses of the first byte of the memory and of the registers."""

    received: bytes
    base: int = 0
    registers: int = 0
    gap: float = 0.0
    stall: float = 0.0
    pauses: dict[str, float] = field(default_factory=dict)
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not (self.gap or self.stall or any(self.pauses.values()))


def random_cases(parameters: dict, count: int, seed: int, *, requests: int = 12) -> list[LinkCase]:
    """Seeded random requests, most of them in order; every second case on a line that loses, duplicates and inserts
    bytes and flips bits. Kinds of damage and of illegal requests are used in turn."""
    rng, rotation = np.random.default_rng(seed), Rotation()
    return [_random_case(parameters, rng, rotation, number, requests) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, rotation: Rotation, case: int, requests: int) -> LinkCase:
    number, frames = int(rng.integers(256)), []
    windows = _window(p["memory_width"], MEMORY, rng, case), _window(p["register_width"], REGISTERS, rng, case)
    frames.append(request(number, HELLO))
    for _ in range(2 * WINDOW if case % 8 == 6 else rng.integers(1, requests)):
        number += 1
        content = _request(windows, rng, rotation, number)
        frames.append(content)
        if rng.random() < 0.35:  # a repeated request, within the window or up to two before it
            frames.append(frames[-1 - int(rng.integers(min(WINDOW + 2, len(frames))))])
        if rng.random() < 0.1:
            other = number + rotation.next("number", (WINDOW + 9, -WINDOW, -WINDOW - 1))
            frames.append(_request(windows, rng, rotation, other))
    if case % 2:
        frames = [
            damaged(frame, rng, rotation.next("damage", DAMAGES)) if rng.random() < 0.2 else frame for frame in frames
        ]
    crowded = case % 8 == 3
    if crowded:
        frames += _full_buffers(windows[0], number)
        number += 5
    frames.append(b"\0" + request(number, HELLO))  # its response is always the last one
    pauses: dict[str, float] = dict(zip(("aw", "w", "b", "ar", "r"), rng.choice([0.0, 0.3, 0.8], 5), strict=True))
    return LinkCase(
        b"".join(frames),
        *windows,
        gap=float(rng.choice([0.0, 0.3])) * (case % 4 != 0),
        stall=max(float(rng.choice([0.0, 0.3, 0.8])) * (case % 4 != 0), 0.8 * crowded),
        pauses=pauses if case % 4 else {},
        seed=int(rng.integers(2**31)),
    )


def _full_buffers(address: int, number: int) -> list[bytes]:
    """Write of all bytes, and reads of them whose stalled responses fill every buffer."""
    count, data = WORDS, bytes(range(WORD * WORDS))
    reads = [request(number + n, READ, address, count) for n in (2, 3, 4)]
    return [b"\0" + request(number, HELLO), request(number + 1, WRITE, address, count, data), *reads]


def _window(width: int, size: int, rng: np.random.Generator, case: int) -> int:
    """Address of a window of `size` bytes: each address bit in turn, the end of the address space, or anywhere."""
    places = (1 << width) // size
    if places <= 1:
        return 0
    bit = 1 << case // 2 % (places.bit_length() - 1)
    return size * (int(rng.integers(places)), bit, places - 1, bit, 0)[case % 5]


def _request(windows: tuple[int, int], rng: np.random.Generator, rotation: Rotation, number: int) -> bytes:
    op = int(rng.choice([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, HELLO + 1, 255]))
    if op > HELLO:
        op = rotation.next("op", (HELLO + 1, 255, HELLO + 2, HELLO + 3, 128))
    registers = op // 2 % 2 == 1
    count = (
        int(rng.choice([1, 2, int(rng.integers(1, WORDS + 1)), WORDS])) if not registers else int(rng.integers(1, 9))
    )
    address = _address(windows[registers], registers, count, rng, rotation)
    alphabet = [np.array([0], np.uint8), np.arange(1, 256, dtype=np.uint8), np.arange(256, dtype=np.uint8)]
    data = rng.choice(alphabet[rng.integers(3)], WORD * count).astype(np.uint8).tobytes() if op % 2 else b""
    if rng.random() < 0.05:  # length differs from the length field
        count = rotation.next("count", (0, count + 1, WORDS + 1, 255))
    return request(number, op, address, count, data)


def _address(base: int, registers: bool, count: int, rng: np.random.Generator, rotation: Rotation) -> int:
    """Address in the window, or, in turn: one wrong bit; outside, at the end of a page, at the fault, unaligned."""
    size, page = REGISTERS if registers else MEMORY, base // 4096 * 4096 + 4096
    address = base + int(rng.integers(size // WORD)) * WORD
    kind = rng.random()
    if kind < 0.12:
        return address ^ 1 << rotation.next(f"bit {registers}", range(size.bit_length() - 1, 32))
    if kind < 0.25:
        fault = base + FAULT[0] * (not registers)
        ends = base + size, base - WORD, page - WORD * count, page - WORD * (count - 1), 2**32 - WORD
        places = *ends, fault, fault - WORD * int(rng.integers(count)), address + 1, address + 2, address + 3
        return rotation.next(f"address {registers}", places) % 2**32
    return address


def damaged(frame: bytes, rng: np.random.Generator, kind: str | int) -> bytes:
    """Frame with damage of one of the kinds :data:`DAMAGES`."""
    at = int(rng.integers(len(frame)))
    if kind == "flip":
        return frame[:at] + bytes([frame[at] ^ 1 << int(rng.integers(8))]) + frame[at + 1 :]
    if kind == "lost":
        return frame[:at] + frame[at + 1 :]
    if kind == "duplicated":
        return frame[:at] + frame[at : at + 1] + frame[at:]
    return frame[:at] + rng.integers(0, 256, int(kind), dtype=np.uint8).tobytes() + frame[at:]
