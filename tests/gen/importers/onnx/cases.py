"""Networks of the tests: every operator in odd shapes, with int8 and uint8."""

import numpy as np

from ..files import numbers
from .files import channels
from .networks import (
    clip,
    concatenation,
    conv,
    flattened,
    float_constants,
    gemm,
    limited,
    matmul,
    moved,
    one,
    pairwise,
    qlinear,
    qlinear_rows,
    relu,
    residual,
    split,
    transposed_weights,
    two_results,
    unsigned_weights,
)

CASES = {
    "conv": conv("a", (1, 3, 7, 8), (5, 3, 3, 4), strides=[2, 2], pads=[1, 1, 0, 2]),
    "conv batch": conv("b", (2, 7, 4, 4), (9, 7, 1, 1), strides=[2, 2], bias=False),
    "conv one scale": conv("c", (1, 3, 4, 4), (5, 3, 2, 2), per_channel=False),
    "conv same upper": conv("d", (1, 2, 7, 6), (3, 2, 4, 3), auto_pad="SAME_UPPER", strides=[2, 1]),
    "conv same lower": conv("e", (1, 2, 7, 6), (3, 2, 4, 3), auto_pad="SAME_LOWER", strides=[2, 1]),
    "conv valid": conv("f", (1, 1, 21, 10), (6, 1, 10, 4), auto_pad="VALID", strides=[2, 2], zeros=(83, -128)),
    "conv dilated": conv("g", (1, 4, 9, 9), (3, 4, 3, 2), dilations=[2, 3], pads=[2, 2, 2, 2]),
    "conv groups": conv("h", (1, 6, 5, 6), (4, 3, 3, 3), group=2),
    "conv uint8": conv("i", (1, 5, 6, 4), (7, 5, 3, 3), type="uint8", zeros=(120, 131), pads=[1, 1, 1, 1]),
    "conv uint8 weights": unsigned_weights(),
    "conv 1-d": conv("j", (1, 5, 19), (4, 5, 5), pads=[4, 4], dilations=[2]),
    "conv 1-d strided": conv("k", (1, 3, 20), (6, 3, 4), strides=[3], auto_pad="SAME_UPPER"),
    "conv relu": relu(zeros=(-5, -128)),
    "conv clip": clip(),
    "conv float constants": float_constants(),
    "conv of two results": two_results(),
    "depthwise": conv("l", (1, 6, 9, 7), (6, 1, 3, 3), group=6, strides=[2, 2], pads=[1, 1, 1, 1], out=0.2),
    "depthwise times 3": conv("m", (1, 5, 5, 5), (15, 1, 2, 3), group=5, out=0.2),
    "depthwise 1-d": conv("n", (1, 8, 30), (8, 1, 17), group=8, pads=[8, 8], bias=False, out=0.2),
    "depthwise uint8": conv("o", (1, 6, 9, 7), (6, 1, 3, 3), group=6, type="uint8", zeros=(128, 100), out=0.2),
    "gemm": gemm("a", (1, 40), (11, 40)),
    "gemm rows": gemm("b", (3, 20), (20, 6), transposed=False),
    "gemm no bias": gemm("c", (2, 30), (9, 30), bias=False),
    "gemm uint8": gemm("d", (2, 30), (9, 30), type="uint8", zeros=(130, 120)),
    "matmul": matmul("a", (2, 3, 10), (10, 7)),
    "matmul per column": matmul("b", (4, 10), (10, 7), scale=channels("matmul", 7)),
    "matmul transposed": transposed_weights(),
    "matmul uint8": matmul("c", (4, 10), (10, 7), type="uint8"),
    "add": pairwise("Add", (1, 4, 8, 8), (1, 4, 8, 8)),
    "add uint8": pairwise("Add", (1, 4, 8, 8), (1, 4, 8, 8), zeros=(120, 131, 77), type="uint8"),
    "add channels": pairwise("Add", (1, 6, 4, 4), (1, 6, 1, 1)),
    "add one": pairwise("Add", (1, 6, 4, 4), (1,)),
    "add relu": limited("Add", high=None, zero=-128),
    "add relu other zero": limited("Add", high=None),
    "add clip": limited("Add", -1.3, 2.2),
    "mul relu other zero": limited("Mul", high=None),
    "add constant": pairwise("Add", (1, 4, 4, 6), (6,), fixed=True),
    "add ties": pairwise("Add", (1, 4, 16, 16), (1, 4, 16, 16), (0.06996667, 0.017491667, 0.17491667), (0, 0, 0)),
    "sub": pairwise("Sub", (1, 4, 8, 8), (1, 4, 8, 8)),
    "mul": pairwise("Mul", (1, 4, 8, 8), (1, 4, 8, 8), (0.05, 0.0313, 0.09)),
    "mul uint8": pairwise("Mul", (1, 4, 8, 8), (1, 4, 8, 8), (0.05, 0.0313, 0.09), (120, 131, 77), "uint8"),
    "mul channels": pairwise("Mul", (1, 4, 8, 8), (1, 4, 1, 1), (0.05, 1 / 256, 0.02)),
    "max": moved("MaxPool", (1, 4, 9, 8), kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 0]),
    "max 1-d": moved("MaxPool", (1, 4, 9), kernel_shape=[3], strides=[2]),
    "max other scale": one("MaxPool", (1, 4, 9, 8), kernel_shape=[2, 2]),
    "average": one("AveragePool", (1, 3, 9, 9), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    "average counted": one("AveragePool", (1, 3, 9, 8), kernel_shape=[3, 4], pads=[1, 1, 1, 1], count_include_pad=1),
    "average 1-d": one("AveragePool", (1, 3, 20), kernel_shape=[4], strides=[3]),
    "average uint8": one("AveragePool", (1, 3, 9, 9), kernel_shape=[3, 3], type="uint8", zeros=(120, 130)),
    "global average": one("GlobalAveragePool", (1, 10, 7, 5), scales=(0.05, 0.011)),
    "global average uint8": one(
        "GlobalAveragePool", (1, 10, 7, 5), scales=(0.05, 0.011), type="uint8", zeros=(99, 130)
    ),
    "mean": one("ReduceMean", (1, 6, 7, 5), axes=[2, 3], scales=(0.05, 0.011)),
    "mean rows": one("ReduceMean", (1, 3, 11, 6), axes=[2], keepdims=0, scales=(0.05, 0.0413)),
    "mean channels": one("ReduceMean", (2, 10, 3, 4), axes=[1], keepdims=0, scales=(0.05, 0.0413)),
    "mean apart": one("ReduceMean", (2, 5, 4, 6), axes=[1, 3], scales=(0.05, 0.0413)),
    "mean columns": one("ReduceMean", (2, 5, 6), np.array([-1]), opset=18, scales=(0.05, 0.0413)),
    "mean all": one("ReduceMean", (3, 4, 5), scales=(0.05, 0.006)),
    "relu": one("Relu", (1, 256), zeros=(-9, -128)),
    "relu equal": moved("Relu", (1, 256)),
    "clip": one("Clip", (1, 256), np.float32(-0.3), np.float32(3.1)),
    "clip old": one("Clip", (1, 256), opset=10, min=-0.3, max=3.1),
    "sigmoid": one("Sigmoid", (1, 256), scales=(0.05, 1 / 256), zeros=(-9, -128)),
    "sigmoid uint8": one("Sigmoid", (1, 256), scales=(0.06, 1 / 256), zeros=(120, 0), type="uint8"),
    "tanh": one("Tanh", (1, 256), scales=(0.03, 1 / 128), zeros=(-9, 0)),
    "leaky relu": one("LeakyRelu", (1, 256), alpha=0.1),
    "hard sigmoid": one("HardSigmoid", (1, 256), scales=(0.05, 1 / 256), zeros=(-9, -128)),
    "hard swish": one("HardSwish", (1, 256)),
    "elu": one("Elu", (1, 256), alpha=0.7),
    "abs": one("Abs", (1, 256)),
    "neg": one("Neg", (1, 256)),
    "softmax": one("Softmax", (60, 12), scales=(0.047, 1 / 256), zeros=(-9, -128)),
    "softmax uint8": one("Softmax", (60, 12), scales=(0.047, 1 / 256), zeros=(9, 0), type="uint8"),
    "softmax channels": one("Softmax", (1, 5, 3, 4), axis=1, scales=(0.02, 0.0042), zeros=(-9, -128)),
    "softmax old": one("Softmax", (4, 9), scales=(0.03, 1 / 256), zeros=(-9, -128), opset=12),
    "requantise": one("Identity", (1, 256), scales=(0.05, 0.031)),
    "dropout": moved("Dropout", (1, 256)),
    "reshape": moved("Reshape", (1, 3, 2, 8), np.array([0, -1, 4])),
    "flatten": moved("Flatten", (1, 3, 2, 8)),
    "squeeze": moved("Squeeze", (1, 3, 1, 8), np.array([2])),
    "squeeze old": moved("Squeeze", (1, 3, 1, 8), opset=12, axes=[0, -2]),
    "unsqueeze": moved("Unsqueeze", (3, 8), np.array([1, -1])),
    "transpose": moved("Transpose", (1, 3, 4, 5), perm=[0, 3, 1, 2]),
    "slice": moved("Slice", (1, 3, 6, 5), np.array([1, -3]), np.array([5, 9]), np.array([2, 3]), np.array([2, 1])),
    "pad": moved("Pad", (1, 2, 3, 4), np.array([0, 1, 0, 2, 0, 0, 1, 0])),
    "pad old": moved("Pad", (1, 2, 3, 4), opset=10, pads=[0, 1, 0, 2, 0, 0, 1, 0]),
    "concatenation": concatenation(),
    "concatenation equal": concatenation((0.05, 0.05)),
    "split": split(),
    "residual": residual(),
    "residual uint8": residual("uint8"),
    "residual floating": residual(floating=True),
    "flattened": flattened((2, 3, 4, 5)),
    "flattened by reshape": flattened((1, 3, 4, 5), "Reshape"),
    "qlinear": qlinear(),
    "qlinear rows": qlinear_rows(),
}
"""Network and the names of its outputs."""
STEPS = 3
"""Runs of each network."""


def model(name: str):
    net, outputs = CASES[name]
    return net.model(*outputs, types_of=(net.type,) if name.startswith("qlinear") else ())


def inputs(name: str, step: int) -> dict:
    """Inputs of a run by name; in the first they are all bytes in turn."""
    net, found = CASES[name][0], {}
    for each in net.inputs:
        shape = [size.dim_value for size in each.type.tensor_type.shape.dim]
        if each.type.tensor_type.elem_type == 1:
            found[each.name] = numbers(f"{name} {each.name} {step}", shape).astype(np.float32) / 16
        elif step == 0:
            found[each.name] = np.resize(np.arange(256, dtype=np.uint8), shape).view(net.type)
        else:
            found[each.name] = numbers(f"{name} {each.name} {step}", shape).view(net.type)
    return found
