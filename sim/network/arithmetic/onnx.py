"""Integer sums with a float32 scale: ONNX Runtime and XNNPACK."""

from dataclasses import dataclass

import numpy as np

from ..tensor import INTEGERS
from .base import FUNCTIONS
from .integer import SATURATED, Integer, frozen


@dataclass(frozen=True, eq=False)
class Onnx(Integer):
    """Sums scaled in float32: y = min(max(rint(float32(sum) * scale) + zero point, low), high); one product, ties to
    even.

    The arithmetic of ONNX Runtime's QLinearConv and QGemm and of XNNPACK's convolutions. `scale` is a float32 number,
    or one for each index of the output's last axis: float32(float32(input * weights) / output).
    """

    scale: np.ndarray | float
    low: int | None = None
    high: int | None = None

    OPERATIONS = frozenset(("dot", "maximum", "average", *FUNCTIONS))

    def __post_init__(self):
        object.__setattr__(self, "scale", frozen(self.scale, np.float32))
        if not (np.isfinite(self.scale) & (self.scale >= 0)).all():
            raise ValueError(f"scale={self.scale}: scale must be finite and not negative")

    @classmethod
    def from_scales(cls, input, weights, output, **fields):
        """Scale of a convolution or dense layer, each step rounded to float32."""
        return cls(np.float32(input) * np.asarray(weights, np.float32) / np.float32(output), **fields)

    def result_types(self, operation, inputs):
        return (*INTEGERS, "codes")

    def finish(self, sums, output):
        scaled = np.clip(np.rint(sums.astype(np.float32) * self.scale), -SATURATED, SATURATED)
        return self._store(scaled.astype(np.int64) + output.zero_point, output)

    def clamp(self, values, output):
        return self._store(values.astype(np.int64), output)
