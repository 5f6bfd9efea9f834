"""Requantisation of the sums of a product, the same for all accelerators."""

from dataclasses import dataclass

import numpy as np

from ...sim.golden.requantise import fixed_point, requantise
from .link import BoardError


@dataclass(frozen=True)
class Scaling:
    """Requantisation to int8: min(max(round((sum + bias) * multiplier * 2^(shift - 31)) + zero_point, -128), 127).

    Rounding is that of gemmlowp. Arrays have one element per column.
    """

    multiplier: np.ndarray
    shift: np.ndarray
    bias: np.ndarray
    zero_point: int

    @staticmethod
    def of(columns: int, scale, bias, zero_point: int) -> "Scaling":
        """Convert scales given as real numbers. Raises :class:`.BoardError` for values out of range."""
        try:
            scale, bias = (np.broadcast_to(np.asarray(values), columns) for values in (scale, bias))
        except ValueError:
            raise BoardError(f"scale and bias must be numbers, or arrays of {columns} numbers.") from None
        if not (scale.astype(float) >= 0).all() or not (scale < 2**30).all():
            raise BoardError(f"scale must be from 0 to 2^30: it is {scale}.")
        if not -128 <= zero_point <= 127:
            raise BoardError(f"zero_point must be from -128 to 127: it is {zero_point}.")
        multiplier, shift = np.array([fixed_point(float(one)) for one in scale]).T
        return Scaling(multiplier, shift, bias.astype(np.int64), zero_point)

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """Requantise sums."""
        limits = {"zero_point": self.zero_point, "low": -128, "high": 127}
        scaled = requantise(sums, self.multiplier, self.shift, bias=self.bias, rounding="gemmlowp", **limits)
        return scaled.astype(np.int8)

    def columns(self, first: int, last: int) -> "Scaling":
        return Scaling(self.multiplier[first:last], self.shift[first:last], self.bias[first:last], self.zero_point)
