"""Base of all formats with few codes: a table from code to integer, and rounding to its nearest value.

A format defines its codes by `fields`: an integer and a shift, value = integer << shift. Everything else follows from
that: the table (`decode` of every code), the values that can be encoded, and the code of the nearest one.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np


class ValueGrid:
    """Format whose codes represent integers; reals are in its units, so 1.0 is the integer 1.

    `product(a, b)` replaces the exact product of two arrays of values, broadcast as NumPy does, for formats with a
    multiplier of their own. `product_registers` is the number of registers in the multiplier that `product_register`
    stands for: one after the integers' product, one after its shift.
    """

    bits: int
    product: Callable | None = None
    product_registers: int = 2

    def fields(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(integer, shift) of each code, int64: the output of a hardware decoder to a multiplier."""
        raise NotImplementedError

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Value of each code: integer << shift, int64. Raises `ValueError` for illegal codes."""
        base, shift = self.fields(self.check(codes))
        return base << shift

    def check(self, codes: np.ndarray) -> np.ndarray:
        """Codes as int64. Raises `ValueError` if one is not 0 to 2^bits - 1."""
        codes = np.asarray(codes).astype(np.int64)
        if codes.size and not (codes.min() >= 0 and codes.max() < 1 << self.bits):
            raise ValueError(f"codes of {self.bits} bits are 0 to {(1 << self.bits) - 1}, not {_outside(codes, self)}")
        return codes

    @cached_property
    def codes(self) -> np.ndarray:
        """Canonical codes in order of their values: of two codes with one value (0 and -0) the lower."""
        return np.unique(self.decode(np.arange(1 << self.bits)), return_index=True)[1]

    @cached_property
    def levels(self) -> np.ndarray:
        """Values of the canonical codes, ascending."""
        return self.decode(self.codes)

    @property
    def peak(self) -> int:
        """Largest value."""
        return int(self.levels[-1])

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Canonical code of the nearest value, int64; of two equally near the larger. Values out of range saturate."""
        return self.codes[self.index(values)]

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """Values after rounding: decode(encode(values))."""
        return self.levels[self.index(values)]

    def index(self, values: np.ndarray) -> np.ndarray:
        """Index of the nearest value in `levels`."""
        return nearest_index(self.levels, values)


def nearest_index(levels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Index of the nearest of ascending integer `levels`; of two equally near the upper one."""
    middles = (levels[1:] + levels[:-1]) / 2
    return np.searchsorted(middles, np.asarray(values, np.float64), side="right")


class SignMagnitude(ValueGrid):
    """Format with its sign, if any, in the top bit: `bits` includes it. The code of -0 is not canonical."""

    signed: bool

    @property
    def magnitude_bits(self) -> int:
        return self.bits - self.signed

    def magnitude_fields(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(integer, shift) of codes without their sign."""
        raise NotImplementedError

    def fields(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        codes = self.check(codes)
        base, shift = self.magnitude_fields(codes & (1 << self.magnitude_bits) - 1)
        return np.where(self.sign(codes).reshape(codes.shape + (1,) * (base.ndim - codes.ndim)), -base, base), shift

    def sign(self, codes: np.ndarray) -> np.ndarray:
        """True where the sign bit is set."""
        return (codes >> self.magnitude_bits & 1).astype(bool)

    def need(self, name: str, low: int, high: int) -> None:
        """Raise `ValueError` unless low <= magnitude_bits <= high."""
        if not low <= self.magnitude_bits <= high:
            legal = f"{low + self.signed} to {high + self.signed} bits"
            raise ValueError(f"{name} {'with' if self.signed else 'without'} a sign has {legal}, not {self.bits}")


def _outside(codes: np.ndarray, grid: ValueGrid) -> int:
    return int(codes.min() if codes.min() < 0 else codes.max())
