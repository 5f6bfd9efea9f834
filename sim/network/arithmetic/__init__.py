"""Arithmetics of nodes: definitions of sums of products, and of their conversion to results."""

from .base import FUNCTIONS, ORDERS, Arithmetic
from .coded import Coded
from .fixed_point import FixedPoint
from .floating import Bfloat16
from .integer import Exact, fold
from .onnx import Onnx
from .onnx_elementwise import OnnxAverage, OnnxPairwise, OnnxSoftmax
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
    "OnnxAverage",
    "OnnxPairwise",
    "OnnxSoftmax",
    "Rescale",
    "Tflite",
    "fold",
]
