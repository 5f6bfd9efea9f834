"""bfloat16 operands with sums in fp32, in a stated order."""

from dataclasses import dataclass

import numpy as np

from ...golden.formats import bfloat16
from ..tensor import FLOATS
from .base import FUNCTIONS, ORDERS, Arithmetic, groups, legal

SIGN = 1 << 31


@dataclass(frozen=True)
class Bfloat16(Arithmetic):
    """Exact products of bfloat16, fp32 sums rounded to nearest even: `sim.golden.formats.bfloat16`.

    Without `group` a sum starts at +0, and products are added one by one in `order`, see `base.ORDERS`, as in a column
    of the bfloat16 systolic array if k is at most its number of rows. With `group`, each run of `group` products is a
    separate sum, and the sums of the runs are added in turn, as by an array of `group` rows with an fp32 accumulator.
    The bias, float32, is added last. `subnormals` is "keep" or "flush".

    Operands of "add" and of functions may be float32. Results are float32, or bfloat16 rounded once. relu maps every
    number with a sign bit, except NaN, to +0. Raises `ValueError`.
    """

    order: str = "taps"
    group: int | None = None
    subnormals: str = "keep"

    OPERATIONS = frozenset(("dot", "add", "multiply", "maximum", *FUNCTIONS))
    BIASES = ("float32",)

    def __post_init__(self):
        legal("order", self.order, ORDERS)
        legal("subnormals", self.subnormals, ("keep", "flush"))
        if self.group is not None and self.group < 1:
            raise ValueError(f"group={self.group}: group must be 1 or more")

    def operand_types(self, operation, index):
        return ("bfloat16",) if operation in ("dot", "multiply") else tuple(FLOATS)

    def result_types(self, operation, inputs):
        return tuple(FLOATS)

    def operand(self, tensor, values, index=0):
        """fp32 words of a tensor."""
        return values.astype(np.int64) << 16 if tensor.type == "bfloat16" else bfloat16.words(values)

    def dot(self, a, w, taps, bias):
        a, w, rule = a >> 16, w >> 16, {"subnormals": self.subnormals}
        sums = np.zeros((a.shape[0], w.shape[1]), np.int64)
        for group in groups(taps, a.shape[1] // taps, self.order, self.group):
            sums = bfloat16.add(sums, bfloat16.matmul(a[:, group], w[group], **rule), **rule)
        return sums if bias is None else bfloat16.add(sums, bfloat16.words(bias), **rule)

    def finish(self, sums, output):
        if output.type == "bfloat16":
            return bfloat16.convert(sums, subnormals=self.subnormals).astype(np.uint16)
        return bfloat16.reals(sums)

    def add(self, a, b, output):
        return self.finish(bfloat16.add(a, b, subnormals=self.subnormals), output)

    def multiply(self, a, b, output):
        return self.finish(bfloat16.product(a >> 16, b >> 16, subnormals=self.subnormals), output)

    def activation(self, x, function, table, output):
        number = x & SIGN - 1 <= bfloat16.INFINITY
        if function != "identity":
            x = np.where(number & (x >= SIGN), 0, x)
        if function == "relu6":
            six = int(bfloat16.words(6.0).item())
            x = np.where(number & (x > six), six, x)
        return self.finish(x, output)
