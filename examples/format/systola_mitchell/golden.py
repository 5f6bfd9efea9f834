"""Golden model of 8-bit integers with Mitchell's product: plain NumPy, independent of the hardware."""

from dataclasses import dataclass

import numpy as np

from systola.sim.golden.formats.grid import ValueGrid


@dataclass(frozen=True)
class Mitchell(ValueGrid):
    """Integers of eight bits whose products are Mitchell's.

    With A = 2^j (1 + x) and B = 2^k (1 + y), A B is approximated as 2^(j + k) (1 + x + y) if x + y < 1, and as
    2^(j + k + 1) (x + y) otherwise. It is never more than A B, and at least 8/9 of it. Negative operands are multiplied
    by their magnitudes. Both forms are integers, so nothing is rounded.

    Source: J. N. Mitchell, Computer Multiplication and Division Using Binary Logarithms, IRE Transactions on
    Electronic Computers, 1962, equations 12 and 13.
    """

    signed: bool
    bits = 8
    product_registers = 1

    def fields(self, codes):
        codes = self.check(codes)
        return np.where(self.signed & (codes > 127), codes - 256, codes), np.zeros_like(codes)

    def product(self, a, b):
        """The approximate product of integers, element by element, int64."""
        sign = np.sign(a) * np.sign(b)
        a, b = np.abs(a), np.abs(b)
        power_a, power_b = _leading_one(a), _leading_one(b)
        both = power_a * power_b
        small = a * power_b + b * power_a - both  # 2^(j + k) (1 + x + y)
        large = 2 * (small - both)
        return sign * np.where(small < 2 * both, small, large)


def _leading_one(values: np.ndarray) -> np.ndarray:
    """The largest power of two that is at most a value; 1 for 0."""
    return np.int64(1) << np.maximum(np.frexp(values.astype(np.float64))[1] - 1, 0)


SIGNED = Mitchell(signed=True)
UNSIGNED = Mitchell(signed=False)
