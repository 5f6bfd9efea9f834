"""Stimulus of the link: requests as sent by a host and as corrupted by a bad line."""

from dataclasses import dataclass, field

import numpy as np

from ..golden.link import HELLO, WINDOW, WORD, WORDS, request
from .resets import Interruptible

MEMORY = 8192
"""Bytes of the memory in the bench, from address 0 on; addresses beyond it return DECERR."""
FAULT = (4096, 4099)
"""Addresses in it that return SLVERR."""
REGISTERS = 64
"""Bytes of the registers in the bench."""


@dataclass
class LinkCase(Interruptible):
    """Bytes to the link, the pauses of them and of each side of the buses, and the stalls of its responses."""

    received: bytes
    gap: float = 0.0
    stall: float = 0.0
    pauses: dict[str, float] = field(default_factory=dict)
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not (self.gap or self.stall or any(self.pauses.values()))


def random_cases(parameters: dict, count: int, seed: int, *, requests: int = 12) -> list[LinkCase]:
    """Seeded random requests, most of them in order; every second case on a line that loses, duplicates and flips."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number, requests) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, case: int, requests: int) -> LinkCase:
    number, frames = int(rng.integers(256)), []
    frames.append(request(number, HELLO))
    for _ in range(rng.integers(1, requests)):
        number += 1
        said = _request(p, rng, number)
        frames.append(said)
        if rng.random() < 0.1:  # sent again, some requests back or with an unexpected number
            frames.append(frames[-1 - int(rng.integers(min(4, len(frames))))])
            frames.append(_request(p, rng, number + int(rng.choice([WINDOW + 9, -WINDOW, -WINDOW - 1]))))
    if case % 2:
        frames = [damaged(frame, rng) if rng.random() < 0.2 else frame for frame in frames]
    frames.append(b"\0" + request(number, HELLO))  # its response is always the last one
    pauses: dict[str, float] = dict(zip(("aw", "w", "b", "ar", "r"), rng.choice([0.0, 0.3, 0.8], 5), strict=True))
    return LinkCase(
        b"".join(frames),
        gap=float(rng.choice([0.0, 0.3])) * (case % 4 != 0),
        stall=float(rng.choice([0.0, 0.3, 0.8])) * (case % 4 != 0),
        pauses=pauses if case % 4 else {},
        seed=int(rng.integers(2**31)),
    )


def _request(p: dict, rng: np.random.Generator, number: int) -> bytes:
    op = int(rng.choice([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, HELLO + 1, 255]))
    registers = op // 2 % 2 == 1
    count = (
        int(rng.choice([1, 2, int(rng.integers(1, WORDS + 1)), WORDS])) if not registers else int(rng.integers(1, 9))
    )
    end = REGISTERS if registers else MEMORY
    address = int(rng.integers(0, end // WORD)) * WORD
    kind = rng.random()
    if kind < 0.1:
        address = int(rng.choice([end, 4096 - WORD, FAULT[0], 2**16 - 4 * WORD, 2**32 - WORD]))
    elif kind < 0.15:
        address += int(rng.integers(1, WORD))
    alphabet = [np.array([0], np.uint8), np.arange(1, 256, dtype=np.uint8), np.arange(256, dtype=np.uint8)]
    data = rng.choice(alphabet[rng.integers(3)], WORD * count).astype(np.uint8).tobytes() if op % 2 else b""
    kind = rng.random()
    if kind < 0.05:  # length differs from the length field
        count = int(rng.choice([0, count + 1, WORDS + 1, 255]))
    return request(number, op, address, count, data)


def damaged(frame: bytes, rng: np.random.Generator) -> bytes:
    """Frame with a flipped bit, a lost or duplicated byte, or inserted bytes."""
    at = int(rng.integers(len(frame)))
    kind = rng.integers(4)
    if kind == 0:
        return frame[:at] + bytes([frame[at] ^ 1 << int(rng.integers(8))]) + frame[at + 1 :]
    if kind == 1:
        return frame[:at] + frame[at + 1 :]
    if kind == 2:
        return frame[:at] + frame[at : at + 1] + frame[at:]
    return frame[:at] + rng.integers(0, 256, int(rng.choice([1, 3, 300])), dtype=np.uint8).tobytes() + frame[at:]
