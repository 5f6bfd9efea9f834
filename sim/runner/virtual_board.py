"""Virtual board: a design's UART pins, simulated by Verilator, at a pseudo-terminal that any program may open."""

import os
import pty
import random
import subprocess
import threading
import tty
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from . import cache, children

_MAIN = Path(str(files("systola.sim"))) / "models" / "board.cpp"
CHUNK = 64
"""Largest number of bytes passed at a time: transfer stops within this number after the cable is disconnected."""


@dataclass(frozen=True)
class Faults:
    """Faults of a cable: the probability, for each byte, of a flipped bit, of loss, and of duplication.

    `after`: bytes in both directions after which the cable is disconnected; None: never.
    """

    flip: float = 0.0
    drop: float = 0.0
    double: float = 0.0
    after: int | None = None
    seed: int = 1


def build(verilog: str, top: str) -> Path:
    """Program that simulates the board: bytes on standard input and output, clock cycles per bit as its argument."""
    from .verilator import Verilator

    backend = Verilator(top, main=_MAIN)
    folder = cache.once(
        f"board-{top}", [verilog, *backend.identity()], lambda directory: backend.compile(verilog, directory)
    )
    return folder / "simulation"


class VirtualBoard:
    """Running program of :func:`build`; `port` is the device that a host opens. It is a context manager."""

    def __init__(self, program: Path, divisor: int, faults: Faults | None = None):
        self.faults = faults or Faults()
        self.passed = 0
        self._random = random.Random(self.faults.seed)
        master, slave = pty.openpty()
        self._ends: tuple[int, int] | None = master, slave
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._process = children.Child(
            [str(program), str(divisor)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._pipes = stdin, stdout = self._process.pipes()
        pairs = [(master, stdin.fileno()), (stdout.fileno(), master)]
        self._threads = [threading.Thread(target=self._carry, args=pair, daemon=True) for pair in pairs]
        for thread in self._threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stop the program, and close the port."""
        self._process.end()
        for pipe in self._pipes:
            pipe.close()
        self.disconnect()

    def disconnect(self):
        """Disconnect the cable."""
        while self._ends is not None:
            master, slave = self._ends
            self._ends = None
            os.close(slave)
            os.close(master)

    def _carry(self, source: int, target: int):
        limit = self.faults.after
        try:
            while chunk := os.read(source, CHUNK):
                self.passed += len(chunk)
                if limit is not None and self.passed > limit:
                    self.disconnect()
                    return
                remaining = self._damaged(chunk)
                while remaining:
                    remaining = remaining[os.write(target, remaining) :]
        except (OSError, TypeError):  # the port was closed
            return

    def _damaged(self, chunk: bytes) -> bytes:
        faults, chance = self.faults, self._random.random
        if not (faults.flip or faults.drop or faults.double):
            return chunk
        out = bytearray()
        for byte in chunk:
            if chance() < faults.drop:
                continue
            if chance() < faults.flip:
                byte ^= 1 << self._random.randrange(8)
            out.append(byte)
            if chance() < faults.double:
                out.append(byte)
        return bytes(out)
