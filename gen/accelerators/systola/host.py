"""The host of a core on a board: programs, and products of matrices as programs."""

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ....hw.cores.systola.core import COUNTERS, REGISTERS
from ....hw.cores.systola.isa import Error
from ....hw.cores.systola.parameters import CoreParameters
from ...compile.layers import Clamp, gemm, records
from ...host.driver import Board, BoardError
from ...host.scaling import Scaling
from ...run.tasks import Image, Task
from .compiler import compile

CORE = {register.name: register.offset for register in REGISTERS.registers}
START, STOP, DONE = 1, 2, 1
SECONDS = 60.0
"""After which a program is given up. On a simulated board a second is many."""
LARGEST = 64
"""Rows and columns of a product are at most so many in one program: longer programs take long to write."""


@dataclass(frozen=True)
class Product:
    """Where a product's parts are in a board's memory, and the program."""

    a: int
    b: int
    records: int
    c: int
    entry: int
    program: bytes


class CoreHost:
    """The host of a core."""

    def __init__(self, board: Board, parameters: CoreParameters):
        self.board, self.p = board, parameters

    def run(self, entry: int, seconds: float = SECONDS) -> dict[str, int]:
        """Run the program at an address to its end: the core's counters."""
        board, end = self.board, time.monotonic() + seconds
        board.write_register(CORE["entry"], entry)
        board.write_register(CORE["status"], DONE)
        board.write_register(CORE["control"], START)
        while not board.read_register(CORE["status"]) & DONE:
            if time.monotonic() > end:
                at = board.read_register(CORE["pc"])
                board.write_register(CORE["control"], STOP)
                raise BoardError(f"the program at {entry:#x} did not end in {seconds:g} s: it was at instruction {at}.")
        error = board.read_register(CORE["error"])
        if error:
            code, at = Error(error & 15).name, board.read_register(CORE["pc"])
            raise BoardError(f"the program at {entry:#x} stopped at instruction {at} with error {code} ({error >> 4}).")
        return {name: board.read_register(CORE[name]) for name in COUNTERS}

    def execute(self, task: Task) -> tuple[np.ndarray, dict[str, int]]:
        """Load a task and run it: its result, and the core's counters."""
        for address, data in task.image.parts:
            self.board.write(address, data)
        counters = self.run(task.at)
        return self.board.read_array(task.address, task.expected.shape, task.expected.dtype), counters

    def matmul(self, a: np.ndarray, b: np.ndarray, scaling: Scaling) -> np.ndarray:
        (m, k), n = a.shape, b.shape[1]
        product = None
        if max(m, n) <= LARGEST:
            product = _product(self.p, m, k, n, scaling.zero_point, self.board.facts["memory"])
        if product is None:
            return self._halves(a, b, scaling)
        for address, data in (
            (product.a, a),
            (product.b, b),
            (product.records, records(scaling.multiplier, scaling.bias, scaling.shift)),
            (product.entry, product.program),
        ):
            self.board.write(address, data)
        self.run(product.entry)
        return self.board.read_array(product.c, (m, n), np.int8)

    def _halves(self, a: np.ndarray, b: np.ndarray, scaling: Scaling) -> np.ndarray:
        """A product by two, of half its rows or half its columns each."""
        m, n = len(a), b.shape[1]
        if max(m, n) == 1:
            raise BoardError(f"k={a.shape[1]}: a row and a column do not fit into the board's memory.")
        if m >= n:
            half = -(-m // 2)
            return np.concatenate([self.matmul(part, b, scaling) for part in (a[:half], a[half:])])
        half = -(-n // 2)
        parts = [
            self.matmul(a, b[:, first:last], scaling.columns(first, last)) for first, last in ((0, half), (half, n))
        ]
        return np.concatenate(parts, axis=1)


@lru_cache(maxsize=64)
def _product(p: CoreParameters, m: int, k: int, n: int, zero_point: int, memory: int) -> Product | None:
    """The program of a product; None if it does not fit into the memory."""
    if m * k + k * n + m * n > memory:
        return None
    image = Image()
    a, b, scales, c = (image.room(size) for size in (m * k, k * n, 16 * n, m * n))
    program, _ = compile(p, [gemm(m, k, n, a, b, scales, c, Clamp(zero_point))])
    text = program.encode()
    entry = image.room(len(text))
    return Product(a, b, scales, c, entry, text) if image.end <= memory else None
