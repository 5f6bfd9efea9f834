"""Lanes of a matrix engine's stream, in any format that it accepts: codes in, integers out."""

import re
from collections.abc import Callable

import numpy as np

from .formats.grid import ValueGrid
from .formats.names import find
from .formats.olive import Pairs
from .integer import wrap

ANT = ("int", "flint", "pot", "float", "low", "high", "bytes", "bytes")
"""Types of ANT by `user`: a format of four bits, or halves of 8 bits; with bytes even lanes are low, odd ones high."""
OLIVE = {"olive4": ("int4", "flint4"), "olive_int4": ("int4",), "olive_flint4": ("flint4",), "olive_int8": ("int8",)}
"""Formats of the normal values next to outliers, by `user`."""
ENTRIES, ENTRY_BITS, PART = 16, 16, 4
"""Entries of a codebook, and bits of an entry; it is transferred in parts, one per beat."""


def is_integer(name: str) -> bool:
    """Whether a format is a plain integer: it needs no decoder, and tiles hold values; those of all other formats hold
    codes."""
    return re.fullmatch(r"u?int\d+", name) is not None


def is_shifted(name: str) -> bool:
    """Whether products with such an operand are shifted."""
    return product_registers(name) > 1


def product_registers(*names: str) -> int:
    """Number of registers that `product_register` stands for in the multiplier of operands in these formats."""
    return max(_product_registers(name) for name in names)


def _product_registers(name: str) -> int:
    if is_integer(name) or name == "codebook":
        return 1
    grid = _grid(name)
    return grid.product_registers if grid else 2


def multiply(*names: str) -> Callable:
    """Product of values in these formats, element by element: exact unless a format brings its own."""
    own = (grid.product for name in names if (grid := _grid(name)))
    return next(filter(None, own), np.multiply)


def _grid(name: str) -> ValueGrid | None:
    """Format that is a table from code to value; None for integers and for those with modes, pairs or tables."""
    if is_integer(name) or name in OLIVE or name in ("ant4", "uant4", "codebook"):
        return None
    return find(name)


def users(name: str) -> int:
    """Number of values of `user`; 0 where the format has none."""
    if name == "codebook":
        return 2
    return len(ANT) if name in ("ant4", "uant4") else 2 if name == "olive4" else 0


def bits(name: str) -> int:
    """Bits of a lane."""
    if name in OLIVE:
        return Pairs(OLIVE[name][0]).bits
    return 4 if name in ("ant4", "uant4", "codebook") else find(name).bits


def decode(name: str, codes: np.ndarray, user: np.ndarray | None, table: np.ndarray | None) -> np.ndarray:
    """Integers of codes (beats, lanes): `user` has one number per beat, `table` (lanes, 16) holds the current
    codebook."""
    if is_integer(name):
        return codes
    if name == "codebook":
        if table is None:
            raise ValueError(f"{name} needs a table")
        return table[np.arange(codes.shape[1]), codes]
    if name in OLIVE:
        modes = [Pairs(normal).decode(codes) for normal in OLIVE[name]]
    elif name in ("ant4", "uant4"):
        modes = _ant(codes, signed=name == "ant4")
    else:
        modes = [find(name).decode(codes)]
    if len(modes) == 1:
        return modes[0]
    if user is None:
        raise ValueError(f"{name} needs a number per beat, which selects its mode")
    return np.choose(user[:, None], modes)


def from_bytes(name: str, data: np.ndarray) -> np.ndarray:
    """Integers (int64) of bytes that each hold a code in their low bits; the other bits are ignored.

    Formats that decode lanes in pairs do so along the last axis; a last byte without a neighbour is paired with a 0.
    """
    if users(name) or bits(name) > 8:
        raise ValueError(f"a byte does not hold what {name} needs")
    codes = np.asarray(data).view(np.uint8).astype(np.int64) & (1 << bits(name)) - 1
    if is_integer(name):
        return codes if name.startswith("u") else wrap(codes, bits(name))
    lanes = codes.shape[-1]
    paired = np.pad(codes.reshape(-1, lanes), ((0, 0), (0, lanes % 2)))
    return decode(name, paired, None, None)[:, :lanes].reshape(codes.shape)


def table_beats(table: np.ndarray) -> np.ndarray:
    """Beats (64, lanes) that transfer tables (lanes, 16): entry 0 first, of each entry the low end first."""
    parts = table.astype(np.int64)[:, :, None] >> PART * np.arange(ENTRY_BITS // PART) & (1 << PART) - 1
    return parts.reshape(len(table), -1).T


def _ant(codes: np.ndarray, signed: bool) -> list[np.ndarray]:
    types = [find(f"{'' if signed else 'u'}{name}4").decode(codes) for name in ANT[:4]]
    high = (wrap(codes, 4) if signed else codes) << 4
    halves = np.where(np.arange(codes.shape[1]) % 2, high, codes)
    return [*types, codes, high, halves, halves]
