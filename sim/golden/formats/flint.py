"""flint, the format of ANT (Guo et al., MICRO 2022): int for small values, float for large ones."""

from dataclasses import dataclass

import numpy as np

from .grid import SignMagnitude


@dataclass(frozen=True)
class Flint(SignMagnitude):
    """First-one coding: the position of the first 1 separates exponent and mantissa, so the boundary needs no bits.

    Of n bits without the sign, with z the leading zeros in the lower n - 1:

        msb 0              the lower bits are the value
        100..0             1 << 2 (n - 1)
        msb 1              (lower bits << 1) << 2 z

    Four bits without a sign: 0 to 8, 10, 12, 14, 16, 24, 32, 64. With one, three bits and the sign: 0, +-1, +-2,
    +-3, +-4, +-6, +-8, +-16.
    """

    bits: int = 4
    signed: bool = True

    def __post_init__(self):
        self.need("flint", 3, 8)

    def magnitude_fields(self, codes):
        n = self.magnitude_bits
        rest = codes & (1 << n - 1) - 1
        zeros = sum((rest < 1 << place).astype(np.int64) for place in range(n - 1))
        large = codes >> n - 1 == 1
        base = np.where(large, np.where(rest == 0, 1, rest << 1), rest)
        return base, np.where(large, 2 * zeros, 0)
