"""Golden model of the array of Fusion Units: results, word order and latency."""

import numpy as np

from .fusion_unit import Mode, pack
from .systolic import product, stationary_cycles

__all__ = ["authors_cycles", "cycles", "product", "words"]


def words(a: np.ndarray, w: np.ndarray, mode: Mode) -> tuple[np.ndarray, np.ndarray]:
    """Beats of a tile A (M, K) and W (K, N): words (M, rows) and (rows, N). K neighbours share a word."""
    p = mode.values
    return (
        pack(a.reshape(a.shape[0], -1, p), mode.a_bits),
        pack(w.reshape(-1, p, w.shape[1]).transpose(0, 2, 1), mode.w_bits),
    )


def cycles(rows: int, cols: int, tiles: list[tuple[int, Mode]], *, registers: int, buffered: bool) -> int:
    """Clock cycles from the first input beat to the last output beat, both counted, when no stream ever pauses.

    `tiles` has the rows of A and the mode of each. The number of cycles per row is given by the mode.
    """
    depth = rows + cols + registers + (2 if buffered else 0) + 1
    return stationary_cycles(rows, [length * mode.cycles for length, mode in tiles], depth)


def authors_cycles(
    mode: Mode, rows: int, cols: int, *, ic: int, oc: int, batch: int = 1, kernel: int = 1, outputs: int = 1
) -> int:
    """Cycles that the paper's authors count for a convolution in their simulator, up to 8 bits.

    `kernel` is the area of the kernel, `outputs` that of an output map. A fully connected layer has both 1.
    """
    together = int(8 / max(mode.a_bits, 2)) * int(8 / max(mode.w_bits, 2))
    return batch * -(-oc // cols) * outputs * kernel * -(-ic // (rows * together))
