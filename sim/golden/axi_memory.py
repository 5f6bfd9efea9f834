"""Golden model of a memory with an AXI4 port: bytes, and DECERR beyond them."""

OKAY, DECERR = 0, 3
LATENCY = 3
"""Cycles from a read's address to its first beat."""


class AxiMemory:
    """Memory of `size` bytes, 0 at first."""

    def __init__(self, size: int):
        self.bytes = bytearray(size)

    def write(self, address: int, data: bytes) -> int:
        """Write a burst and return its response. A burst lies entirely inside or outside the memory, since `size` is a
        multiple of 4096."""
        if address >= len(self.bytes):
            return DECERR
        self.bytes[address : address + len(data)] = data
        return OKAY

    def read(self, address: int, length: int) -> tuple[bytes | None, int]:
        """Bytes read (None outside the memory) and the response."""
        if address >= len(self.bytes):
            return None, DECERR
        return bytes(self.bytes[address : address + length]), OKAY
