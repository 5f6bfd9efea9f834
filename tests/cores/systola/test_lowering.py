"""Lowering of graphs: rejections with their reasons, places of tensors, and results equal to the reference."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.accelerators.systola import lowering
from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.errors import UsageError
from systola.sim.network.arithmetic import Coded, Exact, Onnx, Tflite
from systola.sim.network.graph import (
    Activation,
    Addition,
    Convolution,
    Dense,
    Graph,
    Pooling,
    Reshape,
    Softmax,
    Tensor,
)

P = ACCELERATOR.preset("small")
SCALED = Tflite(1 << 30, -7)
RANDOM = np.random.default_rng(1)
MEAN = Tflite.mean(0.02, 0.03, 6)


def codes(shape, low=-128, high=127, dtype=np.int8):
    return RANDOM.integers(low, high + 1, shape).astype(dtype)


def weights(*shape, type="int8", name="w"):
    return Tensor(name, shape, type, codes(shape) if type == "int8" else codes(shape, 0, 15, np.uint8))


X = Tensor("x", (1, 6, 6, 4), "int8", zero_point=3)
BIAS = Tensor("bias", (4,), "int32", codes(4, -500, 500, np.int32))


def convolved(x=X, w=None, y=None, arithmetic=SCALED, bias=(), **fields) -> Graph:
    """One convolution; by default `y` has the shape of 3 x 3 windows inside the image."""
    w = w or weights(3, 3, 4, 4)
    y = y or Tensor("y", (1, 4, 4, w.shape[-1]), "int8", zero_point=-5)
    names = ("x", "w", *(each.name for each in bias))
    return Graph([x, w, *bias, y], [Convolution("conv", names, "y", arithmetic, **fields)], ["x"], ["y"])


def single(node, *tensors) -> Graph:
    inputs = [tensor.name for tensor in tensors if not tensor.constant and tensor.name != node.output]
    return Graph(tensors, [node], inputs, [node.output])


def pooled(x=X, shape=(1, 3, 3, 4), arithmetic=None, **fields):
    y = Tensor("y", shape, "int8", zero_point=x.zero_point)
    settings = {"window": (2, 2), "stride": (2, 2)} | fields
    return single(Pooling("pool", "x", "y", arithmetic or Tflite(), **settings), x, y)


def added(arithmetic, a=None, b=None):
    a, b = a or Tensor("a", (1, 2, 2, 4), "int8"), b or Tensor("b", (1, 2, 2, 4), "int8")
    return single(Addition("sum", ("a", "b"), "y", arithmetic), a, b, Tensor("y", (1, 2, 2, 4), "int8"))


FLAT = Tensor("x", (2, 8), "int8")
TABLE = codes(256)
REJECTED = {
    "softmax": (
        single(
            Softmax("soft", "x", "y", Tflite()),
            Tensor("x", (2, 8), "int8", scale=0.1),
            Tensor("y", (2, 8), "int8", scale=1 / 256, zero_point=-128),
        ),
        "layer soft cannot run on systola: it has no instruction for softmax.",
    ),
    "groups": (
        convolved(w=weights(3, 3, 2, 4), groups=2),
        "layer conv cannot run on systola: groups=2: groups must be 1 or one for each channel.",
    ),
    "dilation": (
        convolved(y=Tensor("y", (1, 2, 4, 4), "int8"), dilation=(2, 1)),
        "layer conv cannot run on systola: dilation=(2, 1): dilation must be (1, 1).",
    ),
    "padding of a whole kernel on one side": (
        convolved(w=weights(1, 1, 4, 4), y=Tensor("y", (1, 7, 6, 4), "int8"), padding=((0, 1), (0, 0))),
        "layer conv cannot run on systola: padding=((0, 1), (0, 0)): padding must be less than the kernel, (1, 1).",
    ),
    "padding of a whole kernel": (
        convolved(w=weights(1, 1, 4, 4), y=Tensor("y", (1, 8, 6, 4), "int8"), padding=((1, 1), (0, 0))),
        "layer conv cannot run on systola: padding=((1, 1), (0, 0)): padding must be less than the kernel, (1, 1).",
    ),
    "weights with a zero point": (
        convolved(w=Tensor("w", (3, 3, 4, 4), "int8", codes((3, 3, 4, 4)), zero_point=1)),
        "layer conv cannot run on systola: its weights have a zero point.",
    ),
    "weights in another format": (
        convolved(w=weights(3, 3, 4, 4, type="flint4"), arithmetic=Coded("int8", "flint4", SCALED)),
        "layer conv cannot run on systola: weights are flint4, but w_format=int8.",
    ),
    "weights that are an input": (
        single(
            Dense("dense", ("x", "w"), "y", SCALED),
            FLAT,
            Tensor("w", (8, 4), "int8"),
            Tensor("y", (2, 4), "int8"),
        ),
        "layer dense cannot run on systola: its weights and bias must be constants.",
    ),
    "activations in another format": (
        convolved(x=Tensor("x", X.shape, "uint8")),
        "layer conv cannot run on systola: x is uint8, but must be int8.",
    ),
    "results in another format": (
        convolved(y=Tensor("y", (1, 4, 4, 4), "int16")),
        "layer conv cannot run on systola: y is int16, but must be int8.",
    ),
    "another arithmetic": (
        convolved(y=Tensor("y", (1, 4, 4, 4), "int32"), arithmetic=Exact()),
        "layer conv cannot run on systola: y is int32, but must be int8.",
    ),
    "another rounding": (
        convolved(arithmetic=replace(SCALED, rounding="single")),
        "layer conv cannot run on systola: it rounds as single, but rounding=gemmlowp.",
    ),
    "a constant as activations": (
        Graph(
            [FLAT, Tensor("k", (2, 8), "int8", codes((2, 8))), weights(8, 4), Tensor("y", (2, 4), "int8")],
            [Dense("dense", ("k", "w"), "y", SCALED)],
            ["x"],
            ["y"],
        ),
        "layer dense cannot run on systola: k is a constant, but only weights, bias and tables may be.",
    ),
    "pooling with padding": (
        pooled(shape=(1, 4, 3, 4), padding=((1, 1), (0, 0))),
        "layer pool cannot run on systola: padding=((1, 1), (0, 0)): padding of a pooling must be 0.",
    ),
    "pooling with padding on one side": (
        pooled(shape=(1, 3, 3, 4), window=(2, 2), padding=((0, 1), (0, 0))),
        "layer pool cannot run on systola: padding=((0, 1), (0, 0)): padding of a pooling must be 0.",
    ),
    "a scale in float32": (
        convolved(arithmetic=Onnx(0.01)),
        "layer conv cannot run on systola: it scales in float32, but rounding=gemmlowp.",
    ),
    "an average of too many elements": (
        pooled(Tensor("x", (1, 64, 64, 4), "int8"), (1, 1, 1, 4), kind="average", window=(64, 64)),
        "layer pool cannot run on systola: an average of 4096 elements is not exact, but only of up to 2048.",
    ),
    "addends of two shapes": (
        added(SCALED, b=Tensor("b", (1, 1, 1, 4), "int8")),
        "layer sum cannot run on systola: a and b must have the same shape and type.",
    ),
    "a factor that is too large": (
        added(replace(SCALED, operands=(1 << 18, 1))),
        "layer sum cannot run on systola: no factors of 18 bits were found that make all results exact.",
    ),
    "a multiplier for each channel": (
        added(Tflite(np.full(4, 1 << 30), -7)),
        "layer sum cannot run on systola: an addition has one multiplier and one shift.",
    ),
    "a function": (
        single(Activation("relu", "x", "y", Tflite(), function="relu"), FLAT, Tensor("y", (2, 8), "int8")),
        "layer relu cannot run on systola: it has no instruction for relu.",
    ),
    "a table without pooling": (
        single(Activation("lut", "x", "y", function="lut", table=TABLE), FLAT, Tensor("y", (2, 8), "int8")),
        "layer lut cannot run on systola: a table must follow a pooling whose result has no other reader.",
    ),
}


@pytest.mark.parametrize("what", REJECTED)
def test_an_unsupported_graph_is_rejected_with_a_reason(what):
    graph, sentence = REJECTED[what]
    with pytest.raises(UsageError) as error:
        ACCELERATOR.compile(P, graph)
    assert str(error.value) == sentence


def test_every_reason_of_a_rejection_ends_a_sentence():
    for graph, sentence in REJECTED.values():
        (node,) = graph.nodes
        assert sentence.endswith(f": {lowering.rejects(P, graph, node)}.")


@pytest.mark.parametrize(
    ("graph", "shape"),
    [
        (convolved(bias=(BIAS,)), X.shape),
        (convolved(y=Tensor("y", (1, 6, 6, 4), "int8"), padding=((1, 1), (1, 1))), X.shape),
        (convolved(y=Tensor("y", (1, 6, 2, 4), "int8"), padding=((1, 1), (0, 0)), stride=(1, 2)), X.shape),
        (convolved(y=Tensor("y", (1, 3, 4, 4), "int8"), padding=((0, 1), (2, 1)), stride=(2, 2)), X.shape),
        (convolved(arithmetic=Tflite(codes(4, 1 << 29, 1 << 30, np.int64), -6, low=-50, high=100)), X.shape),
        (pooled(), X.shape),
        (pooled(kind="average", window=(3, 3), stride=(1, 1), shape=(1, 4, 4, 4)), X.shape),
        (pooled(arithmetic=Tflite(low=0, high=50)), X.shape),
        (pooled(kind="average", window=(3, 2), stride=(1, 2), shape=(1, 4, 3, 4), arithmetic=MEAN), X.shape),
    ],
    ids=["bias", "padding", "two paddings", "four paddings", "filters", "maximum", "average", "clamp", "mean"],
)
def test_layers_match_the_reference(on_golden, graph, shape):
    on_golden(P, graph, {"x": codes(shape)})


FLOAT = ACCELERATOR.parameters(**ACCELERATOR.presets["small"], rounding="float32")


@pytest.mark.parametrize(
    "graph",
    [
        convolved(arithmetic=Onnx(RANDOM.random(4) / 300), bias=(BIAS,)),
        convolved(arithmetic=Onnx(1 / 256, low=0, high=90)),
        convolved(arithmetic=Tflite(1 << 30, -7, rounding="float32")),
        pooled(arithmetic=Onnx(1.0)),
        pooled(kind="average", arithmetic=Onnx(0.25)),
        pooled(kind="average", window=(3, 3), stride=(1, 1), shape=(1, 4, 4, 4)),
        convolved(arithmetic=Onnx(2.0**-40)),
    ],
    ids=["filters", "clamp", "tflite", "maximum", "average", "tflite average", "no scale"],
)
def test_float32_layers_match_the_reference(on_golden, graph):
    on_golden(FLOAT, graph, {"x": codes(X.shape)})


def test_what_rounding_in_float32_cannot_do():
    even = pooled(kind="average")
    assert lowering.rejects(FLOAT, even, even.nodes[0]) == (
        "rounding=float32 has no ties away from zero, which an average of 4 elements needs"
    )
    large = convolved(arithmetic=Onnx(2.0**30))
    assert lowering.rejects(FLOAT, large, large.nodes[0]) == "its scale must be less than 2^30"


def test_additions(on_golden):
    graph = added(replace(SCALED, operands=(-300, 77), bias=1234))
    on_golden(P, graph, {name: codes((1, 2, 2, 4)) for name in "ab"})
    unscaled = added(Tflite(low=-100, high=100))
    on_golden(P, unscaled, {name: codes((1, 2, 2, 4)) for name in "ab"})


@pytest.mark.parametrize(
    ("a_format", "w_format"),
    [("int8", "flint4"), ("pot4", "int8"), ("olive_int4", "olive_flint4"), ("float8", "apot5")],
)
def test_coded_operands(on_golden, a_format, w_format):
    """Codes of the padding stand for 0, independent of the format's code of 0."""
    p = ACCELERATOR.parameters(**ACCELERATOR.presets["small"], a_format=a_format, w_format=w_format)
    x = Tensor("x", X.shape, a_format) if a_format != "int8" else X
    kinds = [Tensor("k", (3, 3, 4, 4), kind) for kind in (a_format, w_format)]
    a, w = ((0, (1 << kind.format.bits) - 1) if kind.format else kind.limits for kind in kinds)
    w = Tensor("w", (3, 3, 4, 4), w_format, codes((3, 3, 4, 4), *w, kinds[1].dtype))
    y = Tensor("y", (1, 6, 6, 4), "int8")
    graph = convolved(x, w, y, Coded(a_format, w_format, SCALED), (BIAS,), padding=((1, 1), (1, 1)))
    on_golden(p, graph, {"x": codes(X.shape, *a, kinds[0].dtype)})


def chained(count: int = 4) -> Graph:
    """A chain of dense layers, to 8 columns and back to 1,024."""
    tensors, nodes = [Tensor("t0", (4, 1024), "int8")], []
    for n in range(count):
        tensors += [weights(1024, 8, name=f"w{n}"), Tensor(f"s{n}", (4, 8), "int8")]
        nodes += [Dense(f"dense{n}", (f"t{n}", f"w{n}"), f"s{n}", SCALED)]
        tensors += [weights(8, 1024, name=f"v{n}"), Tensor(f"t{n + 1}", (4, 1024), "int8")]
        nodes += [Dense(f"wide{n}", (f"s{n}", f"v{n}"), f"t{n + 1}", SCALED)]
    return Graph(tensors, nodes, ["t0"], [f"t{count}"])


def test_tensors_with_disjoint_lifetimes_share_dram(on_golden):
    graph = chained()
    places = lowering.lower(P, graph).places
    lives = graph.lifetimes
    shared = 0
    for one in lives:
        for other in lives:
            meet = lives[one].first <= lives[other].last and lives[other].first <= lives[one].last
            first, second = places[one], places[other]
            overlap = first.address < second.address + second.size and second.address < first.address + first.size
            assert not (one != other and meet and overlap), (one, other)
            shared += one != other and overlap
    assert shared >= 4
    ends = max(place.address + place.size for place in places.values())
    assert ends - min(place.address for place in places.values()) <= 4 * 4096  # of 9 pages without sharing
    on_golden(P, graph, {"t0": codes((4, 1024))})


def test_a_reshaped_tensor_is_a_view_that_keeps_its_memory(on_golden):
    """x is read again after its view, and the memory of the view is not reused before."""
    tensors = [Tensor("x", (2, 2, 2, 8), "int8"), weights(1, 1, 8, 8), Tensor("y", (2, 2, 2, 8), "int8")]
    tensors += [Tensor("flat", (2, 32), "int8"), weights(32, 8, name="v"), Tensor("z", (2, 8), "int8")]
    tensors += [weights(8, 8, name="u"), Tensor("t", (2, 8), "int8"), Tensor("last", (2, 8), "int8")]
    nodes = [
        Convolution("conv", ("x", "w"), "y", SCALED),
        Reshape("flatten", "y", "flat", to=(2, 32)),
        Dense("first", ("flat", "v"), "z", SCALED),
        Dense("second", ("z", "u"), "t", SCALED),
        Dense("third", ("flat", "v2"), "last", SCALED),
    ]
    tensors += [weights(32, 8, name="v2")]
    graph = Graph(tensors, nodes, ["x"], ["last", "t"])
    places = lowering.lower(P, graph).places
    assert places["flat"].address == places["y"].address
    assert places["flat"].shape == (2, 32)
    assert places["t"].address not in (places["y"].address, places["z"].address)
    on_golden(P, graph, {"x": codes((2, 2, 2, 8))})


def test_an_input_and_an_output_can_be_views(on_golden):
    tensors = [Tensor("x", (2, 32), "int8"), Tensor("image", (2, 2, 2, 8), "int8"), weights(1, 1, 8, 4)]
    tensors += [Tensor("y", (2, 2, 2, 4), "int8"), Tensor("flat", (2, 16), "int8")]
    nodes = [
        Reshape("unflatten", "x", "image", to=(2, 2, 2, 8)),
        Convolution("conv", ("image", "w"), "y", SCALED),
        Reshape("flatten", "y", "flat", to=(2, 16)),
    ]
    graph = Graph(tensors, nodes, ["x"], ["flat", "image"])
    on_golden(P, graph, {"x": codes((2, 32))})


def tables(first: np.ndarray, second: np.ndarray, order=(0, 1, 2, 3)) -> Graph:
    """Two poolings of one image, each with its table; `order` is that of the nodes."""
    tensors = [Tensor("x", (1, 4, 4, 4), "int8")]
    tensors += [Tensor(name, (1, 2, 2, 4), "int8") for name in ("p0", "p1", "y0", "y1")]
    nodes = [
        Pooling("pool0", "x", "p0", Tflite(), window=(2, 2), stride=(2, 2)),
        Activation("table0", "p0", "y0", function="first", table=first),
        Pooling("pool1", "x", "p1", Tflite(), window=(3, 3), stride=(1, 1)),
        Activation("table1", "p1", "y1", function="second", table=second),
    ]
    return Graph(tensors, [nodes[n] for n in order], ["x"], ["y0", "y1"])


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (0, 2, 3, 1)])
def test_a_table_is_merged_into_its_own_pooling(on_golden, order):
    on_golden(P, tables(TABLE, TABLE.copy(), order), {"x": codes((1, 4, 4, 4))})


def test_a_program_has_only_one_table():
    with pytest.raises(UsageError, match=r"^table=\[\d+, \d+\]: all layers of a program must use the same table"):
        ACCELERATOR.compile(P, tables(TABLE, np.roll(TABLE, 1)))


def test_a_pooling_with_two_readers_takes_no_table():
    graph = tables(TABLE, TABLE)
    graph = Graph(graph.tensors.values(), graph.nodes, ["x"], ["y0", "y1", "p0"])
    with pytest.raises(UsageError, match=r"^layer table0 cannot run on systola: p0 is an output, but a table would"):
        ACCELERATOR.compile(P, graph)


def test_a_table_node_requires_a_table():
    p = ACCELERATOR.parameters(**ACCELERATOR.presets["small"], table=False)
    with pytest.raises(UsageError, match=r"^layer table0 cannot run on systola: a table needs table=true\.$"):
        ACCELERATOR.compile(p, tables(TABLE, TABLE))


def test_a_layer_that_does_not_fit_is_rejected():
    side = 64
    large = Tensor("x", (1, side, side, 8), "int8")
    graph = single(
        Pooling("pool", "x", "y", Tflite(), window=(side, side), stride=(1, 1)),
        large,
        Tensor("y", (1, 1, 1, 8), "int8"),
    )
    needed = 4 * side * side * P.size
    message = (
        rf"^activation_bytes={P.activation_bytes}: a window of this layer needs {needed:,} bytes, "
        rf"{needed - P.activation_bytes:,} more\.$"
    )
    with pytest.raises(UsageError, match=message):
        ACCELERATOR.compile(P, graph)
