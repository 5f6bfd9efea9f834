"""Small float among the types from which ANT (Guo et al., MICRO 2022) selects."""

from dataclasses import dataclass

import numpy as np

from .grid import SignMagnitude


@dataclass(frozen=True)
class AntFloat(SignMagnitude):
    """Float with exponent, mantissa and gradual underflow; no infinity, no NaN. Its unit is the smallest value above 0.

    With mantissa m of M bits: m at exponent 0, otherwise (2^M + m) << (exponent - 1). Four bits without a sign are
    E3M1: 0, 1, 2, 3, 4, 6, 8, 12, ... 192, which ANT writes as halves (0.5 to 96). With a sign they are E3M0: PoT.
    """

    bits: int = 4
    signed: bool = True
    exponent_bits: int = 3

    def __post_init__(self):
        if not 1 <= self.exponent_bits <= 5:
            raise ValueError(f"exponent_bits {self.exponent_bits} is not 1 to 5")
        self.need(f"a float of {self.exponent_bits} exponent bits", self.exponent_bits, self.exponent_bits + 10)

    def magnitude_fields(self, codes):
        mantissa_bits = self.magnitude_bits - self.exponent_bits
        exponent, mantissa = codes >> mantissa_bits, codes & (1 << mantissa_bits) - 1
        return np.where(exponent > 0, 1 << mantissa_bits | mantissa, mantissa), np.maximum(exponent, 1) - 1
