"""Nodes of a network: the operation of each, the shape of its result, and its legality rules."""

from dataclasses import dataclass, field
from math import prod
from numbers import Real
from typing import ClassVar

import numpy as np

from .arithmetic import FUNCTIONS, Arithmetic, Exact
from .fields import integers
from .tensor import GraphError, Tensor

Pair = tuple[int, int]


def same(size: int, kernel: int, stride: int = 1, dilation: int = 1) -> Pair:
    """Padding (before, after) of an axis as by TensorFlow's SAME, for ceil(size / stride) windows."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


@dataclass(frozen=True, eq=False)
class Node:
    """Operation of a graph: `inputs` and `output` are names of tensors. Raises `GraphError` for illegal parameters."""

    name: str
    inputs: tuple[str, ...]
    output: str
    arithmetic: Arithmetic = field(default_factory=Exact)

    COUNT: ClassVar[tuple[int, int | None]] = (1, 1)
    """Fewest and most inputs."""

    def __post_init__(self):
        if not isinstance(self.arithmetic, Arithmetic):
            self.fail(f"arithmetic {self.arithmetic!r} must be an Arithmetic")
        if not isinstance(self.name, str) or not self.name:
            raise GraphError(f"node name {self.name!r} must be a string that is not empty")
        inputs = (self.inputs,) if isinstance(self.inputs, str) else self.inputs
        if not isinstance(inputs, tuple | list) or not all(isinstance(name, str) for name in inputs):
            self.fail(f"inputs {self.inputs!r} must be names of tensors")
        if not isinstance(self.output, str):
            self.fail(f"output {self.output!r} must be the name of a tensor")
        object.__setattr__(self, "inputs", tuple(inputs))
        low, high = self.COUNT
        if not low <= len(self.inputs) <= (high or len(self.inputs)):
            count = f"{low} or more" if high is None else str(low) if low == high else f"{low} to {high}"
            self.fail(f"{len(self.inputs)} inputs given, and {type(self).__name__} takes {count}")

    operation: ClassVar[str | None] = None
    """Operation of the arithmetic; None for data movement and tables."""

    def shape(self, inputs: tuple[Tensor, ...]) -> tuple[int, ...]:
        """Shape of the result. Raises `GraphError` if the inputs' shapes are illegal."""
        raise NotImplementedError

    def check(self, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        """Raise `GraphError` unless shapes, types and arithmetic agree."""
        shape = self.shape(inputs)
        if shape != output.shape:
            self.fail(f"result has shape {shape}, and {output.name} has {output.shape}")
        if self.operation and (reason := self.arithmetic.rejects(self.operation, inputs, output)):
            self.fail(reason)

    def macs(self, graph) -> int:
        """Multiply-accumulates of the node."""
        return 0

    def fail(self, reason: str):
        raise GraphError(f"node {self.name}: {reason}")

    def need(self, name: str, low: int, *shape: int) -> None:
        """Raise `GraphError` unless a field is integers of at least `low`, in nested tuples of this shape."""
        if not integers(getattr(self, name), low, shape):
            count = f"{prod(shape)} integers" if shape else "an integer"
            self.fail(f"{name} {getattr(self, name)} must be {count} of {low} or more")

    def rank(self, tensor: Tensor, rank: int) -> tuple[int, ...]:
        """Shape of a tensor. Raises `GraphError` unless it has `rank` axes."""
        if len(tensor.shape) != rank:
            self.fail(f"{tensor.name} must have {rank} axes, not shape {tensor.shape}")
        return tensor.shape

    def windows(
        self, tensor: Tensor, window: Pair, stride: Pair, padding: tuple[Pair, Pair], dilation: Pair = (1, 1)
    ) -> tuple[int, int]:
        """Windows along height and width of NHWC, by the node's stride and padding."""
        counts = []
        for axis in range(2):
            size = tensor.shape[1 + axis] + sum(padding[axis])
            reach = (window[axis] - 1) * dilation[axis] + 1
            if reach > size:
                what = ("rows", "columns")[axis]
                self.fail(f"a window of {reach} {what} is larger than the padded image of {size} {what}")
            counts.append((size - reach) // stride[axis] + 1)
        rows, columns = counts
        return rows, columns


class _Sum(Node):
    """Node with weights and optionally a bias."""

    COUNT = (2, 3)
    operation = "dot"

    def check_bias(self, inputs: tuple[Tensor, ...], filters: int) -> None:
        if len(inputs) == 3 and inputs[2].shape != (filters,):
            self.fail(f"bias {inputs[2].name} must have shape ({filters},), not {inputs[2].shape}")


@dataclass(frozen=True, eq=False)
class Convolution(_Sum):
    """Convolution of an image: filter f belongs to group g, and C is channels / groups.

        y[n, i, j, f] = finish(bias[f] + sum over u, v, c of x[n, i sy + u dy - top, j sx + v dx - left, g C + c]
                        w[u, v, c, f])

    x is 0 outside the image. Inputs are x (n, h, w, channels), w (rows, columns, channels / groups, filters) and
    optionally bias (filters,). `padding` is ((top, bottom), (left, right)); padding holds the zero point. Filters of
    one group are neighbours.
    """

    stride: Pair = field(default=(1, 1), kw_only=True)
    padding: tuple[Pair, Pair] = field(default=((0, 0), (0, 0)), kw_only=True)
    dilation: Pair = field(default=(1, 1), kw_only=True)
    groups: int = field(default=1, kw_only=True)

    def __post_init__(self):
        super().__post_init__()
        self.need("stride", 1, 2)
        self.need("padding", 0, 2, 2)
        self.need("dilation", 1, 2)
        self.need("groups", 1)

    def shape(self, inputs):
        x, w = self.rank(inputs[0], 4), self.rank(inputs[1], 4)
        for what, count in (("channels", x[3]), ("filters", w[3])):
            if count % self.groups:
                self.fail(f"{self.groups} groups do not divide {count} {what}")
        if w[2] != x[3] // self.groups:
            self.fail(
                f"{inputs[1].name} has {w[2]} channels, and a group of {inputs[0].name} has {x[3] // self.groups}"
            )
        self.check_bias(inputs, w[3])
        return (x[0], *self.windows(inputs[0], (w[0], w[1]), self.stride, self.padding, self.dilation), w[3])

    def macs(self, graph):
        return graph[self.output].size * prod(graph[self.inputs[1]].shape[:3])

    def depthwise(self, graph) -> bool:
        """Whether each channel is a group of its own, and there are several."""
        return 1 < self.groups == graph[self.inputs[0]].shape[3]


@dataclass(frozen=True, eq=False)
class Dense(_Sum):
    """Dense layer: y[..., n] = finish(bias[n] + sum over k of x[..., k] w[k, n]). Inputs are x, w (k, n), optionally
    bias (n,)."""

    def shape(self, inputs):
        x, w = inputs[0].shape, self.rank(inputs[1], 2)
        if not x or x[-1] != w[0]:
            self.fail(f"{inputs[1].name} has {w[0]} rows, and {inputs[0].name} has shape {x}")
        self.check_bias(inputs, w[1])
        return (*x[:-1], w[1])

    def macs(self, graph):
        return graph[self.output].size * graph[self.inputs[1]].shape[0]


@dataclass(frozen=True, eq=False)
class Pooling(Node):
    """Maximum or average of each window of x (n, h, w, channels). Padding is excluded and not counted."""

    kind: str = field(default="max", kw_only=True)
    window: Pair = field(kw_only=True)
    stride: Pair = field(default=(1, 1), kw_only=True)
    padding: tuple[Pair, Pair] = field(default=((0, 0), (0, 0)), kw_only=True)

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.kind, str) or self.kind not in ("max", "average"):
            self.fail(f"kind {self.kind} must be max or average")
        self.need("window", 1, 2)
        self.need("stride", 1, 2)
        self.need("padding", 0, 2, 2)
        if any(max(pads) >= size for pads, size in zip(self.padding, self.window, strict=True)):
            self.fail(f"padding {self.padding} must be less than the window {self.window}")

    @property
    def operation(self):
        return "maximum" if self.kind == "max" else "average"

    def shape(self, inputs):
        x = self.rank(inputs[0], 4)
        return (x[0], *self.windows(inputs[0], self.window, self.stride, self.padding), x[3])


class _Pairwise(Node):
    COUNT = (2, 2)

    def shape(self, inputs):
        try:
            return np.broadcast_shapes(*(tensor.shape for tensor in inputs))
        except ValueError:
            a, b = inputs
            self.fail(f"shapes {a.shape} of {a.name} and {b.shape} of {b.name} do not broadcast")


@dataclass(frozen=True, eq=False)
class Addition(_Pairwise):
    """Sum a + b, element by element; shapes broadcast as in NumPy."""

    operation = "add"


@dataclass(frozen=True, eq=False)
class Subtraction(_Pairwise):
    """Difference a - b, element by element; shapes broadcast as in NumPy."""

    operation = "subtract"


@dataclass(frozen=True, eq=False)
class Multiplication(_Pairwise):
    """Product a * b, element by element; shapes broadcast as in NumPy."""

    operation = "multiply"


@dataclass(frozen=True, eq=False)
class Activation(Node):
    """Function of each element: identity, relu, relu6, or any other by its table.

    A table of 256 entries of the output's type is indexed by an 8-bit value's unsigned byte, in every arithmetic.
    A table of rows (slope, offset), a power of two of them, is a piecewise linear function of the arithmetic's own.
    """

    function: str = field(default="identity", kw_only=True)
    table: np.ndarray | None = field(default=None, kw_only=True)

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.function, str):
            self.fail(f"function {self.function!r} must be a string")
        if self.table is None:
            if self.function not in FUNCTIONS:
                self.fail(f"function {self.function} needs a table, for it is not one of {', '.join(FUNCTIONS)}")
            return
        if not isinstance(self.table, np.ndarray):
            self.fail(f"table must be an array, not {type(self.table).__name__}")
        rows = self.table.shape[0] if self.table.shape[1:] == (2,) else 0
        if self.table.shape != (256,) and (rows < 2 or rows & rows - 1):
            self.fail(f"a table of shape {self.table.shape} must have shape (256,), or (rows, 2), rows a power of two")

    @property
    def operation(self):
        if self.table is None:
            return self.function
        return "segments" if self.table.ndim == 2 else None

    def shape(self, inputs):
        return inputs[0].shape

    def check(self, inputs, output):
        super().check(inputs, output)
        if self.operation is not None or self.table is None:
            return
        if inputs[0].dtype.itemsize != 1:
            self.fail(f"a table of 256 entries needs values of 8 bits, and {inputs[0].name} is {inputs[0].type}")
        if self.table.dtype != output.dtype:
            self.fail(f"the table holds {self.table.dtype}, and {output.name} holds {output.dtype}")


@dataclass(frozen=True, eq=False)
class Softmax(Node):
    """Softmax exp(beta x) / sum of exp(beta x) along the last axis, where x are real values."""

    beta: float = field(default=1.0, kw_only=True)

    operation = "softmax"

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.beta, Real) or not 0 < self.beta < np.inf:
            self.fail(f"beta {self.beta} must be positive and finite")

    def shape(self, inputs):
        if not inputs[0].shape:
            self.fail(f"{inputs[0].name} must have an axis, not shape ()")
        return inputs[0].shape
