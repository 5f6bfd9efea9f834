"""Networks of the tests: every operator in odd shapes, with the quirks of real files."""

import numpy as np

from .files import Graph, Op, T, constant, numbers

RELU, RELU_N1_TO_1, RELU6 = 1, 2, 3
SAME, VALID = 0, 1


def weights(seed, shape, *, axis=0, channels=None, per_channel=True, spread=0.01):
    """Weights with one scale for each channel."""
    count = shape[axis] if channels is None else channels
    scales = tuple(spread * (0.3 + numbers(f"{seed} scales", count, 0, 100) / 70)) if per_channel else spread
    return T(shape, numbers(seed, shape, -127), scales, axis=axis)


def bias(seed, count, low=-3000, high=3000):
    return T((count,), numbers(f"{seed} bias", count, low, high, np.int32), 0.001, type="INT32")


def conv(
    seed, x, w, y, *, kind="CONV_2D", stride=(1, 1), padding=SAME, dilation=(1, 1), zeros=(-5, 7), out=0.9, **more
):
    """Convolution from `x` to `y`; `w` are the weights in the layout of the file."""
    depthwise = kind == "DEPTHWISE_CONV_2D"
    axis = 3 if depthwise else 0
    options = {"StrideH": stride[0], "StrideW": stride[1], "Padding": padding}
    options |= {"DilationHFactor": dilation[0], "DilationWFactor": dilation[1]}
    options |= {"FusedActivationFunction": more.pop("activation", 0)}
    if depthwise:
        options["DepthMultiplier"] = w[3] // x[3]
    tensors = {"x": T(x, zero=zeros[0]), "w": more.pop("weights", weights(seed, w, axis=axis))}
    inputs = ["x", "w"]
    if more.pop("with_bias", True):
        tensors["b"], inputs = more.pop("biases", bias(seed, w[axis])), [*inputs, "b"]
    tensors["y"] = T(y, None, out, zeros[1])
    assert not more, more
    return [Graph(tensors, [Op(kind, tuple(inputs), ("y",), options)])]


def depthwise(seed, x, w, y, **more):
    return conv(seed, x, w, y, kind="DEPTHWISE_CONV_2D", **more)


def dense(seed, x, w, y, *, activation=0, per_channel=False, with_bias=True, out=0.7, spread=0.01, **options):
    tensors = {"x": T(x, zero=89), "w": weights(seed, w, per_channel=per_channel, spread=spread)}
    if with_bias:
        tensors["b"] = bias(seed, w[0])
    tensors["y"] = T(y, None, out, -11)
    options = {"FusedActivationFunction": activation, **options}
    return [Graph(tensors, [Op("FULLY_CONNECTED", ("x", "w", *["b"] * with_bias), ("y",), options)])]


def dead_channels():
    """Channels whose scale is nearly 0, so that the shift is far below -31, and whose bias is 2^30."""
    scales = (0.01, 1e-17, 3e-12, 0.02)
    w = T((4, 3, 3, 5), numbers("dead", (4, 3, 3, 5), -127), scales)
    b = T((4,), np.array([100, 2**30, -(2**30), -7], np.int32), 0.001, type="INT32")
    return conv("dead", (1, 5, 5, 5), (4, 3, 3, 5), (1, 5, 5, 4), weights=w, biases=b)


def dense_ties():
    """Sums at which the float32 product of the scales and the exact one round to different results."""
    x, w, out = np.float32(0.0571), np.float32(0.00713), np.float32(4000.3)
    ratios = sorted((float(x * w) / float(out), float(x) * float(w) / float(out)))
    sums = np.array([round((n + 0.5) / np.mean(ratios)) for n in range(20, 120)], np.int32)
    tensors = {"x": T((1, 3), None, float(x)), "w": T((100, 3), np.zeros((100, 3), np.int8), float(w))}
    tensors |= {"b": T((100,), sums, float(x * w), type="INT32"), "y": T((1, 100), None, float(out))}
    return [Graph(tensors, [Op("FULLY_CONNECTED", ("x", "w", "b"), ("y",), {"FusedActivationFunction": 0})])]


def pairwise(kind, a, b, y, scales, zeros=(-3, 17, -60), *, activation=0, fixed=None):
    tensors = {"a": T(a, None, scales[0], zeros[0]), "b": T(b, fixed, scales[1], zeros[1])}
    tensors["y"] = T(y, None, scales[2], zeros[2])
    inputs = ("a", "b") if fixed is None else ("a",)
    return [Graph(tensors, [Op(kind, ("a", "b"), ("y",), {"FusedActivationFunction": activation})], inputs)]


def pool(kind, x, y, window, stride, *, padding=SAME, activation=0, scale=0.05):
    options = {"FilterHeight": window[0], "FilterWidth": window[1], "StrideH": stride[0], "StrideW": stride[1]}
    options |= {"Padding": padding, "FusedActivationFunction": activation}
    tensors = {"x": T(x, None, scale, -20), "y": T(y, None, scale, -20)}
    return [Graph(tensors, [Op(kind, ("x",), ("y",), options)])]


def unary(kind, *, x=0.05, zero=-9, y=0.05, out_zero=-9, shape=(1, 256), types=("INT8", "INT8"), **options):
    tensors = {"x": T(shape, None, x, zero, types[0]), "y": T(shape, None, y, out_zero, types[1])}
    return [Graph(tensors, [Op(kind, ("x",), ("y",), options)])]


def move(kind, x, y, *parameters, first=False, **options):
    """Operator that moves values; parameters are constants, before x with `first`."""
    tensors = {"x": T(x, zero=4), "y": T(y, zero=4)}
    constants = {f"p{n}": each if isinstance(each, T) else constant(each) for n, each in enumerate(parameters)}
    inputs = (*constants, "x") if first else ("x", *constants)
    return [Graph(tensors | constants, [Op(kind, inputs, ("y",), options)])]


def mean(x, y, axes, keep=True, scales=(0.05, 0.03)):
    tensors = {"x": T(x, None, scales[0], -9), "axes": constant(axes), "y": T(y, None, scales[1], 20)}
    options = {"table": "ReducerOptions", "KeepDims": keep}
    return [Graph(tensors, [Op("MEAN", ("x", "axes"), ("y",), options)])]


def split(kind, x, parts, *parameters, axis_first=True):
    names = tuple(f"y{n}" for n in range(len(parts)))
    tensors = {"x": T(x)} | {name: T(part) for name, part in zip(names, parts, strict=True)}
    constants = {f"p{n}": constant(each) for n, each in enumerate(parameters)}
    inputs = ("p0", "x") if axis_first else ("x", *constants)
    options = {"table": "SplitOptions" if axis_first else "SplitVOptions", "NumSplits": len(parts)}
    return [Graph(tensors | constants, [Op(kind, inputs, names, options)], outputs=names)]


def concatenation():
    """One input is used twice, one is a constant."""
    tensors = {"x": T((1, 2, 3, 5)), "c": T((1, 2, 1, 5), numbers("concatenation", (1, 2, 1, 5)))}
    tensors |= {"y": T((1, 2, 7, 5))}
    return [Graph(tensors, [Op("CONCATENATION", ("x", "c", "x"), ("y",), {"Axis": -2})])]


def stream(initial=True):
    """Ring buffer of four rows: read, appended to, convolved, shifted and assigned; then read again."""
    handle = {"Container": "", "SharedName": "ring"}
    ring, row = (1, 4, 1, 3), (1, 1, 1, 3)
    tensors = {
        "x": T(row, zero=-9),
        "h": T((), None, None, type="RESOURCE"),
        "old": T(ring, zero=-9),
        "all": T((1, 5, 1, 3), zero=-9),
        **{name: constant(values) for name, values in (("b", (0, 1, 0, 0)), ("e", (0, 5, 0, 0)), ("s", (1,) * 4))},
        "new": T(ring, zero=-9),
        "w": weights("stream", (2, 5, 1, 3)),
        "y": T((1, 1, 1, 2), None, 0.4, 3),
        "again": T(ring, zero=-9),
    }
    operators = [
        Op("VAR_HANDLE", (), ("h",), handle),
        Op("READ_VARIABLE", ("h",), ("old",)),
        Op("CONCATENATION", ("old", "x"), ("all",), {"Axis": 1}),
        Op("STRIDED_SLICE", ("all", "b", "e", "s"), ("new",), {"BeginMask": 13, "EndMask": 15}),
        Op("ASSIGN_VARIABLE", ("h", "new"), ()),
        Op("CONV_2D", ("all", "w"), ("y",), {"StrideH": 1, "StrideW": 1, "Padding": VALID}),
        Op("READ_VARIABLE", ("h",), ("again",)),
    ]
    main = Graph(tensors, operators, outputs=("y", "again"))
    if not initial:
        return [main]
    first = {"h": T((), None, None, type="RESOURCE"), "v": T(ring, numbers("ring", ring), zero=-9)}
    begin = Graph(first, [Op("VAR_HANDLE", (), ("h",), handle), Op("ASSIGN_VARIABLE", ("h", "v"), ())], (), ())
    return [
        Graph(tensors, [Op("CALL_ONCE", (), (), {"InitSubgraphIndex": 1}), *operators], outputs=("y", "again")),
        begin,
    ]


def residual():
    """Block with a tensor that is used twice, names that are absent or equal, and a batch of unknown size."""
    image = (1, 6, 5, 6)
    tensors = {
        "x": T(image, zero=-5, signature=(-1, 6, 5, 6)),
        "w": weights("residual", (6, 3, 3, 6)),
        "b": bias("residual", 6),
        "c": T(image, None, 1.1, 3, name="x"),
        "s": T(image, None, 1.0, -20, name=""),
        "axes": constant((1, 2)),
        "m": T((1, 6), None, 0.4, 2),
        "d": weights("residual dense", (4, 6), per_channel=False),
        "l": T((1, 4), None, 0.06, 10),
        "y": T((1, 4), None, 1 / 256, -128),
    }
    operators = [
        Op("CONV_2D", ("x", "w", "b"), ("c",), {"StrideH": 1, "StrideW": 1}),
        Op("ADD", ("c", "x"), ("s",), {"FusedActivationFunction": RELU}),
        Op("MEAN", ("s", "axes"), ("m",), {"table": "ReducerOptions", "KeepDims": False}),
        Op("FULLY_CONNECTED", ("m", "d", None), ("l",), {"FusedActivationFunction": 0}),
        Op("SOFTMAX", ("l",), ("y",), {"Beta": 1.0}),
    ]
    return [Graph(tensors, operators), Graph({"z": T((1,))}, [], ("z",), ("z",))]


CASES = {
    "conv same odd": conv("a", (1, 7, 8, 3), (5, 3, 4, 3), (1, 4, 4, 5), stride=(2, 2), activation=RELU),
    "conv 10x4": conv(
        "b", (1, 21, 10, 1), (6, 10, 4, 1), (1, 11, 5, 6), stride=(2, 2), zeros=(83, -128), activation=RELU
    ),
    "conv valid 3x1": conv("c", (1, 9, 1, 40), (30, 3, 1, 40), (1, 3, 1, 30), stride=(3, 1), padding=VALID, out=3.0),
    "conv dilated": conv("d", (1, 9, 9, 4), (3, 3, 2, 4), (1, 9, 9, 3), dilation=(2, 3), activation=RELU6, out=6 / 200),
    "conv groups": conv("e", (1, 5, 6, 6), (4, 3, 3, 3), (1, 5, 6, 4), out=0.5),
    "conv no bias": conv("f", (2, 4, 4, 7), (9, 1, 1, 7), (2, 2, 2, 9), stride=(2, 2), with_bias=False),
    "conv clamped": conv("g", (1, 3, 3, 2), (3, 1, 1, 2), (1, 3, 3, 3), activation=RELU_N1_TO_1, out=0.01),
    "conv one scale": conv(
        "h", (1, 4, 4, 3), (5, 2, 2, 3), (1, 4, 4, 5), weights=weights("h", (5, 2, 2, 3), per_channel=False)
    ),
    "conv dead channels": dead_channels(),
    "depthwise": depthwise("a", (1, 9, 7, 6), (1, 3, 3, 6), (1, 5, 4, 6), stride=(2, 2), activation=RELU, out=0.4),
    "depthwise times 8": depthwise("b", (1, 6, 5, 1), (1, 3, 3, 8), (1, 6, 5, 8), out=0.4),
    "depthwise times 3": depthwise("c", (1, 5, 5, 5), (1, 2, 3, 15), (1, 5, 5, 15), out=0.4),
    "depthwise 21x1": depthwise("d", (1, 21, 1, 20), (1, 21, 1, 20), (1, 1, 1, 20), padding=VALID, with_bias=False),
    "depthwise dilated": depthwise("e", (1, 12, 4, 5), (1, 5, 1, 5), (1, 12, 4, 5), dilation=(2, 1), out=0.5),
    "dense": dense("a", (1, 40), (11, 40), (1, 11), activation=RELU),
    "dense one": dense("b", (1, 300), (1, 300), (1, 1)),
    "dense no bias": dense("c", (3, 20), (6, 20), (3, 6), with_bias=False),
    "dense image": dense("d", (1, 2, 3, 4), (5, 24), (1, 5), activation=RELU6, out=0.06, spread=0.002),
    "dense kept": dense("e", (2, 3, 10), (7, 10), (2, 3, 7), KeepNumDims=True),
    "dense flat": dense("f", (2, 3, 10), (7, 10), (6, 7)),
    "dense ties": dense_ties(),
    "dense per channel": dense("g", (2, 30), (9, 30), (2, 9), per_channel=True),
    "add": pairwise("ADD", (1, 8, 8, 4), (1, 8, 8, 4), (1, 8, 8, 4), (0.05, 0.0313, 0.07)),
    "add relu": pairwise("ADD", (1, 8, 8, 4), (1, 8, 8, 4), (1, 8, 8, 4), (0.01, 0.9, 0.8), activation=RELU),
    "add channels": pairwise("ADD", (1, 4, 4, 6), (1, 1, 1, 6), (1, 4, 4, 6), (0.05, 0.02, 0.06)),
    "add constant": pairwise(
        "ADD", (1, 4, 4, 6), (6,), (1, 4, 4, 6), (0.05, 0.02, 0.06), fixed=numbers("add", (6,)), activation=RELU6
    ),
    "sub": pairwise("SUB", (1, 8, 8, 4), (1, 8, 8, 4), (1, 8, 8, 4), (0.05, 0.0313, 0.07)),
    "sub channels": pairwise("SUB", (1, 8, 8, 4), (1, 1, 1, 4), (1, 8, 8, 4), (0.013, 0.0717, 0.051), activation=RELU),
    "mul": pairwise("MUL", (1, 8, 8, 4), (1, 8, 8, 4), (1, 8, 8, 4), (0.05, 0.0313, 0.09)),
    "mul channels": pairwise("MUL", (1, 8, 8, 4), (1, 1, 1, 4), (1, 8, 8, 4), (0.05, 1 / 256, 0.02), activation=RELU6),
    "average": pool("AVERAGE_POOL_2D", (1, 9, 9, 3), (1, 5, 5, 3), (3, 3), (2, 2)),
    "average relu": pool("AVERAGE_POOL_2D", (1, 8, 8, 3), (1, 8, 4, 3), (4, 3), (1, 2), activation=RELU),
    "average image": pool("AVERAGE_POOL_2D", (1, 25, 5, 4), (1, 1, 1, 4), (25, 5), (25, 5), padding=VALID),
    "max": pool("MAX_POOL_2D", (1, 9, 8, 4), (1, 5, 4, 4), (3, 2), (2, 2), activation=RELU),
    "max relu6": pool("MAX_POOL_2D", (1, 7, 7, 2), (1, 7, 7, 2), (3, 3), (1, 1), activation=RELU6),
    "mean": mean((1, 7, 5, 6), (1, 1, 1, 6), (1, 2), scales=(0.05, 0.01)),
    "mean rows": mean((1, 11, 6, 3), (1, 6, 3), (1,), keep=False),
    "mean columns": mean((2, 5, 6, 3), (2, 5, 1, 3), (-2,)),
    "mean channels": mean((2, 3, 4, 10), (2, 3, 4), (-1,), keep=False),
    "mean apart": mean((2, 5, 4, 6), (2, 1, 4, 1), (1, 3), scales=(0.05, 0.02)),
    "mean all": mean((3, 4, 5), (1, 1, 1), (0, 1, 2), scales=(0.05, 0.006)),
    "mean of ones": mean((1, 1, 1, 6), (1, 1, 1, 6), (1, 2)),
    "pad": move("PAD", (1, 3, 4, 2), (1, 5, 4, 5), ((0, 0), (1, 1), (0, 0), (0, 3))),
    "padv2": move("PADV2", (1, 3, 2), (1, 4, 5), ((0, 0), (0, 1), (2, 1)), T((), np.int8(-77), zero=4)),
    "concatenation": concatenation(),
    "strided slice": move(
        "STRIDED_SLICE", (1, 6, 5, 3), (1, 2, 3, 3), (0, 1, -3, 0), (1, 5, 9, 1), (1, 2, 1, 1), EndMask=8
    ),
    "strided slice shrunk": move(
        "STRIDED_SLICE", (2, 6, 3), (2, 3), (0, -2, 0), (0, 0, 3), (1, 1, 1), EndMask=1, ShrinkAxisMask=2
    ),
    "slice": move("SLICE", (1, 6, 5, 3), (1, 2, 5, 2), (0, 3, 0, 1), (1, 2, -1, -1), table="SliceOptions"),
    "split": split("SPLIT", (1, 3, 4, 6), [(1, 3, 4, 2)] * 3, -1),
    "split sizes": split("SPLIT_V", (1, 7, 2), [(1, 1, 2), (1, 4, 2), (1, 2, 2)], (1, -1, 2), 1, axis_first=False),
    "reshape": move("RESHAPE", (1, 3, 1, 8), (2, 12), (2, -1)),
    "squeeze": move("SQUEEZE", (1, 3, 1, 8), (3, 8), table="SqueezeOptions"),
    "expand dims": move("EXPAND_DIMS", (3, 8), (3, 1, 8), 1, table="ExpandDimsOptions"),
    "transpose": move("TRANSPOSE", (1, 3, 4, 5), (1, 5, 3, 4), (0, 3, 1, 2), table="TransposeOptions"),
    "requantise": unary("QUANTIZE", y=0.031, out_zero=5),
    "requantise finer": unary("QUANTIZE", y=0.31, out_zero=-100),
    "requantise uint8": unary("QUANTIZE", x=1 / 256, zero=-128, y=1 / 256, out_zero=0, types=("INT8", "UINT8")),
    "requantise from uint8": unary("QUANTIZE", x=0.02, zero=131, y=0.03, types=("UINT8", "INT8")),
    "requantise int16": unary("QUANTIZE", y=0.0007, out_zero=0, types=("INT8", "INT16")),
    "requantise from int16": unary("QUANTIZE", x=0.0007, zero=0, y=0.11, types=("INT16", "INT8")),
    "logistic": unary("LOGISTIC", y=1 / 256, out_zero=-128),
    "logistic wide": unary("LOGISTIC", x=0.31, zero=30, y=1 / 256, out_zero=-128),
    "logistic narrow": unary("LOGISTIC", x=0.0021, zero=-128, y=1 / 256, out_zero=-128),
    "tanh": unary("TANH", y=1 / 128, out_zero=0),
    "tanh wide": unary("TANH", x=0.13, zero=101, y=1 / 128, out_zero=0),
    "hard swish": unary("HARD_SWISH", x=0.06, zero=3, y=0.05, out_zero=-100),
    "hard swish wide": unary("HARD_SWISH", x=0.3, zero=-20, y=0.2, out_zero=-120),
    "hard swish narrow": unary("HARD_SWISH", x=0.003, zero=-20, y=0.004, out_zero=0),
    "leaky relu": unary("LEAKY_RELU", y=0.04, out_zero=-30, Alpha=0.1),
    "leaky relu steep": unary("LEAKY_RELU", x=0.07, zero=12, y=0.09, out_zero=7, Alpha=1.3),
    "relu": unary("RELU", y=0.023, out_zero=-128),
    "relu equal": unary("RELU"),
    "relu6": unary("RELU6", x=0.05, y=0.05),
    # Scales whose ratios give ties that float32 and float64 decide differently.
    "relu ties": unary("RELU", x=0.084493235, zero=0, y=0.13143392, out_zero=0),
    "requantise ties": unary("QUANTIZE", x=0.05946343, zero=0, y=0.020682933, out_zero=0),
    "leaky relu ties": unary("LEAKY_RELU", x=0.039675854, zero=0, y=0.020529525, out_zero=0, Alpha=0.3),
    "hard swish ties": unary("HARD_SWISH", x=0.07317545, zero=0, y=0.025121145, out_zero=0),
    "relu6 ties": unary("RELU6", x=0.5714286, zero=-128, y=0.5714286, out_zero=-128),
    "sub ties": pairwise(
        "SUB", (1, 16, 16, 4), (1, 16, 16, 4), (1, 16, 16, 4), (0.0750701, 0.025023365, 0.1501402), (0, 0, 0)
    ),
    "add ties": pairwise(
        "ADD", (1, 16, 16, 4), (1, 16, 16, 4), (1, 16, 16, 4), (0.06996667, 0.017491667, 0.17491667), (0, 0, 0)
    ),
    "softmax": unary("SOFTMAX", x=0.047, y=1 / 256, out_zero=-128, shape=(60, 12), Beta=1.0),
    "softmax of two": unary("SOFTMAX", x=0.0039, y=1 / 256, out_zero=-128, shape=(1, 40, 2), Beta=2.5),
    "resize": move("RESIZE_NEAREST_NEIGHBOR", (1, 3, 4, 2), (1, 7, 5, 2), (7, 5), AlignCorners=False),
    "resize float32": move("RESIZE_NEAREST_NEIGHBOR", (1, 14, 2, 1), (1, 46, 2, 1), (46, 2), AlignCorners=False),
    "resize corners": move("RESIZE_NEAREST_NEIGHBOR", (1, 5, 4, 2), (1, 3, 11, 2), (3, 11), AlignCorners=True),
    "resize centres": move("RESIZE_NEAREST_NEIGHBOR", (1, 5, 4, 2), (1, 8, 3, 2), (8, 3), HalfPixelCenters=True),
    "stream": stream(),
    "stream from zero": stream(initial=False),
    "residual": residual(),
}
"""Subgraphs of each file."""
STEPS = 4
"""Runs of each network, one after another."""


def inputs(name: str, graph, step: int) -> dict:
    """Inputs of a run by name; in the first they are all bytes in turn."""
    found = {}
    for label in graph.inputs:
        tensor = graph.tensors[label]
        dtype, limits = np.dtype(tensor.type.lower()), np.iinfo(tensor.type.lower())
        if step == 0 and dtype.itemsize == 1:
            found[label] = np.resize(np.arange(256, dtype=np.uint8), tensor.shape).view(dtype)
        else:
            found[label] = numbers(f"{name} {label} {step}", tensor.shape, limits.min, limits.max, dtype)
    return found
