"""Outlier-victim pairs (OliVe, Guo et al., ISCA 2023): an outlier uses the code space of its neighbour, which becomes
0.

Values 2i and 2i + 1 of the last axis are a pair. If neither is an outlier, both have normal codes. Otherwise the
victim's code is the identifier, the one code that no normal value uses, and the outlier's code is abfloat.

| normal | identifier | outliers |
|---|---|---|
| int4: -7 to 7, two's complement | 1000 (-8) | E2M1, bias 2: 12 to 96 |
| flint4: 0 to 16, sign and magnitude | 1000 (-0) | E2M1, bias 3: 24 to 192 |
| int8: -127 to 127, two's complement | 10000000 (-128) | E4M3, bias 4: 144 to 2^15 |
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .abfloat import AbFloat
from .flint import Flint
from .grid import ValueGrid, nearest_index
from .uniform import Uniform

NORMALS = {
    "int4": (Uniform("int4", narrow=True, rounding="up"), AbFloat(2, 1, bias=2)),
    "flint4": (Flint(4), AbFloat(2, 1, bias=3)),
    "int8": (Uniform("int8", narrow=True, rounding="up"), AbFloat(4, 3, bias=4, limit=1 << 15)),
}
KEEP = ("larger", "left")


@dataclass(frozen=True)
class Pairs:
    """Encoding of tensors with an even last axis as outlier-victim pairs.

    A value is an outlier if the nearest of normal and outlier values is an outlier: for int4 from 9.5 on. Of two
    outliers the one of larger magnitude is kept, the left one if they are equal (`keep` = "larger", as in the paper),
    or always the left one (`keep` = "left", as in the authors' code). The other becomes 0.
    """

    name: str = "int4"
    keep: str = "larger"

    def __post_init__(self):
        for name, value, legal in (("normal format", self.name, NORMALS), ("keep", self.keep, KEEP)):
            if value not in legal:
                raise ValueError(f"{name} {value} is not one of {', '.join(legal)}")

    @property
    def normal(self) -> ValueGrid:
        return NORMALS[self.name][0]

    @property
    def outlier(self) -> AbFloat:
        return NORMALS[self.name][1]

    @property
    def bits(self) -> int:
        return self.normal.bits

    @property
    def identifier(self) -> int:
        """Code of a victim."""
        return 1 << self.bits - 1

    @property
    def peak(self) -> int:
        """Largest normal value."""
        return self.normal.peak

    @cached_property
    def levels(self) -> np.ndarray:
        """All values, normal and outliers, ascending."""
        return np.sort(np.concatenate([self.normal.levels, self.outlier.levels]))

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Codes of reals in units of the normal format, int64, of the same shape."""
        values = _paired(np.asarray(values, np.float64))
        rounded = self.levels[nearest_index(self.levels, values)]
        outlier = np.abs(rounded) > self.peak
        left = outlier[..., 0]
        if self.keep == "larger":
            left = left & ~(outlier[..., 1] & (np.abs(values[..., 1]) > np.abs(values[..., 0])))
        right = outlier[..., 1] & ~left
        kept = np.stack([left, right], -1)
        codes = np.where(kept, self.outlier.encode(rounded), self.normal.encode(rounded))
        codes[kept[..., ::-1]] = self.identifier
        return codes.reshape(*codes.shape[:-2], -1)

    def fields(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(integer, shift) of each code by its neighbour: a victim is (0, 0). Two identifiers, never encoded, are 0."""
        codes = _paired(self.normal.check(codes))
        victim = codes == self.identifier
        partner = victim[..., ::-1]
        both = [
            np.where(victim, 0, np.where(partner, outlier, normal)).reshape(*codes.shape[:-2], -1)
            for outlier, normal in zip(self.outlier.fields(codes), self.normal.fields(codes), strict=True)
        ]
        return both[0], both[1]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The value of each code, int64."""
        base, shift = self.fields(codes)
        return base << shift

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """decode(encode(values))."""
        return self.decode(self.encode(values))


def _paired(values: np.ndarray) -> np.ndarray:
    if values.ndim == 0 or values.shape[-1] % 2:
        raise ValueError(f"pairs need an even last axis, not shape {values.shape}")
    return values.reshape(*values.shape[:-1], -1, 2)
