"""Random tensors in a machine's own number format, with the arithmetic that belongs to them."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from ...sim.network.arithmetic import Arithmetic, Exact, Tflite, fold
from ...sim.network.graph import Tensor


class Weights(NamedTuple):
    """What a layer with weights needs: its constants, its arithmetic, and its result."""

    constants: tuple[Tensor, ...]
    arithmetic: Arithmetic
    output: Tensor


class Operands(ABC):
    """A source of random tensors."""

    @abstractmethod
    def activations(self, name: str, shape: tuple[int, ...]) -> tuple[Tensor, np.ndarray]:
        """An input and its value."""

    @abstractmethod
    def weights(self, name: str, shape: tuple[int, ...], input: Tensor, output: tuple[int, ...]) -> Weights:
        """Weights of a shape whose last axis is the filters; `output` is the shape of the result."""


class Int8Operands(Operands):
    """Activations int8 or uint8, weights int8, results scaled by filter so that they spread over the whole range."""

    def __init__(self, seed: int, type: str = "int8", rounding: str = "gemmlowp", zero_point: int = 3):
        self.random, self.type, self.rounding, self.zero_point = np.random.default_rng(seed), type, rounding, zero_point
        self.limits = np.iinfo(type)

    def activations(self, name, shape):
        tensor = Tensor(name, shape, self.type, zero_point=self.zero_point)
        return tensor, self.random.integers(self.limits.min, self.limits.max + 1, shape, dtype=self.type)

    def weights(self, name, shape, input, output):
        values = self.random.integers(-128, 128, shape, dtype=np.int8)
        count, depth = shape[-1], int(np.prod(shape[:-1]))
        multiplier = self.random.integers(1 << 30, 1 << 31, count)
        shift = np.full(count, -int(np.log2(128 * np.sqrt(depth))) + 1)
        bias = fold(self.random.integers(-1000, 1000, count), values, -input.zero_point)
        return Weights(
            (Tensor(f"{name}.weights", shape, "int8", values), Tensor(f"{name}.bias", (count,), "int32", bias)),
            Tflite(multiplier, shift, rounding=self.rounding),
            Tensor(f"{name}.result", output, self.type, zero_point=self.limits.min + 120),
        )


class ExactOperands(Operands):
    """Activations and weights int8, results the exact sums, int32."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)

    def activations(self, name, shape):
        return Tensor(name, shape, "int8"), self.random.integers(-128, 128, shape, dtype=np.int8)

    def weights(self, name, shape, input, output):
        values = self.random.integers(-128, 128, shape, dtype=np.int8)
        constants = (Tensor(f"{name}.weights", shape, "int8", values),)
        return Weights(constants, Exact(), Tensor(f"{name}.result", output, "int32"))
