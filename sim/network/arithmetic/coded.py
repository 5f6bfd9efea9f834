"""Operands in coded formats: ANT's, OliVe's, powers of two, codebooks."""

from dataclasses import dataclass

from ...golden.formats.grid import ValueGrid
from ..tensor import INTEGERS, coded_format, integer_limits
from .base import Arithmetic
from .fixed_point import FixedPoint
from .integer import Integer


@dataclass(frozen=True)
class Coded(Arithmetic):
    """Arithmetic of coded operands: codes of activations and weights decode to integers, which `finish` multiplies and
    sums.

    A format is a type of the tensor ("flint4", "olive_int4", "int8"), or a `Codebook` (or another format of
    `sim.golden.formats`) whose codes are stored in a tensor of type "uintN", N its bits. Pairs of OliVe are along the
    last axis: channels of activations, filters of weights. A coded output type holds the code nearest to the result of
    `finish`. Raises `ValueError` for an unknown format, and where FixedPoint's operands exceed its width.
    """

    a_format: str | ValueGrid
    w_format: str | ValueGrid
    arithmetic: Integer | FixedPoint

    OPERATIONS = frozenset(("dot",))

    def __post_init__(self):
        for name in ("a_format", "w_format"):
            form = getattr(self, name)
            if isinstance(form, str) and form not in INTEGERS and coded_format(form) is None:
                raise ValueError(f"{name}={form}: {name} must be an integer type or the name of a coded format")
            self._check_width(name, form)

    def _check_width(self, name: str, form: str | ValueGrid):
        if not isinstance(self.arithmetic, FixedPoint):
            return
        ends = integer_limits(form) if isinstance(form, str) else None
        if ends is None:
            grid = coded_format(form) if isinstance(form, str) else form
            assert grid is not None
            ends = grid.levels[0], grid.levels[-1]
        low, high = ends
        bits = self.arithmetic.width
        if low < -(1 << bits - 1) or high >= 1 << bits - 1:
            raise ValueError(f"{name}={form}: {name} must hold integers of {bits} bits for FixedPoint")

    @property
    def BIASES(self):
        return self.arithmetic.BIASES

    def operand_types(self, operation, index):
        form = (self.a_format, self.w_format)[index]
        return (form,) if isinstance(form, str) else (f"uint{form.bits}",)

    def result_types(self, operation, inputs):
        return self.arithmetic.result_types(operation, inputs)

    def rejects(self, operation, inputs, output):
        reason = super().rejects(operation, inputs, output)
        if reason is None and isinstance(self.arithmetic, Integer):
            reason = self.arithmetic.rejects_result(operation, output)
        return reason

    def operand(self, tensor, values, index=0):
        form = (self.a_format, self.w_format)[index]
        if isinstance(form, str):
            return super().operand(tensor, values)
        return form.decode(values)

    def dot(self, a, w, taps, bias):
        return self.arithmetic.dot(a, w, taps, bias)

    def finish(self, sums, output):
        return self.arithmetic.finish(sums, output)
