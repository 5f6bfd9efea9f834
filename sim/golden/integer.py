"""Integer formats by name, and two's complement lanes packed into words."""

import re

import numpy as np


def limits(name: str) -> tuple[int, int]:
    """Smallest and largest value of a format: "int8" gives (-128, 127), "uint4" gives (0, 15)."""
    match = re.fullmatch(r"(u?)int(\d+)", name)
    if match is None:
        raise ValueError(f"{name} is not an integer format")
    unsigned, width = match[1], int(match[2])
    return (0, 2**width - 1) if unsigned else (-(2 ** (width - 1)), 2 ** (width - 1) - 1)


def width(name: str) -> int:
    """Bits of a format: 8 for "int8" and "uint8"."""
    return int(name.lstrip("uint"))


def wrap(values: np.ndarray, bits: int) -> np.ndarray:
    """Values modulo 2^bits, as two's complement: `bits` from 1 to 64; int64 in, int64 out."""
    shift = np.int64(64 - bits)
    return (values.astype(np.int64) << shift) >> shift


def pack(rows: np.ndarray, bits: int) -> list[int]:
    """Each row of `rows` (beats x lanes) as one integer, lane 0 in the low bits, `bits` per lane."""
    planes = (rows.astype(np.int64)[:, :, None] >> np.arange(bits)) & 1
    packed = np.packbits(planes.astype(np.uint8).reshape(len(rows), -1), axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def unpack(words: list[int], lanes: int, bits: int) -> np.ndarray:
    """Inverse of :func:`pack` for signed lanes: int64, beats x lanes."""
    size = -(-lanes * bits // 8)
    packed = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), np.uint8).reshape(-1, size)
    planes = np.unpackbits(packed, axis=1, count=lanes * bits, bitorder="little").reshape(-1, lanes, bits)
    padded = np.zeros((*planes.shape[:2], 64), np.uint8)
    padded[:, :, :bits] = planes
    return wrap(np.packbits(padded, axis=2, bitorder="little").view(np.int64)[:, :, 0], bits)
