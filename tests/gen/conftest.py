"""A board in Python: the golden link at a stream with an adjustable error rate."""

import random

import pytest

from systola.sim.golden.link import DECERR, OKAY, Link

MEMORY = 8192


class Stream:
    """A serial port with the interface of pyserial's; `damage` is the probability of damage per byte and direction."""

    def __init__(self, damage: float = 0.0, identity: str | None = None, size: int = MEMORY, facts: str = ""):
        self.memory, self.registers, self.writes, self.size = bytearray(size), {}, [], size
        identity = identity or f"systola 1 board=golden clock=1000000 memory={size}{facts}"
        parameters = {"memory_width": 32, "register_width": 16, "identity": identity}
        self.link = Link(parameters, self._read_word, self._write_word)
        self.damage, self.random, self.waiting, self.closed = damage, random.Random(1), b"", False

    @property
    def in_waiting(self) -> int:
        return len(self.waiting)

    def write(self, data: bytes):
        self.waiting += self._damaged(self.link.respond(self._damaged(data)))

    def read(self, count: int) -> bytes:
        got, self.waiting = self.waiting[:count], self.waiting[count:]
        return got

    def close(self):
        self.closed = True

    def _read_word(self, registers, address):
        if registers:
            return self.registers.get(address, 0).to_bytes(4, "little"), OKAY
        if address >= self.size:
            return bytes(4), DECERR
        return bytes(self.memory[address : address + 4]), OKAY

    def _write_word(self, registers, address, word):
        self.writes.append(address)
        if registers:
            self.registers[address] = int.from_bytes(word, "little")
        elif address >= self.size:
            return DECERR
        else:
            self.memory[address : address + 4] = word
        return OKAY

    def _damaged(self, data: bytes) -> bytes:
        chance, out = self.random.random, bytearray()
        for byte in data:
            if chance() >= self.damage:
                out.append(byte)
                continue
            kind = self.random.randrange(3)
            out += bytes([[byte ^ 1 << self.random.randrange(8)], [], [byte, byte]][kind])
        return bytes(out)


@pytest.fixture
def stream():
    return Stream
