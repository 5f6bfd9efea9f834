"""Arithmetics of nodes: the definition of a sum of products and of its conversion to a result."""

from .base import FUNCTIONS, ORDERS, Arithmetic
from .coded import Coded
from .fixed_point import FixedPoint
from .floating import Bfloat16
from .integer import Exact, fold
from .onnx import Onnx
from .tflite import Rescale, Tflite

__all__ = [
    "FUNCTIONS",
    "ORDERS",
    "Arithmetic",
    "Bfloat16",
    "Coded",
    "Exact",
    "FixedPoint",
    "Onnx",
    "Rescale",
    "Tflite",
    "fold",
]
