"""Arithmetic of integers with zero points: sums of int32, and their conversion to narrow integers."""

from dataclasses import dataclass
from math import floor

import numpy as np

from ...golden.integer import limits, wrap
from ..tensor import INTEGERS, Tensor
from .base import FUNCTIONS, Arithmetic

EXACT = 2**53
"""Bound below which integers are exact in float64."""
SATURATED = 2**40
"""Bound beyond every type, zero point included."""


def product(a: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Product A @ W of int64, modulo 2^64; computed in float64 where that is exact, because BLAS is faster."""
    largest = float(np.abs(a).max()) * float(np.abs(w).max()) * a.shape[1]
    if largest < EXACT:
        return (a.astype(np.float64) @ w.astype(np.float64)).astype(np.int64)
    return a @ w


def fold(bias: np.ndarray, w: np.ndarray, zero_point: int) -> np.ndarray:
    """Bias with the zero point folded in: bias - zero_point * sum(w) for each filter (last axis), modulo 2^32: int32.

    With this bias, sums of x * w equal sums of (x - zero_point) * w with the bias given, where padding is
    `zero_point`. With -zero_point it is its own inverse. Weights have zero point 0.
    """
    sums = w.astype(np.int64).reshape(-1, w.shape[-1]).sum(axis=0)
    return wrap(np.asarray(bias, np.int64) - zero_point * sums, 32).astype(np.int32)


def activation_limits(function: str, output: Tensor) -> tuple[int | None, int | None]:
    """Smallest and largest integer after a function of `FUNCTIONS`, or relu_n1_to_1; None: no limit.

    relu6 and relu_n1_to_1 need `output.scale`.
    """
    if function == "identity":
        return None, None
    if function == "relu":
        return output.zero_point, None
    if not isinstance(output.scale, float):
        raise ValueError(f"{function} needs one scale of {output.name}")
    if function == "relu_n1_to_1":
        one = floor(float(np.float32(1) / np.float32(output.scale)) + 0.5)
        return output.zero_point - one, output.zero_point + one
    six = float(np.float32(6) / np.float32(output.scale))
    return output.zero_point, output.zero_point + floor(six + 0.5)


class Integer(Arithmetic):
    """Base of integer arithmetics: operands minus zero points; sums of products and bias, modulo 2^32 as int32."""

    OPERANDS = INTEGERS

    def dot(self, a, w, taps, bias):
        sums = product(a, w)
        return wrap(sums if bias is None else sums + bias, 32)

    def add(self, a, b, output):
        return self.finish(wrap(a + b, 32), output)

    def subtract(self, a, b, output):
        return self.finish(wrap(a - b, 32), output)

    def multiply(self, a, b, output):
        return self.finish(wrap(a * b, 32), output)

    def average(self, total, count, zero_point, output):
        return self.finish(wrap(total - count * zero_point, 32), output)

    def activation(self, x, function, table, output):
        low, high = activation_limits(function, output)
        result = self.finish(wrap(x, 32), output)
        if low is not None:
            result = np.maximum(result, result.dtype.type(low))
        return result if high is None else np.minimum(result, result.dtype.type(min(high, limits(output.type)[1])))

    def rejects(self, operation, inputs, output):
        return super().rejects(operation, inputs, output) or self.rejects_result(operation, output)

    def rejects_result(self, operation: str, output: Tensor) -> str | None:
        """Reason why this arithmetic's parameters do not fit the output, or None."""
        if operation == "relu6" and not isinstance(output.scale, float):
            return f"relu6 needs one scale of {output.name}"
        if operation in ("relu", "relu6") and output.format:
            return f"{operation} is not defined on the codes of {output.type}"
        for name in ("multiplier", "shift", "scale"):
            size = getattr(getattr(self, name, None), "size", 1)
            if size not in (1, output.shape[-1] if output.shape else 1):
                return f"{size} values of {name} do not fit the last axis of {output.name}, shape {output.shape}"
        ends = output.limits
        for name in ("low", "high"):
            value = getattr(self, name, None)
            if ends and value is not None and not ends[0] <= value <= ends[1]:
                return f"{name}={value} is outside {output.type} of {output.name}, {ends[0]} to {ends[1]}"
        return None

    def _store(self, values: np.ndarray, output: Tensor) -> np.ndarray:
        """Integers, saturated to low and high and to the type, as values or nearest codes of `output`."""
        low, high = getattr(self, "low", None), getattr(self, "high", None)
        if low is not None or high is not None:
            values = np.clip(values, low, high)
        if output.format:
            return output.format.encode(values).astype(output.dtype)
        least, most = limits(output.type)
        return np.clip(values, least, most).astype(output.dtype)


@dataclass(frozen=True)
class Exact(Integer):
    """Integers modulo 2^32: the result is the sum itself, int32, plus its zero point."""

    OPERATIONS = frozenset(("dot", "add", "subtract", "multiply", "maximum", *FUNCTIONS))

    def result_types(self, operation, inputs):
        return ("int32",)

    def finish(self, sums, output):
        return wrap(sums + output.zero_point, 32).astype(np.int32)


def frozen(values, dtype) -> np.ndarray:
    """Read-only array."""
    array = np.array(values, dtype)
    array.setflags(write=False)
    return array
