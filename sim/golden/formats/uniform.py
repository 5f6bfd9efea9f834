"""Integers with a scale and a zero point: real = scale * (q - zero)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..integer import limits, width, wrap
from .grid import ValueGrid


def _half_up(x: np.ndarray) -> np.ndarray:
    whole = np.floor(x)
    # Not floor(x + 0.5): that sum may round up to the next integer.
    return whole + (x - whole >= 0.5)


ROUNDINGS = {
    "even": np.rint,
    "away": lambda x: np.copysign(_half_up(np.abs(x)), x),
    "up": _half_up,
}


@dataclass(frozen=True)
class Uniform(ValueGrid):
    """intN or uintN: codes are two's complement, values are rounded and saturated.

    `narrow` leaves out the lowest value, so that the range is symmetric (-127 to 127). `rounding` selects the result
    for x.5: "even" (ONNX, numpy.rint), "away" from zero (TensorFlow Lite) or "up" (ANT).
    """

    name: str = "int8"
    narrow: bool = False
    rounding: str = "even"

    def __post_init__(self):
        if self.rounding not in ROUNDINGS:
            raise ValueError(f"rounding {self.rounding} is not one of {', '.join(ROUNDINGS)}")
        if self.narrow and self.name.startswith("u"):
            raise ValueError(f"{self.name} has no narrow range: that is for formats with a sign")

    @property
    def bits(self) -> int:
        return width(self.name)

    @property
    def range(self) -> tuple[int, int]:
        """Smallest and largest value."""
        low, high = limits(self.name)
        return low + self.narrow, high

    def fields(self, codes):
        codes = self.check(codes)
        return (codes if self.name.startswith("u") else wrap(codes, self.bits)), np.zeros_like(codes)

    @cached_property
    def codes(self):
        low, high = self.range
        return np.arange(low, high + 1) & (1 << self.bits) - 1

    def index(self, values):
        return np.clip(self.round(values), *self.range) - self.range[0]

    def round(self, values: np.ndarray) -> np.ndarray:
        """Rounded integers, int64. Only values beyond 2^40 are saturated. A zero point is added after this."""
        bound = 2.0**40
        return ROUNDINGS[self.rounding](np.clip(np.asarray(values, np.float64), -bound, bound)).astype(np.int64)

    def affine(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(scale, zero) of reals from `low` to `high`, widened to contain 0.0, which is then represented exactly.

        scale = (high - low) / (qmax - qmin), zero = round(qmin - low / scale), saturated. An empty range has scale 1.
        """
        qmin, qmax = self.range
        low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
        scale = _scale((high - low) / (qmax - qmin))
        return scale, self.nearest(qmin - low / scale)

    def symmetric(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(scale, 0) with scale = max(-low, high) / qmax; 1 where that is 0."""
        scale = _scale(np.maximum(np.maximum(-np.asarray(low), high), 0.0) / self.range[1])
        return scale, np.zeros(scale.shape, np.int64)


def _scale(scale: np.ndarray) -> np.ndarray:
    return np.where(scale == 0, 1.0, scale)
