"""abfloat, the outlier format of OliVe (Guo et al., ISCA 2023): a float whose bias moves it beyond the normal
values."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .grid import SignMagnitude


@dataclass(frozen=True)
class AbFloat(SignMagnitude):
    """Format of outliers: value = +-(2^M + mantissa) << (exponent + bias), without subnormals, infinity or NaN.

    Codes with exponent and mantissa 0 are never encoded: they are the codes of 0 and of the victim's identifier. The
    decoder treats them like all others. `limit` is the largest magnitude that is encoded; None: all.
    """

    exponent_bits: int = 2
    mantissa_bits: int = 1
    bias: int = 2
    limit: int | None = None

    signed = True

    def __post_init__(self):
        shift = self.bias + (1 << self.exponent_bits) - 1
        if min(self.exponent_bits, self.bias + 1) < 1 or self.mantissa_bits < 0 or shift + self.mantissa_bits > 61:
            raise ValueError(
                f"abfloat E{self.exponent_bits}M{self.mantissa_bits} of bias {self.bias} is not from E1M0 to 62 bits"
            )

    @property
    def bits(self) -> int:
        return 1 + self.exponent_bits + self.mantissa_bits

    def magnitude_fields(self, codes):
        mantissa = codes & (1 << self.mantissa_bits) - 1
        return mantissa | 1 << self.mantissa_bits, (codes >> self.mantissa_bits) + self.bias

    @cached_property
    def codes(self):
        codes = np.arange(1 << self.bits)
        values = self.decode(codes)
        used = codes & (1 << self.magnitude_bits) - 1 > 0
        if self.limit is not None:
            used &= np.abs(values) <= self.limit
        return codes[used][np.argsort(values[used])]
