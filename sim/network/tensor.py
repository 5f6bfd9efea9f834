"""Tensors of a network: shape, number type, quantisation and, for constants, values."""

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite, prod
from numbers import Real

import numpy as np

from ..golden.formats.grid import ValueGrid
from ..golden.formats.names import find
from ..golden.formats.olive import Pairs
from ..golden.integer import limits
from ..golden.operands import OLIVE

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32")
FLOATS = {"bfloat16": np.uint16, "float32": np.float32}
"""NumPy types of floating point. A number of bfloat16 is its code of 16 bits."""


class GraphError(ValueError):
    """Ill-formed network, in one sentence that names the node or the tensor."""


@lru_cache
def coded_format(name: str) -> ValueGrid | Pairs | None:
    """Format of a coded type ("flint4", "pot4", "olive_int4"); None if the name is not one."""
    if name in INTEGERS or name in FLOATS:
        return None
    if len(OLIVE.get(name, ())) == 1:
        return Pairs(OLIVE[name][0])
    try:
        return find(name)
    except ValueError:
        return None


def dtype_of(type: str) -> np.dtype | None:
    """NumPy type that holds values of a type, for coded types the narrowest unsigned one; None if unknown."""
    if type in INTEGERS:
        return np.dtype(type)
    if type in FLOATS:
        return np.dtype(FLOATS[type])
    form = coded_format(type)
    return None if form is None else np.dtype(np.uint8 if form.bits <= 8 else np.uint16)


def integer_limits(type: str) -> tuple[int, int] | None:
    """Smallest and largest integer of an integer type, coded integers ("int4") included; None for all others."""
    return limits(type) if type.lstrip("u").startswith("int") and dtype_of(type) is not None else None


@dataclass(frozen=True, eq=False)
class Tensor:
    """Tensor of one shape and one type: real = scale * (integer - zero_point).

    `type` is int8, uint8, int16, uint16, int32, bfloat16, float32, or the name of a coded format; `dtype` is the NumPy
    type of its values. A coded tensor holds codes, and its integers are the codes' values; "int4" is a coded type.
    `value` makes the tensor a constant. `scale` is one number, or one for each index of the last axis; None where the
    real value is irrelevant. Raises `GraphError`.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    value: np.ndarray | None = None
    scale: float | tuple[float, ...] | None = None
    zero_point: int = 0

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise GraphError(f"tensor name {self.name!r} must be a string that is not empty")
        shape = self.shape
        if not isinstance(shape, tuple | list) or not all(isinstance(n, int | np.integer) and n > 0 for n in shape):
            raise GraphError(f"tensor {self.name}: shape {shape} must consist of positive integers")
        object.__setattr__(self, "shape", tuple(int(n) for n in shape))
        if not isinstance(self.type, str) or dtype_of(self.type) is None:
            known = ", ".join((*INTEGERS, *FLOATS))
            raise GraphError(f"tensor {self.name}: type {self.type} must be {known} or the name of a coded format")
        if isinstance(self.format, Pairs) and (not shape or shape[-1] % 2):
            raise GraphError(f"tensor {self.name}: pairs of {self.type} need an even last axis, not shape {shape}")
        self._check_scale()
        low, high = integer_limits(self.type) or (0, 0)
        if not isinstance(self.zero_point, int | np.integer) or not low <= self.zero_point <= high:
            raise GraphError(f"tensor {self.name}: zero point {self.zero_point} must be from {low} to {high}")
        if self.value is not None:
            self.check(self.value, "value")

    def _check_scale(self):
        if self.scale is None:
            return
        values = np.asarray(self.scale, object)
        several, scales = values.ndim > 0, tuple(np.atleast_1d(values).tolist())
        if not all(isinstance(scale, Real) for scale in scales):
            raise GraphError(f"tensor {self.name}: scale {self.scale} must be a number, or one for each channel")
        scales = tuple(map(float, scales))
        object.__setattr__(self, "scale", scales if several else scales[0])
        if not all(isfinite(scale) and scale > 0 for scale in scales):
            raise GraphError(f"tensor {self.name}: scale {self.scale} must be positive and finite")
        if isinstance(self.scale, tuple) and (not self.shape or len(scales) != self.shape[-1]):
            raise GraphError(f"tensor {self.name}: {len(scales)} scales do not fit the last axis of shape {self.shape}")

    def check(self, value: np.ndarray, what: str = "input") -> None:
        """Raise `GraphError` unless `value` is an array of this tensor's type and shape, with legal codes."""
        if not isinstance(value, np.ndarray) or value.dtype != self.dtype:
            found = getattr(value, "dtype", type(value).__name__)
            raise GraphError(f"tensor {self.name}: {what} must be an array of {self.dtype}, not {found}")
        if value.shape != self.shape:
            raise GraphError(f"tensor {self.name}: {what} must have shape {self.shape}, not {value.shape}")
        if self.format and int(value.max()) >= 1 << self.format.bits:
            raise GraphError(f"tensor {self.name}: {what} {value.max()} is not a code of {self.format.bits} bits")

    @property
    def constant(self) -> bool:
        return self.value is not None

    @property
    def contents(self) -> np.ndarray:
        """Values of a constant. Raises `GraphError` for any other tensor."""
        if self.value is None:
            raise GraphError(f"tensor {self.name} is not a constant")
        return self.value

    @property
    def size(self) -> int:
        """Number of values."""
        return prod(self.shape)

    @property
    def dtype(self) -> np.dtype:
        dtype = dtype_of(self.type)
        assert dtype is not None
        return dtype

    @property
    def format(self) -> ValueGrid | Pairs | None:
        """Format of a coded type."""
        return coded_format(self.type)

    @property
    def limits(self) -> tuple[int, int] | None:
        """Smallest and largest integer of an integer type."""
        return integer_limits(self.type)
