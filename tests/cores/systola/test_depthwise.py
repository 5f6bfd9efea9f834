"""Depthwise convolutions and products in the vector lanes: equal to the reference, and without a hazard."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.accelerators.systola.lowering import rejects
from systola.gen.compile.pipelining import ORDERS
from systola.gen.errors import UsageError
from systola.sim.network.arithmetic import Onnx, Tflite
from systola.sim.network.graph import Convolution, Graph, Multiplication, Tensor, same
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.runs import Run

SMALL = ACCELERATOR.presets["small"]
P = ACCELERATOR.parameters(**SMALL)
RANDOM = np.random.default_rng(20)


def drawn(shape, low=-128, high=127, dtype=np.int8, seed=None):
    return (RANDOM if seed is None else np.random.default_rng(seed)).integers(low, high + 1, shape).astype(dtype)


def depthwise(size, kernel, *, padding=((0, 0), (0, 0)), zero_point=3, arithmetic=None, type="int8", seed=1, **fields):
    """Depthwise convolution of an image of `size`, with a scale and a bias for each channel."""
    rng, channels = np.random.default_rng(seed), size[3]
    x = Tensor("x", size, type, zero_point=zero_point)
    w = Tensor("w", (*kernel, 1, channels), "int8", rng.integers(-127, 128, (*kernel, 1, channels)).astype(np.int8))
    bias = Tensor("bias", (channels,), "int32", rng.integers(-3000, 3000, channels).astype(np.int32))
    rule = arithmetic or Tflite(rng.integers(1 << 30, 1 << 31, channels), rng.integers(-11, -5, channels))
    node = Convolution("depthwise", ("x", "w", "bias"), "y", rule, padding=padding, groups=channels, **fields)
    y = Tensor("y", node.shape((x, w, bias)), type, zero_point=-5 if type == "int8" else 100)
    return Graph([x, w, bias, y], [node], ["x"], ["y"])


def image(graph, seed=2):
    x = graph["x"]
    return {"x": np.random.default_rng(seed).integers(*x.limits, x.shape, endpoint=True).astype(x.dtype)}


@st.composite
def layers(draw):
    pair = st.tuples(st.integers(1, 4), st.integers(1, 4))
    kernel, stride, dilation = draw(pair), draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), draw(pair)
    padding = draw(st.tuples(*[st.tuples(st.integers(0, 5), st.integers(0, 5))] * 2))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    least = [max(1, r - sum(pads)) for r, pads in zip(reach, padding, strict=True)]
    sides = [draw(st.integers(low, low + 9)) for low in least]
    size = draw(st.integers(1, 2)), *sides, draw(st.integers(2, 40))
    settings = {"stride": stride, "dilation": dilation, "padding": padding}
    return size, kernel, settings | {"zero_point": draw(st.integers(-128, 127))}


@settings(max_examples=40, deadline=None, derandomize=True)
@given(layers(), st.sampled_from(list(ORDERS)), st.integers(0, 99))
def test_layers_match_the_reference(on_golden, layer, order, seed):
    size, kernel, fields = layer
    graph = depthwise(size, kernel, seed=seed, **fields)
    on_golden(P, graph, image(graph, seed), order=order)


OPTIONS = {
    "one tap": ((1, 5, 6, 8), (1, 1), {}),
    "SAME with stride 2": ((1, 7, 8, 24), (3, 3), {"padding": (same(7, 3, 2), same(8, 3, 2)), "stride": (2, 2)}),
    "a column of taps": ((1, 23, 1, 30), (21, 1), {}),
    "a row of taps, dilated": ((1, 1, 40, 8), (1, 11), {"dilation": (1, 2), "padding": ((0, 0), (10, 10))}),
    "strides that differ": ((2, 9, 8, 10), (3, 2), {"stride": (3, 1)}),
    "a window in the padding": ((1, 2, 2, 5), (1, 1), {"padding": ((2, 1), (0, 3))}),
    "rows in parts": ((1, 20, 20, 16), (3, 3), {"padding": ((1, 1), (1, 1))}),
    "columns in parts": ((1, 4, 90, 8), (3, 3), {}),
    "channels in parts": ((1, 9, 9, 40), (8, 8), {}),
    "weights in parts": ((1, 8, 8, 60), (8, 8), {"padding": ((4, 3), (4, 3))}),
}


@pytest.mark.parametrize("what", OPTIONS)
def test_options(on_golden, what):
    size, kernel, fields = OPTIONS[what]
    graph = depthwise(size, kernel, **fields)
    on_golden(P, graph, image(graph))


def test_the_verilog_computes_the_same(small_core):
    """Every second option with two orders, and a product."""
    cases = []
    for size, kernel, fields in list(OPTIONS.values())[1::2]:
        graph = depthwise(size, kernel, **fields)
        for order in ("overlapped", "reordered"):
            job = ACCELERATOR.compile(P, graph, order=order)
            cases.append(Run(job.dram(image(graph)), job.entry))
    job = ACCELERATOR.compile(P, product((1, 9, 9, 13)))
    cases.append(Run(job.dram({name: drawn((1, 9, 9, 13)) for name in "ab"}), job.entry))
    assert simulate(small_core, cases)[0].mismatches == 0


@pytest.mark.parametrize(
    ("rounding", "arithmetic"),
    [
        ("single", Tflite(1 << 30, -7, rounding="single")),
        ("float32", Onnx(np.linspace(0.0001, 0.02, 8), low=-100, high=90)),
        ("gemmlowp", Tflite(1 << 30, -7, low=-5, high=70)),
    ],
)
def test_roundings(on_golden, rounding, arithmetic):
    graph = depthwise((1, 6, 6, 8), (3, 3), arithmetic=arithmetic)
    on_golden(ACCELERATOR.parameters(**SMALL, rounding=rounding), graph, image(graph))


def test_signed_weights_of_unsigned_activations(on_golden):
    graph = depthwise((1, 6, 6, 10), (3, 3), type="uint8", zero_point=130, padding=((1, 1), (0, 2)))
    on_golden(ACCELERATOR.parameters(**SMALL, format="uint8"), graph, image(graph))


def product(a=(1, 3, 5, 6), b=None, arithmetic=None, zero_points=(7, -100)):
    tensors = [
        Tensor(name, shape, "int8", zero_point=z) for name, shape, z in zip("ab", (a, b or a), zero_points, strict=True)
    ]
    node = Multiplication("product", ("a", "b"), "y", arithmetic or Tflite(1 << 30, -6))
    y = Tensor("y", node.shape(tensors), "int8", zero_point=4)
    return Graph([*tensors, y], [node], ["a", "b"], ["y"])


@pytest.mark.parametrize("zero_points", [(0, 0), (7, -100), (-128, 127), (127, 127), (-128, -128)])
def test_products(on_golden, zero_points):
    graph = product((2, 7, 9, 13), zero_points=zero_points)
    on_golden(P, graph, {name: drawn((2, 7, 9, 13)) for name in "ab"})


REJECTED = {
    "a depth multiplier": (
        Graph(
            [
                Tensor("x", (1, 4, 4, 2), "int8"),
                Tensor("w", (3, 3, 1, 4), "int8", drawn((3, 3, 1, 4))),
                Tensor("y", (1, 2, 2, 4), "int8"),
            ],
            [Convolution("conv", ("x", "w"), "y", Tflite(1 << 30, -7), groups=2)],
            ["x"],
            ["y"],
        ),
        {},
        "its depth multiplier is 2, but must be 1 where there are several channels",
    ),
    "coded activations": (
        depthwise((1, 4, 4, 4), (3, 3)),
        {"a_format": "uint8"},
        "x is int8, but must be uint8",
    ),
    "coded weights": (
        depthwise((1, 4, 4, 4), (3, 3)),
        {"w_format": "flint4"},
        "weights are int8, but w_format=flint4",
    ),
    "too much padding": (
        depthwise((1, 4, 4, 4), (3, 3), padding=((256, 0), (0, 0))),
        {},
        "padding=((256, 0), (0, 0)): padding must be at most 255",
    ),
    "another rounding": (
        depthwise((1, 4, 4, 4), (3, 3), arithmetic=Tflite(1 << 30, -7, rounding="single")),
        {},
        "it rounds as single, but rounding=gemmlowp",
    ),
    "factors of two shapes": (product(b=(1, 1, 1, 6)), {}, "a and b must have the same shape and type"),
    "a product with a multiplier for each channel": (
        product(arithmetic=Tflite(np.full(6, 1 << 30), -6)),
        {},
        "a multiplication has one multiplier and one shift",
    ),
    "a product that is rounded otherwise": (
        product(arithmetic=Tflite(1 << 30, -6, rounding="single")),
        {},
        "it rounds as single, but rounding=gemmlowp",
    ),
}


@pytest.mark.parametrize("what", REJECTED)
def test_unsupported_layers_are_rejected_with_a_reason(what):
    graph, parameters, reason = REJECTED[what]
    (node,) = graph.nodes
    assert rejects(ACCELERATOR.parameters(**SMALL, **parameters), graph, node) == reason


@pytest.mark.parametrize(
    ("weight_bytes", "size", "kernel", "sentence"),
    [
        (1024, (1, 15, 15, 8), (15, 15), "weight_bytes=1024: a window of this layer needs 1,928 bytes, 904 more."),
        (4096, (1, 17, 17, 4), (17, 17), "activation_bytes=4096: a window of this layer needs 4,624 bytes, 528 more."),
    ],
)
def test_layers_that_do_not_fit_are_reported(weight_bytes, size, kernel, sentence):
    with pytest.raises(UsageError) as error:
        ACCELERATOR.compile(P.model_copy(update={"weight_bytes": weight_bytes}), depthwise(size, kernel))
    assert str(error.value) == sentence
