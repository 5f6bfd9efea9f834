"""Transfers for bandwidth measurements: long runs, short rows, a whole image."""

import numpy as np

from ..golden.dma import Descriptor
from ..golden.dma_boxes import image
from .dma import DmaCase

COPY = 1 << 16
"""Bytes of a long transfer."""

ROWS, ROW = 256, 64
"""Short rows: their number, and their bytes."""

LOCAL_BYTES = 1 << 18
DRAM_BYTES = 1 << 18


def run(store: bool, bus: int, local: int, length: int, width: int = 8) -> Descriptor:
    """Transfer of `length` bytes, contiguous, as elements of a beat's `width`."""
    size = width.bit_length() - 1
    return Descriptor(store, bus, local, size, (length // width,), (width,), (width,))


def rows(store: bool, bus: int, local: int, width: int = 8) -> Descriptor:
    """Transfer of 256 rows of 64 bytes, 320 apart in DRAM and contiguous in the local memory."""
    size = width.bit_length() - 1
    return Descriptor(store, bus, local, size, (ROW // width, ROWS), (width, 320), (width, ROW))


def singles(store: bool) -> list[Descriptor]:
    """Transfer of the same rows, with a descriptor for each."""
    return [run(store, 320 * n, ROW * n, ROW) for n in range(ROWS)]


TRANSFERS = {
    "64 KiB in": [run(False, 0, 0, COPY)],
    "64 KiB out": [run(True, 0, 0, COPY)],
    "64 KiB in and 64 KiB out": [run(False, 0, 0, COPY), run(True, COPY, COPY, COPY)],
    "256 rows of 64 B in": [rows(False, 0, 0)],
    "256 rows of 64 B out": [rows(True, 0, 0)],
    "256 rows in, one descriptor per row": singles(False),
    "256 rows out, one descriptor per row": singles(True),
    "image 224 x 224 x 3 in": [image(0, 0, 224, 224, 3)],
}
"""Descriptors by name, for an engine with 64-bit beats and :data:`LOCAL_BYTES` of local memory."""


def cases(latency: int, names=TRANSFERS, seed: int = 1) -> list[DmaCase]:
    """Case for each transfer: no channel pauses, DRAM responds after `latency` cycles."""
    rng = np.random.default_rng(seed)
    return [
        DmaCase(
            TRANSFERS[name],
            rng.integers(0, 256, DRAM_BYTES, np.uint8),
            rng.integers(0, 256, LOCAL_BYTES, np.uint8),
            latency=latency,
        )
        for name in names
    ]
