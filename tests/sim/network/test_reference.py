"""Each kind of node against explicit loops, at random shapes."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from systola.sim.network.arithmetic import Exact, Tflite
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
    Tensor,
)
from systola.sim.network.reference import run

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
PADS = st.tuples(*(st.tuples(st.integers(0, 3), st.integers(0, 3)) for _ in range(2)))


def tensor(name, value, **fields):
    """A constant and its value, or for "x" an input and its value."""
    return Tensor(name, value.shape, str(value.dtype), None if name == "x" else value, **fields), value


def integers(rng, shape, dtype=np.int8):
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def slow_convolution(x, w, bias, zero, stride, padding, dilation, groups):
    """Every product separately, from the equation."""
    (n, height, width, channels), (rows, columns, depth, filters) = x.shape, w.shape
    (top, bottom), (left, right) = padding
    out_height = (height + top + bottom - (rows - 1) * dilation[0] - 1) // stride[0] + 1
    out_width = (width + left + right - (columns - 1) * dilation[1] - 1) // stride[1] + 1
    y = np.zeros((n, out_height, out_width, filters), np.int64)
    for image, i, j, f in np.ndindex(y.shape):
        total = int(bias[f])
        for u, v, c in product(range(rows), range(columns), range(depth)):
            row, column = i * stride[0] + u * dilation[0] - top, j * stride[1] + v * dilation[1] - left
            if 0 <= row < height and 0 <= column < width:
                channel = f // (filters // groups) * (channels // groups) + c
                total += (int(x[image, row, column, channel]) - zero) * int(w[u, v, c, f])
        y[image, i, j, f] = total
    return y


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data(), PAIRS, PADS, PAIRS, st.integers(1, 3), PAIRS, st.integers(0, 99))
def test_convolution(result, data, stride, padding, dilation, groups, kernel, seed):
    rng = np.random.default_rng(seed)
    channels, filters = (groups * data.draw(st.integers(1, 3)) for _ in range(2))
    size = [
        data.draw(st.integers(max(1, (k - 1) * d + 1 - sum(p)), 7))
        for k, d, p in zip(kernel, dilation, padding, strict=True)
    ]
    zero = data.draw(st.integers(-128, 127))
    x = tensor("x", integers(rng, (2, *size, channels)), zero_point=zero)
    w, bias = integers(rng, (*kernel, channels // groups, filters)), integers(rng, filters, np.int32) >> 4
    fields = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    expected = slow_convolution(x[1], w, bias, zero, **fields)
    node = Convolution("conv", ("x", "w", "b"), "y", Exact(), **fields)
    got = result(node, Tensor("y", expected.shape, "int32"), x, tensor("w", w), tensor("b", bias))
    assert got.dtype == np.int32
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("multiplier", [1, 8])
def test_depthwise(result, multiplier):
    rng = np.random.default_rng(multiplier)
    x, w = integers(rng, (1, 5, 6, 4)), integers(rng, (3, 3, 1, 4 * multiplier))
    fields = {"stride": (2, 1), "padding": ((0, 1), (1, 1)), "dilation": (1, 1), "groups": 4}
    expected = slow_convolution(x, w, np.zeros(w.shape[3], int), 5, **fields)
    node = Convolution("dw", ("x", "w"), "y", **fields)
    got = result(node, Tensor("y", expected.shape, "int32"), tensor("x", x, zero_point=5), tensor("w", w))
    np.testing.assert_array_equal(got, expected)
    for channel in range(4):
        own = slice(channel * multiplier, (channel + 1) * multiplier)
        alone = slow_convolution(x[..., [channel]], w[..., own], np.zeros(multiplier, int), 5, **fields | {"groups": 1})
        np.testing.assert_array_equal(got[..., own], alone)


def test_weights_can_have_a_zero_point(result):
    rng = np.random.default_rng(0)
    x, w = integers(rng, (3, 5), np.uint8), integers(rng, (5, 2), np.uint8)
    expected = (x.astype(int) - 7) @ (w.astype(int) - 200)
    got = result(
        Dense("fc", ("x", "w"), "y"),
        Tensor("y", (3, 2), "int32"),
        tensor("x", x, zero_point=7),
        tensor("w", w, zero_point=200),
    )
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_dense(result, shape):
    rng = np.random.default_rng(1)
    x, w, b = integers(rng, shape), integers(rng, (4, 5)), integers(rng, 5, np.int32) >> 2
    expected = np.zeros((*shape[:-1], 5), np.int64)
    for at in np.ndindex(expected.shape):
        expected[at] = sum((int(x[*at[:-1], k]) + 9) * int(w[k, at[-1]]) for k in range(4)) + int(b[at[-1]])
    node = Dense("fc", ("x", "w", "b"), "y")
    inputs = tensor("x", x, zero_point=-9), tensor("w", w), tensor("b", b)
    np.testing.assert_array_equal(result(node, Tensor("y", expected.shape, "int32"), *inputs), expected)


def test_sums_wrap_at_32_bits(result):
    """Large operands exceed the range in which float64 is exact; the sum is the same modulo 2^32."""
    rng = np.random.default_rng(2)
    x, w = integers(rng, (2, 6), np.int32), integers(rng, (6, 3), np.int32)
    exact = [[sum(int(a) * int(b) for a, b in zip(row, column, strict=True)) for column in w.T] for row in x]
    expected = [[(value + 2**31) % 2**32 - 2**31 for value in row] for row in exact]
    got = result(Dense("fc", ("x", "w"), "y"), Tensor("y", (2, 3), "int32"), tensor("x", x), tensor("w", w))
    assert got.tolist() == expected
    ones = np.full((1, 2), 2**31 - 1, np.int32)
    node = Addition("add", ("x", "w"), "y")
    assert (result(node, Tensor("y", (1, 2), "int32"), tensor("x", ones), tensor("w", ones)) == -2).all()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data(), st.sampled_from(["max", "average"]), PAIRS, PAIRS, st.sampled_from(["int8", "uint8"]))
def test_pooling(result, data, kind, window, stride, type):
    padding = tuple(tuple(data.draw(st.integers(0, size - 1)) for _ in range(2)) for size in window)
    size = [data.draw(st.integers(size, 6)) for size in window]
    low, high = np.iinfo(type).min + 5, np.iinfo(type).max - 5
    x = integers(np.random.default_rng(data.draw(st.integers(0, 99))), (2, *size, 3), type)
    expected = []
    counts = [(s + sum(p) - k) // t + 1 for s, p, k, t in zip(size, padding, window, stride, strict=True)]
    for image, i, j, c in np.ndindex(2, *counts, 3):
        rows, columns = (
            range(max(at * t - p[0], 0), min(at * t - p[0] + k, s))
            for at, t, p, k, s in zip((i, j), stride, padding, window, size, strict=True)
        )
        values = [int(x[image, row, column, c]) for row in rows for column in columns]
        if kind == "max":
            value = max(values)
        else:  # to the nearest, halves away from zero
            value = (2 * abs(sum(values)) + len(values)) // (2 * len(values)) * (1 if sum(values) > 0 else -1)
        expected.append(min(max(value, low), high))
    node = Pooling("p", "x", "y", Tflite(low=low, high=high), kind=kind, window=window, stride=stride, padding=padding)
    output = Tensor("y", (2, *counts, 3), type, zero_point=3)
    got = result(node, output, tensor("x", x, zero_point=3))
    assert got.ravel().tolist() == expected


@pytest.mark.parametrize(("node", "operator"), [(Addition, np.add), (Multiplication, np.multiply)])
@pytest.mark.parametrize("shape", [(2, 3, 4), (4,), (3, 1), (1,)])
def test_pairs_of_elements(result, node, operator, shape):
    rng = np.random.default_rng(3)
    x, w = integers(rng, (2, 3, 4)), integers(rng, shape)
    got = result(
        node("n", ("x", "w"), "y"),
        Tensor("y", (2, 3, 4), "int32"),
        tensor("x", x, zero_point=1),
        tensor("w", w, zero_point=-2),
    )
    np.testing.assert_array_equal(got, operator(x.astype(int) - 1, w.astype(int) + 2))


def test_a_table_is_indexed_by_the_byte(result):
    x = np.array([[0, 1, 127], [-128, -1, -2]], np.int8)
    table = np.arange(256, dtype=np.uint8)[::-1].copy()
    node = Activation("t", "x", "y", function="sigmoid", table=table)
    got = result(node, Tensor("y", (2, 3), "uint8", zero_point=9), tensor("x", x))
    assert got.tolist() == [[255, 254, 128], [127, 0, 1]]


def test_relu_of_sums(result):
    x = np.array([-5, 0, 7], np.int32)
    node = Activation("r", "x", "y", function="relu")
    assert result(node, Tensor("y", (3,), "int32"), tensor("x", x)).tolist() == [0, 0, 7]


def test_nodes_that_only_move_values(result):
    x = integers(np.random.default_rng(4), (2, 3, 4))
    source = tensor("x", x, zero_point=-7)

    def moved(node, shape, *others):
        return result(node, Tensor("y", shape, "int8", zero_point=-7), source, *others)

    np.testing.assert_array_equal(moved(Reshape("n", "x", "y", to=(6, 4)), (6, 4)), x.reshape(6, 4))
    node = Slice("n", "x", "y", begin=(1, 0, 1), size=(1, 2, 2), stride=(1, 2, 2))
    np.testing.assert_array_equal(moved(node, (1, 2, 2)), x[1:2, 0:3:2, 1:4:2])
    w = tensor("w", x[:, :, :1].copy(), zero_point=-7)
    node = Concatenation("n", ("x", "w", "x"), "y", axis=-1)
    np.testing.assert_array_equal(moved(node, (2, 3, 9), w), np.concatenate([x, w[1], x], 2))
    pads = ((0, 0), (1, 2), (0, 3))
    got = moved(Padding("n", "x", "y", pads=pads), (2, 6, 7))
    np.testing.assert_array_equal(got[:, 1:4, :4], x)
    assert (got == -7).sum() == 2 * 42 - 24 + (x == -7).sum()
    got = moved(Padding("n", "x", "y", pads=pads, value=5), (2, 6, 7))
    assert (got == 5).sum() == 2 * 42 - 24 + (x == 5).sum()


def test_every_tensor_of_a_chain():
    rng = np.random.default_rng(5)
    w = integers(rng, (1, 1, 2, 2))
    tensors = [Tensor("x", (1, 2, 2, 2), "int8"), tensor("w", w)[0], Tensor("p", (1, 2, 2, 2), "int32")]
    tensors.append(Tensor("y", (1, 2, 2, 2), "int32"))
    nodes = [Addition("add", ("p", "x"), "y"), Convolution("conv", ("x", "w"), "p")]
    x = integers(rng, (1, 2, 2, 2))
    values = run(Graph(tensors, nodes, ["x"], ["y"]), {"x": x})
    assert set(values) == {"x", "w", "p", "y"}
    np.testing.assert_array_equal(values["p"], x.astype(int) @ w[0, 0].astype(int))
    np.testing.assert_array_equal(values["y"], values["p"] + x)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "input x is missing"),
        ({"x": np.zeros(3, np.int8), "z": 1}, "input z is not one of the graph's inputs, x"),
        ({"x": np.zeros(3, np.uint8)}, "tensor x: input must be an array of int8, not uint8"),
        ({"x": np.zeros(4, np.int8)}, r"tensor x: input must have shape \(3,\), not \(4,\)"),
        ({"x": [1, 2, 3]}, "tensor x: input must be an array of int8, not list"),
    ],
)
def test_wrong_inputs(inputs, message):
    graph = Graph(
        [Tensor("x", (3,), "int8"), Tensor("y", (3,), "int32")], [Addition("a", ("x", "x"), "y")], ["x"], ["y"]
    )
    with pytest.raises(GraphError, match=f"^{message}$"):
        run(graph, inputs)


def test_an_illegal_code():
    graph = Graph(
        [Tensor("x", (3,), "flint4"), Tensor("y", (1,), "flint4")],
        [Slice("s", "x", "y", begin=(0,), size=(1,))],
        ["x"],
        ["y"],
    )
    with pytest.raises(GraphError, match=r"^tensor x: input 16 is not a code of 4 bits$"):
        run(graph, {"x": np.array([1, 16, 2], np.uint8)})
