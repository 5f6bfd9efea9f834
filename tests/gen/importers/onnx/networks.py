"""Small networks: each function returns a network and the names of its outputs."""

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


def unsigned_weights():
    net = Net("uint8")
    w = net.weights("unsigned", (4, 3, 3, 3), type="uint8", zero=128)
    return net, [net.quantise(net.add("Conv", net.input("x", (1, 3, 6, 5)), w), 0.3, 140)]


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


def flattened(shape, kind="Flatten"):
    """Dense layer after an image that is larger than one point."""
    net = Net()
    x = net.quantise(net.add("Conv", net.input("x", shape), net.weights("flattened", (4, 3, 2, 2))), 0.3)
    x = net.quantise(net.add(kind, x, *[net.constant(np.array([shape[0], -1]))] * (kind == "Reshape")), 0.3)
    size = 4 * (shape[2] - 1) * (shape[3] - 1)
    return net, [net.quantise(net.add("Gemm", x, net.weights("flattened dense", (5, size), 0.001), transB=1))]


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
