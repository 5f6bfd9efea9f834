"""Golden model of memory behind AXI4: bytes, and nothing beyond them."""

OKAY, DECERR = 0, 3
LATENCY = 3
"""Cycles from a read's address to its first beat."""


class AxiMemory:
    """`size` bytes, 0 at first."""

    def __init__(self, size: int):
        self.bytes = bytearray(size)

    def write(self, address: int, data: bytes) -> int:
        """Gives the response. A burst lies in the memory or beyond it, since its size is a multiple of 4096."""
        if address >= len(self.bytes):
            return DECERR
        self.bytes[address : address + len(data)] = data
        return OKAY

    def read(self, address: int, length: int) -> tuple[bytes | None, int]:
        """What is found, None where nothing is, and the response."""
        if address >= len(self.bytes):
            return None, DECERR
        return bytes(self.bytes[address : address + length]), OKAY
