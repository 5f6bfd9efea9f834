"""Operators of ONNX Runtime that compute in float32 element by element: sums, products, averages, softmax."""

from dataclasses import dataclass
from math import floor, log

import numpy as np

from ..tensor import INTEGERS
from .integer import SATURATED, Integer

BYTES = ("int8", "uint8")


class _Float(Integer):
    """Base: results are rounded to the nearest integer, ties to even, and saturated."""

    def result_types(self, operation, inputs):
        return INTEGERS

    def _rounded(self, values: np.ndarray, zero_point: int, output) -> np.ndarray:
        found = np.clip(np.rint(values), -SATURATED, SATURATED)
        return self._store(found.astype(np.int64) + zero_point, output)


@dataclass(frozen=True)
class OnnxPairwise(_Float):
    """Sum, difference or product of two tensors with scales a and b, for a result with scale `output`.

    Sum, as QLinearAdd on CPUs with fused multiply-add: rint(fma(qa, a / output, fma(qb, b / output, constant))), where
    `constant` holds the zero points, and where it also holds an operand `constant_operand` that is the same along rows.
    Product, as QLinearMul: rint(float32(product) * (a * b / output) + zero point). Difference, and with `separate` all
    of them, as DequantizeLinear, operator, QuantizeLinear. Each step is rounded to float32.
    """

    a: float
    b: float
    output: float
    zero_points: tuple[int, int]
    low: int | None = None
    high: int | None = None
    constant_operand: int | None = None
    separate: bool = False

    OPERATIONS = frozenset(("add", "subtract", "multiply"))

    def add(self, a, b, output):
        one = np.float32
        if self.separate:
            return self._quantised(np.add(*self._reals(a, b)), output)
        ratios = one(self.a) / one(self.output), one(self.b) / one(self.output)
        first, second = ratios[0] * one(self.zero_points[0]), ratios[1] * one(self.zero_points[1])
        sums = np.asarray(one(output.zero_point) - one(first + second))
        values = [x + zero for x, zero in zip((a, b), self.zero_points, strict=True)]
        order = (1, 0) if self.constant_operand is None else (self.constant_operand, 1 - self.constant_operand)
        for step, index in enumerate(order):
            if step == 0 and self.constant_operand is not None:
                sums = sums + values[index].astype(one) * ratios[index]
            else:
                sums = fused(values[index], ratios[index], sums)
        return self._rounded(sums, 0, output)

    def subtract(self, a, b, output):
        return self._quantised(np.subtract(*self._reals(a, b)), output)

    def multiply(self, a, b, output):
        one = np.float32
        if self.separate:
            return self._quantised(np.multiply(*self._reals(a, b)), output)
        ratio = one(one(self.a) * one(self.b)) / one(self.output)
        return self._rounded((a * b).astype(one) * ratio + one(output.zero_point), 0, output)

    def _reals(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        one = np.float32
        return a.astype(one) * one(self.a), b.astype(one) * one(self.b)

    def _quantised(self, reals: np.ndarray, output) -> np.ndarray:
        return self._rounded(reals / np.float32(self.output), output.zero_point, output)


def fused(a: np.ndarray, b: np.float32, c: np.ndarray) -> np.ndarray:
    """Product and sum a * b + c of small integers a and float32 numbers, rounded once to float32."""
    return (a.astype(np.float64) * np.float64(b) + np.asarray(c, np.float64)).astype(np.float32)


@dataclass(frozen=True)
class OnnxAverage(_Float):
    """Average of windows as QLinearAveragePool: rint(sum of input * integer / count / output + zero point) in float32.

    The sum is rounded after each element, rows first. `count` is the number of elements of every window where padding
    is counted; None: those within the image.
    """

    input: float
    output: float
    count: int | None = None
    low: int | None = None
    high: int | None = None

    OPERATIONS = frozenset(("average",))

    def total(self, windows, inside, zero_point):
        one = np.float32
        reals = np.where(inside, (windows - zero_point).astype(one) * one(self.input), one(0))
        elements = reals.transpose(0, 1, 2, 5, 3, 4).reshape(*reals.shape[:3], reals.shape[5], -1)
        return np.cumsum(elements, axis=-1, dtype=one)[..., -1]

    def average(self, total, count, zero_point, output):
        one = np.float32
        mean = total / np.asarray(count if self.count is None else self.count).astype(one)
        return self._rounded(mean / one(self.output) + one(output.zero_point), 0, output)


@dataclass(frozen=True)
class OnnxSoftmax(_Float):
    """Softmax as QLinearSoftmax: a table of 256 exponentials of differences from the maximum, in float32.

    The exponentials have a common factor, as large as their sum permits. The sum is rounded after each element. The
    result has scale `output`; ONNX Runtime multiplies by the integer part of 1 / output.
    """

    output: float
    zero_point: int
    type: str

    OPERATIONS = frozenset(("softmax",))
    OPERANDS = BYTES

    def rejects(self, operation, inputs, output):
        if reason := super().rejects(operation, inputs, output):
            return reason
        if inputs[0].type != output.type or not isinstance(inputs[0].scale, float):
            return f"softmax needs {output.type} with one scale, and {inputs[0].name} has not"
        if (output.scale, output.zero_point, output.type) != (self.output, self.zero_point, self.type):
            return f"softmax produces {self.type} with scale {self.output}, which {output.name} has not"
        return None

    def softmax(self, x, scale, beta):
        table = exponentials(float(np.float32(scale)), x.shape[-1])
        powers = table[255 - (x.max(axis=-1, keepdims=True).astype(np.int64) - x)]
        sums = np.cumsum(powers, axis=-1, dtype=np.float32)[..., -1:]
        factor = np.float32(floor(np.float32(1) / np.float32(self.output)))
        found, ends = np.rint(powers * factor / sums).astype(np.int64) + self.zero_point, np.iinfo(self.type)
        return np.clip(found, ends.min, ends.max).astype(self.type)


def exponentials(scale: float, length: int) -> np.ndarray:
    """Exponentials of (n - 255) * scale for n from 0 to 255, float32, scaled for sums of `length` of them."""
    reserve = max(0.0, log(float(np.float32(np.finfo(np.float32).max) / np.float32(length))) - 5)
    return np.exp((np.arange(256) - 255.0 + reserve / scale) * scale).astype(np.float32)
