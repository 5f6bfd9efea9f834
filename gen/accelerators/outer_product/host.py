"""The host of an outer-product engine: products of any size, 4 columns and what rows there is memory for at a time."""

import time

import numpy as np

from ....hw.cores.outer_product.core import BEATS, BYTES, REGISTERS, SIZE, OuterProduct
from ...host.driver import Board, BoardError
from ...host.scaling import Scaling

OUTER = {register.name: register.offset for register in REGISTERS.registers}
START, DONE, REFUSED, FAILED = 1, 1, 4, 8
SECONDS = 60.0


class OuterHost:
    """Products of matrices on the engine; what becomes of their sums is computed here."""

    def __init__(self, board: Board, parameters: OuterProduct.Parameters):
        self.board, self.p = board, parameters

    def matmul(self, a: np.ndarray, b: np.ndarray, scaling: Scaling) -> np.ndarray:
        return scaling.apply(self.sums(a, b))

    def sums(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """a @ b of int8 matrices, in int32, modulo 2^32."""
        (m, k), n = a.shape, b.shape[1]
        found = np.zeros((m, n), np.int32)
        for first in range(0, k, self.p.depth):
            part = slice(first, min(k, first + self.p.depth))
            depth = -(-(part.stop - part.start) // BEATS) * BEATS
            at_once = SIZE * self._blocks(depth)
            for row in range(0, m, at_once):
                rows = a[row : row + at_once, part]
                self.board.write(SIZE * depth, _columns(rows, depth))
                for column in range(0, n, SIZE):
                    strip = b[part, column : column + SIZE]
                    found[row : row + at_once, column : column + SIZE] += self._product(strip, depth, len(rows))
        return found

    def _blocks(self, depth: int) -> int:
        """Blocks of 4 rows for which there is room behind the strip of B."""
        blocks = (self.board.facts["memory"] - SIZE * depth) // (SIZE * depth + BYTES)
        if blocks < 1:
            raise BoardError(f"k={depth}: four rows and four columns do not fit into the board's memory.")
        return blocks

    def _product(self, strip: np.ndarray, depth: int, rows: int) -> np.ndarray:
        """The rows in memory by up to 4 columns."""
        board, blocks, width = self.board, -(-rows // SIZE), strip.shape[1]
        at = SIZE * depth * (1 + blocks)
        board.write(0, np.pad(strip, ((0, depth - len(strip)), (0, SIZE - width))))
        for name, value in (
            ("w", 0),
            ("a", SIZE * depth),
            ("y", at),
            ("depth", depth // BEATS),
            ("rows", blocks),
            ("status", DONE),
            ("control", START),
        ):
            board.write_register(OUTER[name], value)
        end = time.monotonic() + SECONDS
        while not (status := board.read_register(OUTER["status"])) & DONE:
            if time.monotonic() > end:
                raise BoardError(f"the product did not end in {SECONDS:g} s.")
        if status & (REFUSED | FAILED):
            raise BoardError(f"the engine did not multiply: its status is {status:#x}.")
        return board.read_array(at, (SIZE * blocks, SIZE), np.int32)[:rows, :width]


def _columns(rows: np.ndarray, depth: int) -> np.ndarray:
    """Blocks of 4 rows, each column by column, with zeros for what is missing."""
    padded = np.pad(rows, ((0, -len(rows) % SIZE), (0, depth - rows.shape[1])))
    return padded.reshape(-1, SIZE, depth).transpose(0, 2, 1)
