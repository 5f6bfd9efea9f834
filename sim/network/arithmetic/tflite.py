"""TensorFlow Lite's integer arithmetic, rounded twice as in TensorFlow Lite Micro, once, or in float32."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...golden.integer import limits, wrap
from ...golden.requantise import fixed_point, requantise
from ..tensor import INTEGERS, Tensor
from .base import FUNCTIONS, legal, representation_mismatch
from .integer import Integer, activation_limits, frozen
from .softmax import softmax


class Rescale(NamedTuple):
    """Scaling of an addend in TFLite: requantise((q - zero_point) << left, multiplier, shift)."""

    multiplier: int
    shift: int
    left: int = 20


@dataclass(frozen=True, eq=False)
class Tflite(Integer):
    """Requantised sums: y = min(max(requantise(sum, multiplier, shift) + zero point, low), high).

    `requantise` is that of `sim.golden.requantise`.

    `multiplier` and `shift` are numbers, or one for each index of the output's last axis; low and high are the
    limits of the output's type unless given. Without a multiplier values are not scaled: an activation between equal
    scales, or TFLite's AVERAGE_POOL, sum / count of the integers with ties away from zero. With a multiplier, an
    average is requantise(sum of q - zero_point), where the multiplier includes the factor 1 / count: see :meth:`mean`.

    An addition sums two scaled addends and `bias`, modulo 2^32; a subtraction subtracts the second. `operands` has an
    integer factor for each, or a `Rescale` for TFLite's ADD and SUB.

    A coded output type holds the code nearest to the integer y. Rounding "gemmlowp" is TensorFlow Lite Micro's,
    "single" that of TFLITE_SINGLE_ROUNDING and TOSA, and "float32" that of XNNPACK, which has no `Rescale`. Raises
    `ValueError`.
    """

    multiplier: np.ndarray | int | None = None
    shift: np.ndarray | int = 0
    low: int | None = None
    high: int | None = None
    rounding: str = "gemmlowp"
    operands: tuple[int | Rescale, int | Rescale] = (1, 1)
    bias: int = 0

    OPERATIONS = frozenset(("dot", "add", "subtract", "multiply", "maximum", "average", "softmax", *FUNCTIONS))

    def __post_init__(self):
        legal("rounding", self.rounding, ("gemmlowp", "single", "float32"))
        if self.multiplier is not None:
            object.__setattr__(self, "multiplier", frozen(self.multiplier, np.int64))
        object.__setattr__(self, "shift", frozen(self.shift, np.int64))
        rescales = [part for part in self.operands if isinstance(part, Rescale)]
        if rescales and self.rounding == "float32":
            raise ValueError(f"operands={self.operands}: operands must be integers with rounding float32")
        for multiplier in (0 if self.multiplier is None else self.multiplier, *(part.multiplier for part in rescales)):
            if np.min(multiplier) < -(2**31) or np.max(multiplier) >= 2**31:
                raise ValueError(f"multiplier={multiplier}: multiplier must fit into 32 bits")
        for shift in (self.shift, *(part.shift for part in rescales)):
            if np.min(shift) < -31 or np.max(shift) > 30:
                raise ValueError(f"shift={shift}: shift must be from -31 to 30")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low={self.low}: low must be at most high={self.high}")

    @classmethod
    def from_scales(cls, input, weights, output, *, zero_point=0, type="int8", activation="identity", **fields):
        """Requantisation of a convolution or dense layer, as TensorFlow Lite prepares it.

        Scales are float32 numbers; `weights` has one, or one for each filter. multiplier * 2^(shift - 31) is
        input * weights / output in float64. `zero_point` and `type` are those of the output.
        """
        ratio = np.float64(np.float32(input)) * np.float32(weights).astype(np.float64) / np.float64(np.float32(output))
        pairs = np.array([fixed_point(float(scale)) for scale in np.ravel(ratio)]).reshape(*np.shape(ratio), 2)
        bounds = cls.bounds(output, zero_point, type, activation)
        return cls(pairs[..., 0], pairs[..., 1], *bounds, **fields)

    @classmethod
    def addition(cls, a, b, output, *, zero_point=0, type="int8", activation="identity", **fields):
        """ADD and SUB of TensorFlow Lite for 8-bit tensors with scales a and b, in units of twice the larger / 2^20."""
        a, b, output = (float(np.float32(scale)) for scale in (a, b, output))
        common, left = 2 * max(a, b), Rescale._field_defaults["left"]
        first, second = (Rescale(*fixed_point(scale / common), left) for scale in (a, b))
        bounds = cls.bounds(output, zero_point, type, activation)
        return cls(*fixed_point(common / ((1 << left) * output)), *bounds, operands=(first, second), **fields)

    @classmethod
    def mean(cls, input, output, count, **fields):
        """MEAN of TensorFlow Lite over `count` integers, for average pooling with the whole image as its window.

        The fixed-point multiplier of input / output is divided by the count in integers, with as many additional bits
        as fit.
        """
        multiplier, shift = fixed_point(float(np.float32(input)) / float(np.float32(output)))
        more = min(count.bit_length() - 1, 32, 31 + shift)
        return cls((multiplier << more) // count, shift - more, **fields)

    @staticmethod
    def bounds(scale: float, zero_point: int, type: str, activation: str) -> tuple[int, int]:
        """Smallest and largest integer after a fused activation function, for the result's quantisation."""
        output = Tensor("output", (1,), type, scale=float(scale), zero_point=zero_point)
        least, most = limits(type)
        low, high = (
            bound if bound_of_function is None else min(max(bound_of_function, least), most)
            for bound, bound_of_function in zip((least, most), activation_limits(activation, output), strict=True)
        )
        return low, high

    def rejects(self, operation, inputs, output):
        if operation == "softmax":
            return self._rejects_softmax(inputs[0], output)
        reason = super().rejects(operation, inputs, output)
        if reason is None and self.multiplier is None and operation in ("average", *FUNCTIONS):
            names = ("type", "zero_point", "scale") if operation == "average" else ("scale",)
            reason = representation_mismatch(inputs[0], output, names)
        return reason

    def _rejects_softmax(self, source: Tensor, output: Tensor) -> str | None:
        if source.type != "int8" or not isinstance(source.scale, float):
            return f"softmax needs int8 with one scale, and {source.name} is {source.type} with scale {source.scale}"
        if (output.type, output.scale, output.zero_point) != ("int8", 1 / 256, -128):
            return f"softmax produces int8 with scale 1/256 and zero point -128, which {output.name} has not"
        return None

    def rejects_result(self, operation, output):
        if operation in ("dot", "multiply") and self.multiplier is None:
            return f"Tflite needs a multiplier for {operation}"
        return super().rejects_result(operation, output)

    def result_types(self, operation, inputs):
        return (*INTEGERS, "codes")

    def finish(self, sums, output):
        if self.multiplier is None:
            return self._store(sums + output.zero_point, output)
        scaled = requantise(sums, self.multiplier, self.shift, rounding=self.rounding, zero_point=output.zero_point)
        return self._store(scaled, output)

    def add(self, a, b, output):
        first, second = self._addends(a, b)
        return self.finish(wrap(first + second + self.bias, 32), output)

    def subtract(self, a, b, output):
        first, second = self._addends(a, b)
        return self.finish(wrap(first - second + self.bias, 32), output)

    def _addends(self, *values: np.ndarray) -> list[np.ndarray]:
        return [self._addend(x, part) for x, part in zip(values, self.operands, strict=True)]

    def _addend(self, x: np.ndarray, part: int | Rescale) -> np.ndarray:
        if isinstance(part, Rescale):
            return requantise(x << part.left, part.multiplier, part.shift, rounding=self.rounding)
        return x * part

    def average(self, total, count, zero_point, output):
        if self.multiplier is not None:
            return super().average(total, count, zero_point, output)
        return self._store(np.sign(total) * ((np.abs(total) + count // 2) // count), output)

    def softmax(self, x, scale, beta):
        return softmax(x, scale, beta)

    def clamp(self, values, output):
        return self._store(values.astype(np.int64), output)
