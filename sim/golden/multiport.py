"""Golden model of the multi-port memory: the result of each read, cycle by cycle."""

from dataclasses import dataclass, replace

import numpy as np

LATENCY = 2
"""Cycles from a request to its response."""


@dataclass
class Accesses:
    """Requests of one port, in order: reads of `addr`, and where `write` is 1 writes of `data` (uint8, accesses x
    bytes, the low byte first) to the bytes that `strobe` (accesses x bytes) selects."""

    addr: np.ndarray
    write: np.ndarray
    data: np.ndarray
    strobe: np.ndarray


class MultiportMemory:
    """Words of bytes, 0 at power-up. In one cycle all reads precede all writes, and writes are ordered by port
    number."""

    def __init__(self, width: int, depth: int):
        self.words = np.zeros((depth, width // 8), np.uint8)

    def neutral(self, port: Accesses) -> Accesses:
        """The same accesses, but each write writes the present contents."""
        return replace(port, data=self.words[port.addr])

    def run(self, ports: list[Accesses], cycles: list[list[int]]) -> list[np.ndarray]:
        """Serve each port's accesses in the cycles given; return the data read by each port: uint8, reads x bytes."""
        found = [np.zeros((0, self.words.shape[1]), np.uint8)] * len(ports)
        events = sorted(
            (cycle, port.write[n], number, n)
            for number, port in enumerate(ports)
            for n, cycle in enumerate(cycles[number])
        )
        for _, write, number, n in events:
            port = ports[number]
            word = self.words[port.addr[n]]
            if write:
                word[:] = np.where(port.strobe[n], port.data[n], word)
            else:
                found[number] = np.vstack([found[number], word])
        return found
