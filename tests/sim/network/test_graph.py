"""Graphs: order, lifetimes, and a sentence that names the cause of every ill-formed one."""

import numpy as np
import pytest

from systola.sim.network.arithmetic import Bfloat16, Coded, Exact, FixedPoint, Onnx, Tflite
from systola.sim.network.graph import (
    Activation,
    Addition,
    Concatenation,
    Convolution,
    Dense,
    Graph,
    GraphError,
    Multiplication,
    Padding,
    Pooling,
    Reshape,
    Slice,
    Softmax,
    Tensor,
    same,
)

X = Tensor("x", (1, 6, 6, 4), "int8", zero_point=3)
W = Tensor("w", (3, 3, 4, 8), "int8", np.ones((3, 3, 4, 8), np.int8))
B = Tensor("b", (8,), "int32", np.zeros(8, np.int32))
Y = Tensor("y", (1, 4, 4, 8), "int32")


def graph_of(node, *tensors, inputs=("x",), outputs=("y",)):
    """The graph of one node or several."""
    return Graph(tensors, node if isinstance(node, list) else [node], inputs, outputs)


def chain():
    """Two convolutions and the sum of both, given in reverse order."""
    tensors = [
        X,
        Tensor("w", (1, 1, 4, 4), "int8", np.ones((1, 1, 4, 4), np.int8)),
        *(Tensor(name, (1, 6, 6, 4), "int32") for name in "pqs"),
    ]
    nodes = [
        Addition("sum", ("p", "q"), "s"),
        Convolution("second", ("p", "w"), "q"),
        Convolution("first", ("x", "w"), "p"),
    ]
    return Graph(tensors, nodes, ["x"], ["s"])


def test_nodes_are_in_topological_order_with_their_neighbours():
    graph = chain()
    assert [node.name for node in graph.nodes] == ["first", "second", "sum"]
    assert graph.producer("q").name == "second"
    assert graph.producer("x") is graph.producer("w") is None
    assert [node.name for node in graph.consumers("p")] == ["second", "sum"]
    assert graph["p"] is graph.tensor("p")
    assert graph.macs == 2 * 36 * 16


def test_a_topological_order_is_kept():
    tensors = [X, *(Tensor(name, X.shape, "int8", zero_point=3) for name in "abcd")]
    relu = Tflite()
    nodes = [Activation(f"n{b}", (a,), b, relu) for a, b in ("xa", "xc", "ab", "cd")]
    assert list(Graph(tensors, nodes, ["x"], ["b", "d"]).nodes) == nodes


def test_lifetimes():
    assert chain().lifetimes == {"x": (-1, 0), "p": (0, 2), "q": (1, 2), "s": (2, 3)}


def test_a_constant_and_its_size():
    assert W.constant
    assert not X.constant
    assert W.size == 288
    assert Tensor("c", (2,), "bfloat16").dtype == np.uint16
    assert Tensor("c", (2,), "flint4").dtype == np.uint8
    assert Tensor("c", (2,), "uint12").dtype == np.uint16


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shape": (2, 0)}, r"tensor t: shape \(2, 0\) must consist of positive integers"),
        ({"type": "int9000"}, "tensor t: type int9000 must be int8, uint8, .* or the name of a coded format"),
        ({"type": "uint8", "zero_point": -1}, "tensor t: zero point -1 must be from 0 to 255"),
        ({"type": "float32", "zero_point": 1}, "tensor t: zero point 1 must be from 0 to 0"),
        ({"scale": 0.0}, "tensor t: scale 0.0 must be positive and finite"),
        ({"scale": (1.0, 2.0)}, r"tensor t: 2 scales do not fit the last axis of shape \(2, 3\)"),
        ({"value": np.zeros((2, 3), np.int16)}, "tensor t: value must be an array of int8, not int16"),
        ({"value": np.zeros((3, 2), np.int8)}, r"tensor t: value must have shape \(2, 3\), not \(3, 2\)"),
        ({"value": [[1, 2, 3], [4, 5, 6]]}, "tensor t: value must be an array of int8, not list"),
        ({"type": "pot4", "value": np.full((2, 3), 16, np.uint8)}, "tensor t: value 16 is not a code of 4 bits"),
        ({"type": "olive_int4"}, r"tensor t: pairs of olive_int4 need an even last axis, not shape \(2, 3\)"),
        ({"name": ""}, "tensor name '' must be a string that is not empty"),
    ],
)
def test_an_ill_formed_tensor(fields, message):
    with pytest.raises(GraphError, match=f"^{message}$"):
        Tensor(**{"name": "t", "shape": (2, 3), "type": "int8"} | fields)


def test_a_cycle_is_named():
    tensors = [Tensor(name, (4,), "int32") for name in "xabc"]
    nodes = [Addition("one", ("x", "c"), "a"), Addition("two", ("a", "x"), "b"), Addition("three", ("b", "x"), "c")]
    with pytest.raises(GraphError, match=r"^nodes (one|two|three)( -> (one|two|three)){3} form a cycle$"):
        Graph(tensors, nodes, ["x"], ["c"])


def conv(inputs=("x", "w"), output="y", arithmetic=None, **fields):
    return Convolution("conv", inputs, output, arithmetic or Exact(), **fields)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: graph_of(conv(("x", "v")), X, W, Y), "node conv: tensor v is not in the graph"),
        (lambda: graph_of(conv(output="z"), X, W, Y), "node conv: tensor z is not in the graph"),
        (
            lambda: graph_of(conv(), X, Tensor("w", W.shape, "int8"), Y),
            "tensor w is neither a constant, an input nor produced by a node, and node conv reads it",
        ),
        (
            lambda: graph_of(conv(), X, W, Y, Tensor("z", (1,), "int8"), outputs=("y", "z")),
            "tensor z is neither a constant, an input nor produced by a node",
        ),
        (lambda: graph_of(conv(), X, W, Y, outputs=("z",)), "output z is not a tensor of the graph"),
        (lambda: graph_of(conv(), X, W, Y, inputs=("x", "z")), "input z is not a tensor of the graph"),
        (lambda: graph_of(conv(), X, W, Y, inputs=("x", "w")), "input w is a constant"),
        (lambda: graph_of(conv(), X, W, Y, inputs=("x", "x")), "inputs x, x must all be different"),
        (lambda: graph_of(conv(), X, X, W, Y), "tensor x is in the graph twice"),
        (lambda: graph_of([conv(), conv()], X, W, Y), "node conv is in the graph twice"),
        (
            lambda: graph_of([conv(), Convolution("again", ("x", "w"), "y")], X, W, Y),
            "tensor y is produced twice, by conv and by again",
        ),
        (lambda: graph_of(conv(output="w"), X, W, Y), "node conv: its output w is a constant"),
        (lambda: graph_of(conv(), X, W, Y, inputs=("x", "y")), "node conv: its output y is an input"),
        (
            lambda: graph_of(conv(), X, W, Tensor("y", (1, 4, 4, 7), "int32")),
            r"node conv: result has shape \(1, 4, 4, 8\), and y has \(1, 4, 4, 7\)",
        ),
        (
            lambda: graph_of(conv(), X, W, Tensor("y", Y.shape, "int8")),
            "node conv: Exact produces int32, and y is int8",
        ),
        (
            lambda: graph_of(conv(), Tensor("x", X.shape, "float32"), W, Y),
            "node conv: Exact takes int8 or uint8 or int16 or uint16 or int32, and x is float32",
        ),
        (
            lambda: graph_of(conv(("x", "w", "b")), X, W, Tensor("b", (8,), "int8", np.zeros(8, np.int8)), Y),
            "node conv: Exact takes int32, and b is int8",
        ),
        (
            lambda: graph_of(conv(("x", "w", "b")), X, W, Tensor("b", (4,), "int32", np.zeros(4, np.int32)), Y),
            r"node conv: bias b must have shape \(8,\), not \(4,\)",
        ),
        (lambda: conv(("x",)), "node conv: 1 inputs given, and Convolution takes 2 to 3"),
        (lambda: Addition("add", ("x", "y", "z"), "s"), "node add: 3 inputs given, and Addition takes 2"),
        (lambda: Concatenation("c", (), "s", axis=0), "node c: 0 inputs given, and Concatenation takes 1 or more"),
        (lambda: conv(arithmetic="exact"), "node conv: arithmetic 'exact' must be an Arithmetic"),
        (lambda: conv(stride=(0, 1)), r"node conv: stride \(0, 1\) must be 2 integers of 1 or more"),
        (lambda: conv(stride=2), "node conv: stride 2 must be 2 integers of 1 or more"),
        (lambda: conv(dilation=(1, 0)), r"node conv: dilation \(1, 0\) must be 2 integers of 1 or more"),
        (
            lambda: conv(padding=((0, -1), (0, 0))),
            r"node conv: padding \(\(0, -1\), \(0, 0\)\) must be 4 integers of 0 or more",
        ),
        (lambda: conv(padding=(1, 1)), r"node conv: padding \(1, 1\) must be 4 integers of 0 or more"),
        (
            lambda: graph_of(conv(dilation=(3, 1)), X, W, Y),
            "node conv: a window of 7 rows is larger than the padded image of 6 rows",
        ),
        (lambda: graph_of(conv(groups=3), X, W, Y), "node conv: 3 groups do not divide 4 channels"),
        (lambda: graph_of(conv(groups=2), X, W, Y), "node conv: w has 4 channels, and a group of x has 2"),
        (
            lambda: graph_of(Dense("fc", ("x", "v"), "y"), X, Tensor("v", (5, 8), "int8", np.ones((5, 8), np.int8)), Y),
            r"node fc: v has 5 rows, and x has shape \(1, 6, 6, 4\)",
        ),
        (
            lambda: graph_of(Dense("fc", ("x", "w"), "y"), X, W, Y),
            r"node fc: w must have 2 axes, not shape \(3, 3, 4, 8\)",
        ),
        (lambda: Pooling("p", "x", "y", kind="min", window=(2, 2)), "node p: kind min must be max or average"),
        (
            lambda: Pooling("p", "x", "y", window=(2, 2), padding=((2, 0), (0, 0))),
            r"node p: padding \(\(2, 0\), \(0, 0\)\) must be less than the window \(2, 2\)",
        ),
        (
            lambda: graph_of(Pooling("p", "x", "y", window=(2, 7)), X, Y),
            "node p: a window of 7 columns is larger than the padded image of 6 columns",
        ),
        (
            lambda: graph_of(
                Pooling("p", "x", "y", kind="average", window=(3, 3)), X, Tensor("y", (1, 4, 4, 4), "int8")
            ),
            "node p: Exact does not define average",
        ),
        (
            lambda: graph_of(Pooling("p", "x", "y", window=(1, 1)), X, Tensor("y", X.shape, "int8")),
            "node p: zero point 3 of x must equal 0 of y",
        ),
        (
            lambda: graph_of(Addition("add", ("x", "w"), "y"), X, W, Y),
            r"node add: shapes \(1, 6, 6, 4\) of x and \(3, 3, 4, 8\) of w do not broadcast",
        ),
        (
            lambda: Activation("act", "x", "y", function="tanh"),
            "node act: function tanh needs a table, for it is not one of identity, relu, relu6",
        ),
        (
            lambda: Activation("act", "x", "y", function="tanh", table=np.zeros(128, np.int8)),
            r"node act: a table of shape \(128,\) must have shape \(256,\), or \(rows, 2\), rows a power of two",
        ),
        (
            lambda: graph_of(
                Activation("act", "x", "y", table=np.zeros(256, np.uint8)), X, Tensor("y", X.shape, "int8")
            ),
            "node act: the table holds uint8, and y holds int8",
        ),
        (
            lambda: graph_of(
                Activation("act", "x", "y", table=np.zeros(256, np.int8)),
                Tensor("x", (3,), "int16"),
                Tensor("y", (3,), "int8"),
            ),
            "node act: a table of 256 entries needs values of 8 bits, and x is int16",
        ),
        (
            lambda: graph_of(Activation("act", "x", "y", Tflite(), function="relu6"), X, Tensor("y", X.shape, "int8")),
            "node act: relu6 needs one scale of y",
        ),
        (
            lambda: graph_of(Reshape("r", "x", "y", to=(5, 5)), X, Tensor("y", (5, 5), "int8", zero_point=3)),
            r"node r: x has shape \(1, 6, 6, 4\), which does not reshape to \(5, 5\)",
        ),
        (
            lambda: graph_of(Reshape("r", "x", "y", to=(144,)), X, Tensor("y", (144,), "uint8", zero_point=3)),
            "node r: type int8 of x must equal uint8 of y",
        ),
        (
            lambda: graph_of(Concatenation("c", ("x", "w"), "y", axis=0), X, W, Y),
            r"node c: w of shape \(3, 3, 4, 8\) does not continue \(1, 6, 6, 4\) along axis 0",
        ),
        (
            lambda: graph_of(Concatenation("c", ("x", "x"), "y", axis=4), X, Y),
            r"node c: axis 4 is not an axis of shape \(1, 6, 6, 4\)",
        ),
        (
            lambda: graph_of(Padding("pad", "x", "y", pads=((0, 1),)), X, Y),
            r"node pad: pads \(\(0, 1\),\) must be 8 integers of 0 or more",
        ),
        (
            lambda: graph_of(
                Padding("pad", "x", "y", pads=((0, 0),) * 4, value=128), X, Tensor("y", X.shape, "int8", zero_point=3)
            ),
            "node pad: value 128 must be from -128 to 127 for int8",
        ),
        (
            lambda: graph_of(Slice("s", "x", "y", begin=(0, 0, 0, 2), size=(1, 1, 1, 3)), X, Y),
            r"node s: begin \(0, 0, 0, 2\) and size \(1, 1, 1, 3\) exceed shape \(1, 6, 6, 4\) of x",
        ),
        (
            lambda: graph_of(
                Slice("s", "x", "y", begin=(1,), size=(2,)),
                Tensor("x", (4,), "olive_int4"),
                Tensor("y", (2,), "olive_int4"),
            ),
            r"node s: begin \(1,\) and stride None separate the pairs of olive_int4",
        ),
        (
            lambda: graph_of(conv(arithmetic=Tflite()), X, W, Tensor("y", Y.shape, "int8")),
            "node conv: Tflite needs a multiplier for dot",
        ),
        (
            lambda: graph_of(conv(arithmetic=Tflite(np.ones(3), np.zeros(3))), X, W, Tensor("y", Y.shape, "int8")),
            r"node conv: 3 values of multiplier do not fit the last axis of y, shape \(1, 4, 4, 8\)",
        ),
        (
            lambda: graph_of(conv(arithmetic=Tflite(1, 0, low=-129)), X, W, Tensor("y", Y.shape, "int8")),
            "node conv: low=-129 is outside int8 of y, -128 to 127",
        ),
        (
            lambda: graph_of(Addition("add", ("x", "x"), "y", Onnx(1.0)), X, Tensor("y", X.shape, "int8")),
            "node add: Onnx does not define add",
        ),
        (
            lambda: graph_of(conv(arithmetic=FixedPoint(8)), X, W, Y),
            "node conv: FixedPoint has no zero points, and x has 3",
        ),
        (
            lambda: graph_of(conv(arithmetic=Bfloat16()), X, W, Y),
            "node conv: Bfloat16 takes bfloat16, and x is int8",
        ),
        (
            lambda: graph_of(conv(arithmetic=Coded("flint4", "pot4", Exact())), X, W, Y),
            "node conv: Coded takes flint4, and x is int8",
        ),
        (
            lambda: graph_of(
                Multiplication("m", ("x", "x"), "y", Coded("int8", "int8", Exact())), X, Tensor("y", X.shape, "int32")
            ),
            "node m: Coded does not define multiply",
        ),
    ],
)
def test_an_ill_formed_graph(build, message):
    with pytest.raises(GraphError, match=f"^{message}$"):
        build()


def test_an_unknown_tensor_is_named():
    with pytest.raises(GraphError, match=r"^tensor z is not in the graph$"):
        chain()["z"]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Tflite(1, 31), "shift=31: shift must be from -31 to 30"),
        (lambda: Tflite(1 << 31), "multiplier=2147483648: multiplier must fit into 32 bits"),
        (lambda: Tflite(1, rounding="even"), "rounding=even: rounding must be one of gemmlowp, single, float32"),
        (lambda: Tflite(1, low=3, high=2), "low=3: low must be at most high=2"),
        (lambda: Onnx(-1.0), "scale=-1.0: scale must be finite and not negative"),
        (lambda: FixedPoint(32), "fraction=32: fraction must be from 0 to 31"),
        (lambda: FixedPoint(8, sum_width=15), "sum_width=15: sum_width must be from 16 to 32"),
        (lambda: FixedPoint(8, width=12), "width=12: width must be one of 8, 16"),
        (lambda: FixedPoint(8, overflow="trap"), "overflow=trap: overflow must be one of wrap, saturate"),
        (lambda: FixedPoint(8, group=0), "group=0: group must be 1 or more"),
        (lambda: Bfloat16(order="random"), "order=random: order must be one of taps, channels"),
        (lambda: Bfloat16(group=0), "group=0: group must be 1 or more"),
        (
            lambda: Coded("int8", "nonsense", Exact()),
            "w_format=nonsense: w_format must be an integer type or the name of a coded format",
        ),
        (
            lambda: Coded("int8", "uint16", FixedPoint(8)),
            "w_format=uint16: w_format must hold integers of 16 bits for FixedPoint",
        ),
    ],
)
def test_an_ill_formed_arithmetic(build, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        build()


@pytest.mark.parametrize(
    ("source", "fields", "message"),
    [
        ({}, {}, "softmax needs int8 with one scale, and x is int8 with scale None"),
        ({"type": "uint8", "scale": 0.5}, {}, "softmax needs int8 with one scale, and x is uint8 with scale 0.5"),
        ({"scale": 0.5}, {}, "softmax produces int8 with scale 1/256 and zero point -128, which y has not"),
        ({"scale": 0.5}, {"beta": 0}, "beta 0 must be positive and finite"),
        ({"scale": 0.5}, {"arithmetic": Exact()}, "Exact does not define softmax"),
    ],
)
def test_an_ill_formed_softmax(source, fields, message):
    tensors = Tensor(**{"name": "x", "shape": (4,), "type": "int8"} | source), Tensor("y", (4,), "int8")
    with pytest.raises(GraphError, match=f"^node s: {message}$"):
        graph_of(Softmax("s", "x", "y", **{"arithmetic": Tflite()} | fields), *tensors)


def test_scales_become_python_numbers():
    assert Tensor("t", (2,), "int8", scale=np.float32(0.5)).scale == 0.5
    assert Tensor("t", (2,), "int8", scale=np.array([1, 2], np.float32)).scale == (1.0, 2.0)


@pytest.mark.parametrize(
    ("arguments", "pads"),
    [((96, 3, 2), (0, 1)), ((49, 10, 2), (4, 5)), ((8, 3), (1, 1)), ((5, 1, 2), (0, 0)), ((9, 3, 1, 2), (2, 2))],
)
def test_same_padding(arguments, pads):
    """Of the first layers of VWW and of KWS, 10 rows at stride 2."""
    assert same(*arguments) == pads


def test_depthwise():
    w = Tensor("w", (3, 3, 1, 8), "int8", np.ones((3, 3, 1, 8), np.int8))
    graph = graph_of(conv(groups=4), X, w, Y)
    assert graph.nodes[0].depthwise(graph)
    assert graph.macs == 16 * 8 * 9
    graph = graph_of(conv(), X, W, Y)
    assert not graph.nodes[0].depthwise(graph)
