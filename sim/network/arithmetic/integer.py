"""Arithmetic of integers with zero points: sums of int32, and how they become narrow integers."""

from dataclasses import dataclass
from math import floor
from typing import NamedTuple

import numpy as np

from ...golden.integer import wrap
from ...golden.requantise import fixed_point, requantise
from ..tensor import INTEGERS, Tensor, integer_limits
from .base import FUNCTIONS, Arithmetic, legal, moves

EXACT = 2**53
"""Integers below are exact in float64."""
SATURATED = 2**40
"""Beyond every type, zero point included."""


def product(a: np.ndarray, w: np.ndarray) -> np.ndarray:
    """A @ W of int64, modulo 2^64; by way of float64 where that is exact, because BLAS is fast."""
    largest = float(np.abs(a).max()) * float(np.abs(w).max()) * a.shape[1]
    if largest < EXACT:
        return (a.astype(np.float64) @ w.astype(np.float64)).astype(np.int64)
    return a @ w


def fold(bias: np.ndarray, w: np.ndarray, zero_point: int) -> np.ndarray:
    """bias - zero_point * sum(w) for each filter (last axis), modulo 2^32: int32.

    With this bias, sums of x * w equal sums of (x - zero_point) * w with the bias given, where padding is
    `zero_point`. With -zero_point it is its own inverse. Weights have zero point 0.
    """
    sums = w.astype(np.int64).reshape(-1, w.shape[-1]).sum(axis=0)
    return wrap(np.asarray(bias, np.int64) - zero_point * sums, 32).astype(np.int32)


def activation_limits(function: str, output: Tensor) -> tuple[int | None, int | None]:
    """Smallest and largest integer behind a function of `FUNCTIONS`; None: no limit. relu6 needs `output.scale`."""
    if function == "identity":
        return None, None
    if function == "relu":
        return output.zero_point, None
    six = float(np.float32(6) / np.float32(output.scale))
    return output.zero_point, output.zero_point + floor(six + 0.5)


class Integer(Arithmetic):
    """Operands minus zero points; sums of products and bias, modulo 2^32 as int32."""

    OPERANDS = INTEGERS

    def dot(self, a, w, taps, bias):
        sums = product(a, w)
        return wrap(sums if bias is None else sums + bias, 32)

    def add(self, a, b, output):
        return self.finish(wrap(a + b, 32), output)

    def multiply(self, a, b, output):
        return self.finish(wrap(a * b, 32), output)

    def average(self, total, count, zero_point, output):
        return self.finish(wrap(total - count * zero_point, 32), output)

    def activation(self, x, function, table, output):
        low, high = activation_limits(function, output)
        result = self.finish(wrap(x, 32), output)
        return result if low is None and high is None else np.clip(result, low, high)

    def refuses(self, operation, inputs, output):
        return super().refuses(operation, inputs, output) or self.refuses_result(operation, output)

    def refuses_result(self, operation: str, output: Tensor) -> str | None:
        """The reason why this arithmetic's parameters do not fit the output, or None."""
        if operation == "relu6" and not isinstance(output.scale, int | float):
            return f"relu6 needs one scale of {output.name}"
        for name in ("multiplier", "shift", "scale"):
            size = getattr(getattr(self, name, None), "size", 1)
            if size not in (1, output.shape[-1] if output.shape else 1):
                return f"{size} values of {name} do not fit the last axis of {output.name}, shape {output.shape}"
        limits = output.limits
        for name in ("low", "high"):
            value = getattr(self, name, None)
            if limits and value is not None and not limits[0] <= value <= limits[1]:
                return f"{name}={value} is outside {output.type} of {output.name}, {limits[0]} to {limits[1]}"
        return None

    def _store(self, values: np.ndarray, output: Tensor) -> np.ndarray:
        """Integers, saturated to low and high and to the type, as values or nearest codes of `output`."""
        bounds = [getattr(self, "low", None), getattr(self, "high", None)]
        if any(bound is not None for bound in bounds):
            values = np.clip(values, *bounds)
        if output.format:
            return output.format.encode(values).astype(output.dtype)
        return np.clip(values, *output.limits).astype(output.dtype)


@dataclass(frozen=True)
class Exact(Integer):
    """Integers modulo 2^32: the result is the sum itself, int32, plus its zero point."""

    OPERATIONS = frozenset(("dot", "add", "multiply", "maximum", *FUNCTIONS))

    def result_types(self, operation, inputs):
        return ("int32",)

    def finish(self, sums, output):
        return wrap(sums + output.zero_point, 32).astype(np.int32)


class Rescale(NamedTuple):
    """TFLite's scaling of an addend: requantise((q - zero_point) << left, multiplier, shift)."""

    multiplier: int
    shift: int
    left: int = 20


def _frozen(values, dtype) -> np.ndarray:
    array = np.array(values, dtype)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Tflite(Integer):
    """y = min(max(requantise(sum, multiplier, shift) + zero point, low), high), by `sim.golden.requantise`.

    `multiplier` and `shift` are numbers, or one for each index of the output's last axis; low and high are the
    limits of the output's type unless given. Without a multiplier nothing is scaled: an activation between equal
    scales, or TFLite's AVERAGE_POOL, sum / count of the integers with ties away from zero. With one, an average is
    requantise(sum of q - zero_point), the multiplier containing 1 / count: see :meth:`mean`.

    An addition sums two scaled addends and `bias`, modulo 2^32. `operands` has an integer factor for each, or a
    `Rescale` for TFLite's ADD.

    A coded output type takes the code nearest to the integer y. Rounding "gemmlowp" is TensorFlow Lite Micro's,
    "single" that of TFLITE_SINGLE_ROUNDING and TOSA. Raises `ValueError`.
    """

    multiplier: np.ndarray | int | None = None
    shift: np.ndarray | int = 0
    low: int | None = None
    high: int | None = None
    rounding: str = "gemmlowp"
    operands: tuple[int | Rescale, int | Rescale] = (1, 1)
    bias: int = 0

    OPERATIONS = frozenset(("dot", "add", "multiply", "maximum", "average", *FUNCTIONS))

    def __post_init__(self):
        legal("rounding", self.rounding, ("gemmlowp", "single"))
        if self.multiplier is not None:
            object.__setattr__(self, "multiplier", _frozen(self.multiplier, np.int64))
        object.__setattr__(self, "shift", _frozen(self.shift, np.int64))
        rescales = [part for part in self.operands if isinstance(part, Rescale)]
        for multiplier in (0 if self.multiplier is None else self.multiplier, *(part.multiplier for part in rescales)):
            if np.min(multiplier) < -(2**31) or np.max(multiplier) >= 2**31:
                raise ValueError(f"multiplier={multiplier}: multiplier must fit into 32 bits")
        for shift in (self.shift, *(part.shift for part in rescales)):
            if np.min(shift) < -31 or np.max(shift) > 30:
                raise ValueError(f"shift={shift}: shift must be from -31 to 30")
        if None not in (self.low, self.high) and self.low > self.high:
            raise ValueError(f"low={self.low}: low must be at most high={self.high}")

    @classmethod
    def from_scales(cls, input, weights, output, *, zero_point=0, type="int8", activation="identity", **fields):
        """The requantisation of a convolution or dense layer, as TensorFlow Lite prepares it.

        Scales are float32 numbers; `weights` has one, or one for each filter. multiplier * 2^(shift - 31) is
        input * weights / output in float64. `zero_point` and `type` are those of the output.
        """
        ratio = np.float64(np.float32(input)) * np.float32(weights).astype(np.float64) / np.float64(np.float32(output))
        pairs = np.array([fixed_point(float(scale)) for scale in np.ravel(ratio)]).reshape(*np.shape(ratio), 2)
        bounds = cls._activated(output, zero_point, type, activation)
        return cls(pairs[..., 0], pairs[..., 1], *bounds, **fields)

    @classmethod
    def addition(cls, a, b, output, *, zero_point=0, type="int8", activation="identity", **fields):
        """TensorFlow Lite's ADD of 8-bit tensors with scales a and b, in units of twice the larger scale / 2^20."""
        a, b, output = (float(np.float32(scale)) for scale in (a, b, output))
        common, left = 2 * max(a, b), Rescale._field_defaults["left"]
        operands = tuple(Rescale(*fixed_point(scale / common), left) for scale in (a, b))
        bounds = cls._activated(output, zero_point, type, activation)
        return cls(*fixed_point(common / ((1 << left) * output)), *bounds, operands=operands, **fields)

    @classmethod
    def mean(cls, input, output, count, **fields):
        """TensorFlow Lite's MEAN of `count` integers, for an average pooling whose window is the whole image.

        The fixed-point multiplier of input / output is divided by the count in integers, with as many bits more as fit.
        """
        multiplier, shift = fixed_point(float(np.float32(input)) / float(np.float32(output)))
        more = min(count.bit_length() - 1, 32, 31 + shift)
        return cls((multiplier << more) // count, shift - more, **fields)

    @staticmethod
    def _activated(scale: float, zero_point: int, type: str, activation: str) -> tuple[int, int]:
        limits = activation_limits(activation, Tensor("output", (1,), type, scale=float(scale), zero_point=zero_point))
        return tuple(
            bound if wanted is None else min(max(wanted, integer_limits(type)[0]), integer_limits(type)[1])
            for bound, wanted in zip(integer_limits(type), limits, strict=True)
        )

    def refuses(self, operation, inputs, output):
        refused = super().refuses(operation, inputs, output)
        if refused is None and self.multiplier is None and operation in ("average", *FUNCTIONS):
            names = ("type", "zero_point", "scale") if operation == "average" else ("scale",)
            refused = moves(inputs[0], output, names)
        return refused

    def refuses_result(self, operation, output):
        if operation in ("dot", "multiply") and self.multiplier is None:
            return f"Tflite needs a multiplier for {operation}"
        return super().refuses_result(operation, output)

    def result_types(self, operation, inputs):
        return (*INTEGERS, "codes")

    def finish(self, sums, output):
        if self.multiplier is None:
            return self._store(sums + output.zero_point, output)
        scaled = requantise(sums, self.multiplier, self.shift, rounding=self.rounding, zero_point=output.zero_point)
        return self._store(scaled, output)

    def add(self, a, b, output):
        scaled = [self._addend(x, part) for x, part in zip((a, b), self.operands, strict=True)]
        return self.finish(wrap(scaled[0] + scaled[1] + self.bias, 32), output)

    def _addend(self, x: np.ndarray, part: int | Rescale) -> np.ndarray:
        if isinstance(part, Rescale):
            return requantise(x << part.left, part.multiplier, part.shift, rounding=self.rounding)
        return x * part

    def average(self, total, count, zero_point, output):
        if self.multiplier is not None:
            return super().average(total, count, zero_point, output)
        return self._store(np.sign(total) * ((np.abs(total) + count // 2) // count), output)

    def clamp(self, values, output):
        return self._store(values.astype(np.int64), output)


@dataclass(frozen=True, eq=False)
class Onnx(Integer):
    """y = min(max(rint(float32(sum) * scale) + zero point, low), high): one float32 product, ties to even.

    The arithmetic of ONNX Runtime's QLinearConv and QGemm and of XNNPACK's convolutions. `scale` is a float32 number,
    or one for each index of the output's last axis: float32(float32(input * weights) / output).
    """

    scale: np.ndarray | float
    low: int | None = None
    high: int | None = None

    OPERATIONS = frozenset(("dot", "maximum", "average", *FUNCTIONS))

    def __post_init__(self):
        object.__setattr__(self, "scale", _frozen(self.scale, np.float32))
        if not (np.isfinite(self.scale) & (self.scale >= 0)).all():
            raise ValueError(f"scale={self.scale}: scale must be finite and not negative")

    @classmethod
    def from_scales(cls, input, weights, output, **fields):
        """The scale of a convolution or dense layer, each step rounded to float32."""
        return cls(np.float32(input) * np.asarray(weights, np.float32) / np.float32(output), **fields)

    def result_types(self, operation, inputs):
        return (*INTEGERS, "codes")

    def finish(self, sums, output):
        scaled = np.clip(np.rint(sums.astype(np.float32) * self.scale), -SATURATED, SATURATED)
        return self._store(scaled.astype(np.int64) + output.zero_point, output)

    def clamp(self, values, output):
        return self._store(values.astype(np.int64), output)
