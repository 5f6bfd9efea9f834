"""Interface of arithmetics: the operations that each defines, with their operand and result types."""

from typing import ClassVar

import numpy as np

from ..tensor import FLOATS, INTEGERS, Tensor

FUNCTIONS = ("identity", "relu", "relu6")
"""Activation functions that need no table."""
ORDERS = ("taps", "channels")
"""Orders of the products of a sum: kernel row, kernel column, channel; or channel, kernel row, kernel column."""


class Arithmetic:
    """Definition of operands, sums and results of the nodes that use it. Iteration over tensors is part of `reference`.

    Operations are "dot", "add", "subtract", "multiply", "maximum", "average", "softmax", those of `FUNCTIONS`, and
    "segments".
    Operands and sums are int64 arrays in a representation of the arithmetic's own, in which 0 represents the real
    number 0. :meth:`operand` converts to it.
    """

    OPERATIONS: ClassVar[frozenset[str]] = frozenset()
    OPERANDS: ClassVar[tuple[str, ...]] = ()
    BIASES: ClassVar[tuple[str, ...]] = ("int32",)

    @property
    def title(self) -> str:
        return type(self).__name__

    def rejects(self, operation: str, inputs: tuple[Tensor, ...], output: Tensor) -> str | None:
        """Reason why an operation on these tensors is undefined in this arithmetic, or None."""
        if operation not in self.OPERATIONS:
            return f"{self.title} does not define {operation}"
        if operation == "maximum":
            return self._rejects_maximum(inputs[0], output)
        for index, tensor in enumerate(inputs):
            legal = self.BIASES if operation == "dot" and index == 2 else self.operand_types(operation, index)
            if tensor.type not in legal:
                return f"{self.title} takes {' or '.join(legal)}, and {tensor.name} is {tensor.type}"
        legal = self.result_types(operation, inputs)
        if output.type not in legal and not (output.format and "codes" in legal):
            return f"{self.title} produces {' or '.join(legal)}, and {output.name} is {output.type}"
        return None

    def operand_types(self, operation: str, index: int) -> tuple[str, ...]:
        """Legal types of an input; input 1 of "dot" is the weights."""
        return self.OPERANDS

    def result_types(self, operation: str, inputs: tuple[Tensor, ...]) -> tuple[str, ...]:
        """Legal types of the result; "codes" represents every coded format."""
        raise NotImplementedError

    def operand(self, tensor: Tensor, values: np.ndarray, index: int = 0) -> np.ndarray:
        """Integers of a tensor minus its zero point."""
        integers = tensor.format.decode(values) if tensor.format else values.astype(np.int64)
        return integers - tensor.zero_point

    def dot(self, a: np.ndarray, w: np.ndarray, taps: int, bias: np.ndarray | None) -> np.ndarray:
        """Sums of products (rows, k) x (k, n) -> (rows, n), plus bias (n,); k is taps x channels, row-major."""
        raise NotImplementedError

    def finish(self, sums: np.ndarray, output: Tensor) -> np.ndarray:
        """Values of `output` from sums."""
        raise NotImplementedError

    def add(self, a: np.ndarray, b: np.ndarray, output: Tensor) -> np.ndarray:
        """Values of a + b."""
        raise NotImplementedError

    def subtract(self, a: np.ndarray, b: np.ndarray, output: Tensor) -> np.ndarray:
        """Values of a - b."""
        raise NotImplementedError

    def multiply(self, a: np.ndarray, b: np.ndarray, output: Tensor) -> np.ndarray:
        """Values of a * b."""
        raise NotImplementedError

    def total(self, windows: np.ndarray, inside: np.ndarray, zero_point: int) -> np.ndarray:
        """Sums of windows (n, rows, columns, window rows, window columns, channels), 0 where `inside` is 0."""
        return windows.sum(axis=(3, 4))

    def average(self, total: np.ndarray, count: np.ndarray, zero_point: int, output: Tensor) -> np.ndarray:
        """Values of window averages: `total` sums the integers, `zero_point` is that of each, `count` their number."""
        raise NotImplementedError

    def activation(self, x: np.ndarray, function: str, table: np.ndarray | None, output: Tensor) -> np.ndarray:
        """Values of one of `FUNCTIONS`, or of the table if `function` is "segments"."""
        raise NotImplementedError

    def softmax(self, x: np.ndarray, scale: float, beta: float) -> np.ndarray:
        """Values of a softmax along the last axis, from values of the input and its scale."""
        raise NotImplementedError

    def clamp(self, values: np.ndarray, output: Tensor) -> np.ndarray:
        """Maxima of windows within the limits of the fused activation function, if there is one."""
        return values

    def _rejects_maximum(self, source: Tensor, output: Tensor) -> str | None:
        if source.type not in (*INTEGERS, *FLOATS):
            return f"maximum is not defined on the codes of {source.type}"
        return representation_mismatch(source, output)


def representation_mismatch(
    source: Tensor, output: Tensor, names: tuple[str, ...] = ("type", "zero_point", "scale")
) -> str | None:
    """Reason why `output` cannot represent values of `source` unchanged, or None."""
    for name in names:
        a, b = getattr(source, name), getattr(output, name)
        if a != b and None not in (a, b):
            return f"{name.replace('_', ' ')} {a} of {source.name} must equal {b} of {output.name}"
    return None


def groups(taps: int, channels: int, order: str, group: int | None) -> list[np.ndarray]:
    """Indices into k of the products that are summed together, one array for each group, in order.

    A group consists of `group` products of neighbouring channels of one tap (order "taps"), or of neighbouring taps of
    one channel (order "channels"); None: all of them.
    """
    k = np.arange(taps * channels).reshape(taps, channels)
    rows = k.T if order == "channels" else k
    if group is None:
        return [rows.ravel()]
    return [row[start : start + group] for row in rows for start in range(0, rows.shape[1], group)]


def legal(name: str, value, choices) -> None:
    """Raise `ValueError` unless value is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name}={value}: {name} must be one of {', '.join(map(str, choices))}")
