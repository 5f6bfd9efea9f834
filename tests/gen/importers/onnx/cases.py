"""Networks of the tests: every operator in odd shapes, with int8 and uint8."""

import numpy as np

from ..files import numbers
from .files import Net, channels


def conv(
    seed, x, w, *, type="int8", per_channel=True, out=0.4, zeros=(-5, 7), bias=True, after=(), spread=0.01, **attributes
):
    net = Net(type)
    source = net.input("x", x, 0.05, zeros[0])
    scale = channels(seed, w[0], spread) if per_channel else np.float32(spread)
    inputs = [source, net.weights(seed, w, scale)]
    if bias:
        inputs.append(net.bias(seed, w[0], np.float32(0.05) * scale))
    found = net.add("Conv", *inputs, **attributes)
    found = net.add(after, found) if after else found
    return net, [net.quantise(found, out, zeros[1])]


def relu(**fields):
    return conv("relu", (1, 3, 6, 5), (4, 3, 3, 3), after="Relu", pads=[1, 1, 1, 1], **fields)


def float_constants():
    """Weights and bias stored as reals: those of weights pass QuantizeLinear and Transpose."""
    net = Net()
    x, reals = net.input("x", (1, 3, 6, 5)), numbers("reals", (3, 4, 3, 3)).astype(np.float32) / 100
    parameters = net.parameters(channels("reals", 4), 0)
    w = net.add("QuantizeLinear", net.add("Transpose", net.constant(reals), perm=[1, 0, 2, 3]), *parameters, axis=0)
    b = net.constant(numbers("reals bias", 4).astype(np.float32) / 50)
    found = net.add("Conv", x, net.add("DequantizeLinear", w, *parameters, axis=0), b)
    return net, [net.quantise(found, 0.3)]


def transposed_weights():
    net = Net()
    w = net.add("Transpose", net.weights("transposed", (7, 10), channels("transposed", 7)), perm=[1, 0])
    return net, [net.quantise(net.add("MatMul", net.input("x", (4, 10)), w), 0.3)]


def two_results():
    """Result that is quantised twice."""
    net = Net()
    found = net.add("Conv", net.input("x", (1, 3, 6, 5)), net.weights("two", (4, 3, 3, 3)))
    return net, [net.quantise(found, 0.3), net.quantise(found, 0.21, -8)]


def limited(kind, low=0.0, high=6.0, scales=(0.05, 0.0313), zero=-20):
    """Limits between an operator and QuantizeLinear: Relu, and Clip if there is a high one."""
    net = Net()
    found = net.add(kind, net.input("a", (1, 4, 8, 8), scales[0], -3), net.input("b", (1, 4, 8, 8), scales[1], 17))
    limits = () if high is None else map(net.constant, np.float32((low, high)))
    found = net.add("Relu" if high is None else "Clip", found, *limits)
    return net, [net.quantise(found, 0.05, zero)]


def clip(low=0.0, high=6.0, scale=6 / 255, zero=-128):
    net = Net()
    found = net.add("Conv", net.input("x", (1, 3, 6, 5)), net.weights("clip", (4, 3, 1, 1)))
    found = net.add("Clip", found, *map(net.constant, np.float32((low, high))))
    return net, [net.quantise(found, scale, zero)]


def gemm(seed, x, w, *, type="int8", per_channel=False, bias=True, out=0.3, zeros=(10, -3), transposed=True):
    net = Net(type)
    count, axis = (w[0], 0) if transposed else (w[1], 1)
    scale = channels(seed, count) if per_channel else np.float32(0.01)
    inputs = [net.input("x", x, 0.05, zeros[0]), net.weights(seed, w, scale, axis=axis)]
    if bias:
        inputs.append(net.bias(seed, count, np.float32(0.05) * scale))
    return net, [net.quantise(net.add("Gemm", *inputs, transB=int(transposed)), out, zeros[1])]


def matmul(seed, x, w, **fields):
    net = Net(fields.pop("type", "int8"))
    found = net.add("MatMul", net.input("x", x), net.weights(seed, w, fields.get("scale", 0.01), axis=1))
    return net, [net.quantise(found, 0.3)]


def pairwise(kind, a, b, scales=(0.05, 0.0313, 0.07), zeros=(-3, 17, -60), type="int8", fixed=False):
    net = Net(type)
    first = net.input("a", a, scales[0], zeros[0])
    if fixed:
        second = net.add(
            "DequantizeLinear", net.constant(numbers(kind, b)), *net.parameters(scales[1], zeros[1]), name="fixed"
        )
    else:
        second = net.input("b", b, scales[1], zeros[1])
    return net, [net.quantise(net.add(kind, first, second), scales[2], zeros[2])]


def one(kind, shape, *constants, type="int8", scales=(0.05, 0.04), zeros=(-9, 3), opset=17, **attributes):
    """Operator of one tensor."""
    net = Net(type, opset)
    inputs = [net.constant(each) for each in constants]
    return net, [
        net.quantise(
            net.add(kind, net.input("x", shape, scales[0], zeros[0]), *inputs, **attributes), scales[1], zeros[1]
        )
    ]


def moved(kind, shape, *constants, **fields):
    """Data movement: scale and zero point remain."""
    return one(kind, shape, *constants, scales=(0.05, 0.05), zeros=(-9, -9), **fields)


def concatenation(scales=(0.05, 0.02)):
    net = Net()
    x = net.input("x", (1, 3, 4, 5))
    y = net.quantise(net.add("Conv", x, net.weights("concatenation", (2, 3, 1, 1))), scales[1], 9)
    return net, [net.quantise(net.add("Concat", x, y, x, axis=1))]


def split():
    net = Net()
    x = net.input("x", (1, 7, 2, 3))
    parts = net.add("Split", x, net.constant(np.array([1, 4, 2])), outputs=["p", "q", "r"], axis=1)
    return net, [net.quantise(net.add("Relu", part), 0.06, -20) for part in parts]


def residual(type="int8", floating=False):
    """Block of an image network: padding, a tensor read twice, average, views, dense layer, softmax."""
    zero = 0 if type == "int8" else 128
    net = Net(type)
    x = net.input("x", (1, 6, 6, 5), 0.05, zero - 5, floating)
    w = net.weights("residual", (6, 6, 3, 3), channels("residual", 6))
    b = net.bias("residual", 6, np.float32(0.05) * channels("residual", 6))
    c = net.quantise(net.add("Conv", x, w, b, pads=[1, 1, 1, 1]), 0.5, zero + 3)
    s = net.quantise(net.add("Relu", net.add("Add", c, x)), 0.3, zero - 128)
    m = net.quantise(net.add("GlobalAveragePool", s), 0.2, zero - 128)
    f = net.quantise(net.add("Flatten", m), 0.2, zero - 128)
    d = net.add("Gemm", f, net.weights("residual dense", (4, 6)), transB=1)
    d = net.quantise(d, 0.06, zero + 10)
    return net, [net.quantise(net.add("Softmax", d), 1 / 256, zero - 128)]


def qlinear():
    """Operators with scales as inputs, on integers."""
    net = Net("uint8")
    net.declare("x", (1, 3, 5, 4))
    px, pw = net.parameters(0.05, 120), net.parameters(channels("qlinear", 6), 0, "int8")
    w = net.constant(numbers("qlinear", (6, 3, 3, 3), -127))
    b = net.constant(numbers("qlinear bias", (6,), -3000, 3000, np.int32))
    py, ps = net.parameters(0.3, 130), net.parameters(0.35, 121)
    c = net.qlinear("QLinearConv", "x", *px, w, *pw, *py, b, domain="", pads=[1, 1, 1, 1])
    a = net.qlinear("QLinearAdd", c, *py, c, *py, *ps)
    m = net.qlinear("QLinearMul", a, *ps, c, *py, *(pm := net.parameters(4.1, 127)))
    g = net.qlinear("QLinearGlobalAveragePool", m, *pm, *(pg := net.parameters(1.5, 127)), channels_last=0)
    f = net.qlinear("Flatten", g, domain="")
    pd, pr = net.parameters(0.0003, 0, "int8"), net.parameters(0.04, 128)
    d = net.constant(numbers("qlinear dense", (5, 6), -127))
    r = net.qlinear("QGemm", f, *pg, d, *pd, "", *pr, transB=1)
    s = net.qlinear("QLinearSigmoid", r, *pr, *net.parameters(1 / 256, 0))
    return net, [s]


def qlinear_rows():
    """Further operators with scales as inputs, on int8."""
    net = Net()
    net.declare("x", (1, 3, 6, 6))
    px, pa, pl, pc = (net.parameters(scale, zero) for scale, zero in ((0.05, -5), (0.03, 9), (0.04, 2), (0.045, 0)))
    a = net.qlinear("QLinearAveragePool", "x", *px, *pa, kernel_shape=[2, 2], strides=[2, 2])
    leaky = net.qlinear("QLinearLeakyRelu", a, *pa, *pl, alpha=0.2)
    c = net.qlinear("QLinearConcat", *pc, a, *pa, leaky, *pl, axis=1)
    r = net.add("Reshape", c, net.constant(np.array([6, 9])))
    w, pw, pm = net.constant(numbers("rows", (9, 7), -127)), net.parameters(0.01, 0), net.parameters(0.06, 3)
    m = net.qlinear("QLinearMatMul", r, *pc, w, *pw, *pm, domain="")
    return net, [net.qlinear("QLinearSoftmax", m, *pm, *net.parameters(1 / 256, -128), axis=-1, opset=13)]


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
    "softmax channels": one("Softmax", (1, 5, 3, 4), axis=1, scales=(0.02, 1 / 200), zeros=(-9, -128)),
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
