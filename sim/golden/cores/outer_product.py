"""Golden model of the outer-product engine: a product of int8 matrices in memory, its sums in int32."""

import numpy as np

SIZE, BEATS = 4, 16
BYTES = 4 * BEATS


def legal(p: dict, depth: int, rows: int) -> bool:
    """Whether the engine multiplies: `depth` counts 16 products, `rows` 4 rows."""
    return 0 < depth <= p["depth"] // BEATS and rows > 0


def run(memory: np.ndarray, a: int, w: int, y: int, depth: int, rows: int):
    """Y = A @ W in `memory`, bytes; addresses are multiples of 64. A is read before any of Y is written."""
    k = BEATS * depth
    columns = memory[a : a + SIZE * k * rows].view(np.int8).reshape(rows, k, SIZE).astype(np.int64)
    weights = memory[w : w + SIZE * k].view(np.int8).reshape(k, SIZE).astype(np.int64)
    sums = np.einsum("bkr,kc->brc", columns, weights)
    memory[y : y + BYTES * rows] = sums.astype("<i4").reshape(-1).view(np.uint8)
