"""Operators of two tensors, element by element: ADD, SUB, MUL."""

from ....sim.network.arithmetic import Tflite
from ....sim.network.graph import Addition, Multiplication, Subtraction
from .builder import Builder, expect, one_scale, quantisation
from .file import OperatorRecord

_KINDS = {
    "ADD": (Addition, Tflite.addition),
    "SUB": (Subtraction, Tflite.addition),
    "MUL": (Multiplication, Tflite.from_scales),
}


def pairwise(builder: Builder, op: OperatorRecord):
    """Convert ADD, SUB or MUL: shapes broadcast as in NumPy; each operator has its own scaling."""
    node, arithmetic = _KINDS[op.type]
    a, b, y = builder.input(op, 0), builder.input(op, 1), builder.output(op)
    expect("int8", a, b, y)
    rule = arithmetic(one_scale(a), one_scale(b), one_scale(y), **quantisation(op, y))
    builder.add(node(builder.name(op), (a.name, b.name), y.name, rule))


ARITHMETIC = dict.fromkeys(_KINDS, pairwise)
