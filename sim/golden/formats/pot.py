"""Powers of two, and sums of a few of them: multiplication by shifts."""

from dataclasses import dataclass

import numpy as np

from .grid import SignMagnitude


@dataclass(frozen=True)
class PoT(SignMagnitude):
    """Power of two: code 0 is 0, code c is 2^(c - 1). Four bits with a sign: 0, +-1, +-2, +-4, ... +-64.

    The nearest value is defined in the linear domain: the boundary between 2^i and 2^(i+1) is 1.5 * 2^i, not sqrt(2) *
    2^i as for a rounded logarithm. At most 6 bits without the sign, because 2^62 is the largest power in an int64.
    """

    bits: int = 4
    signed: bool = True

    def __post_init__(self):
        self.need("PoT", 1, 6)

    def magnitude_fields(self, codes):
        return (codes > 0).astype(np.int64), np.maximum(codes - 1, 0)


@dataclass(frozen=True)
class APoT(SignMagnitude):
    """Additive powers of two (Li et al., ICLR 2020): a sum of terms, each 0 or a power of two of the term's own.

    Term i has two bits of the code, term 0 the highest. 0 is no term, and f = 1, 2, 3 are its three powers, ascending.
    Powers are assigned to the terms in turn: without a sign four bits are {0, 2, 8, 32} + {0, 1, 4, 16}. With an odd
    number of bits the last term is one bit, and its only power is between the others' second and first: three bits are
    {0, 1, 4, 8} + {0, 2}. All sums differ. `fields` has one more axis, the terms: the value is the sum of integer <<
    shift along it.
    """

    bits: int = 4
    signed: bool = True

    def __post_init__(self):
        self.need("APoT", 2, 12)

    @property
    def shifts(self) -> list[list[int]]:
        """Shift amounts of each term for f = 1, 2, 3, or for f = 1 alone."""
        n, odd = divmod(self.magnitude_bits, 2)
        top = 3 * n + odd - 1
        rows = [0, n, 2 * n + odd]
        terms = [[top - i - row for row in reversed(rows)] for i in range(n)]
        return terms + [[top - 2 * n]] * odd

    def magnitude_fields(self, codes):
        position, base, shift = self.magnitude_bits, [], []
        for shifts in self.shifts:
            width = len(shifts).bit_length()
            position -= width
            field = codes >> position & (1 << width) - 1
            base.append((field > 0).astype(np.int64))
            shift.append(np.array([0, *shifts])[field])
        return np.stack(base, -1), np.stack(shift, -1)

    def decode(self, codes):
        base, shift = self.fields(codes)
        return (base << shift).sum(-1)
