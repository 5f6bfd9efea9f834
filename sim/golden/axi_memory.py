"""Golden model of a memory with an AXI4 port: the bytes of each beat of a burst, and its response.

Source: ARM IHI 0022, A3.4.1 (address structure), A3.4.3 (data read and write structure).
"""

from dataclasses import replace

FIXED, INCR, WRAP, RESERVED = range(4)
OKAY, SLVERR, DECERR = 0, 2, 3
BOUNDARY = 4096
LATENCY = 3
"""Cycles from a read's address to its first beat."""


def beats(address: int, size: int, length: int, burst: int) -> list[range]:
    """Byte addresses of each of the `length` beats, of 2^`size` bytes, of a legal burst. The first beat of an INCR
    burst, and all of a FIXED burst, begin at `address`, which need not be a multiple of 2^`size`."""
    count = 2**size
    aligned = address // count * count
    if burst == FIXED:
        return [range(address, aligned + count)] * length
    starts = [address, *(aligned + number * count for number in range(1, length))]
    if burst == WRAP:
        boundary = address // (count * length) * (count * length)
        starts = [start if start < boundary + count * length else start - count * length for start in starts]
    return [range(start, start // count * count + count) for start in starts]


def legal(address: int, size: int, length: int, burst: int, width: int) -> bool:
    """Whether AXI4 permits the burst on a bus of `width` bytes."""
    if 2**size > width or burst == RESERVED:
        return False
    if burst == FIXED:
        return length <= 16
    if burst == WRAP:
        return length in (2, 4, 8, 16) and address % 2**size == 0
    return beats(address, size, length, burst)[-1][-1] // BOUNDARY == address // BOUNDARY


class AxiMemory:
    """Memory of `size` bytes, a multiple of 4096, 0 at first, on a bus of `width` bytes. Words are integers; byte lane
    n of a word has the bits from 8 n on. `bursts`: "all"; "incr": INCR of beats of `width` bytes only."""

    def __init__(self, size: int, width: int, bursts: str = "all"):
        self.bytes = bytearray(size)
        self.width = width
        self.bursts = bursts

    def response(self, address: int, size: int, length: int, burst: int) -> int:
        """Response of a burst. A burst is outside the memory, illegal, or not served, as a whole."""
        if address >= len(self.bytes):
            return DECERR
        served = self.bursts == "all" or (burst == INCR and 2**size == self.width)
        return OKAY if served and legal(address, size, length, burst, self.width) else SLVERR

    def write(self, address: int, size: int, burst: int, words: list[int], strobes: list[int]) -> int:
        """Write a burst, one word and one strobe (a bit per byte lane) per beat, and return its response."""
        if code := self.response(address, size, len(words), burst):
            return code
        for places, word, strobe in zip(beats(address, size, len(words), burst), words, strobes, strict=True):
            for place in places:
                if strobe >> place % self.width & 1:
                    self.bytes[place] = word >> place % self.width * 8 & 255
        return OKAY

    def neutral(self, burst):
        """The same burst, but a legal write (with `words`) writes the present contents."""
        if not burst.words or self.response(burst.address, burst.size, burst.length, burst.burst):
            return burst
        places = beats(burst.address, burst.size, burst.length, burst.burst)
        words = [sum(self.bytes[place] << place % self.width * 8 for place in each) for each in places]
        return replace(burst, words=words)

    def read(self, address: int, size: int, length: int, burst: int) -> tuple[list[dict[int, int]], int]:
        """Bytes of each beat by their lane (nothing if the burst fails), and the response."""
        if code := self.response(address, size, length, burst):
            return [{} for _ in range(length)], code
        places = beats(address, size, length, burst)
        return [{place % self.width: self.bytes[place] for place in each} for each in places], OKAY
