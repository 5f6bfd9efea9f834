"""Arithmetics against formulas written out, other models, and numbers of TensorFlow Lite Micro's kernels."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from systola.sim.golden import bfloat16_systolic, layers
from systola.sim.golden.formats import bfloat16
from systola.sim.golden.formats.codebook import Codebook
from systola.sim.golden.formats.names import find
from systola.sim.golden.formats.olive import Pairs
from systola.sim.golden.requantise import fixed_point, requantise
from systola.sim.network.arithmetic import Bfloat16, Coded, Exact, FixedPoint, Onnx, Rescale, Tflite, fold
from systola.sim.network.graph import (
    Activation,
    Addition,
    Convolution,
    Dense,
    Graph,
    Multiplication,
    Pooling,
    Tensor,
)
from systola.sim.network.reference import run

rng = np.random.default_rng(17)


def result(node, output, *inputs):
    """The output of a graph of one node with constants (tensor, value); the first input comes from outside."""
    tensors = [Tensor(t.name, t.shape, t.type, value, t.scale, t.zero_point) for t, value in inputs[1:]]
    graph = Graph([inputs[0][0], *tensors, output], [node], [inputs[0][0].name], [output.name])
    return run(graph, {inputs[0][0].name: inputs[0][1]})[output.name]


def like(name, value, type=None, **fields):
    return Tensor(name, value.shape, type or str(value.dtype), **fields), value


def int8(*shape):
    return rng.integers(-128, 128, shape, dtype=np.int8)


def c_divide(a: int, b: int) -> int:
    """Division of C: truncation towards zero."""
    return abs(a) // b if a >= 0 else -(abs(a) // b)


def c_scale(x: int, multiplier: int, shift: int) -> int:
    """MultiplyByQuantizedMultiplier of TensorFlow Lite with two roundings, word by word."""
    product = x * (1 << max(shift, 0)) * multiplier
    high = c_divide(product + ((1 << 30) if product >= 0 else 1 - (1 << 30)), 1 << 31)
    mask = (1 << max(-shift, 0)) - 1
    return (high >> max(-shift, 0)) + ((high & mask) > (mask >> 1) + (high < 0))


def test_a_dense_layer_as_tflite_micro_computes_it():
    x, w, b = int8(6, 40), int8(40, 7), rng.integers(-3000, 3000, 7).astype(np.int32)
    scales = tuple(float(np.float32(s)) for s in rng.uniform(0.001, 0.02, 7))
    tensors = like("x", x, scale=0.05, zero_point=83), like("w", w, scale=scales), like("b", b)
    output = Tensor("y", (6, 7), "int8", scale=0.11, zero_point=-24)
    rule = Tflite.from_scales(0.05, scales, 0.11, zero_point=-24, activation="relu")
    expected = np.zeros((6, 7), int)
    for i, j in np.ndindex(6, 7):
        total = int(b[j]) + sum((int(x[i, k]) - 83) * int(w[k, j]) for k in range(40))
        real = float(np.float32(0.05)) * scales[j] / float(np.float32(0.11))
        expected[i, j] = min(max(c_scale(total, *fixed_point(real)) - 24, -24), 127)
    got = result(Dense("fc", ("x", "w", "b"), "y", rule), output, *tensors)
    np.testing.assert_array_equal(got, expected)
    assert len(np.unique(got)) > 5


def test_scales_are_float32_and_their_ratio_is_float64():
    rule = Tflite.from_scales(0.1, (0.3, 0.7), 0.9)
    tenth, ninth = Fraction(float(np.float32(0.1))), Fraction(float(np.float32(0.9)))
    for scale, multiplier, shift in zip((0.3, 0.7), rule.multiplier, rule.shift, strict=True):
        exact = tenth * Fraction(float(np.float32(scale))) / ninth
        assert multiplier == round(exact * 2 ** (31 - int(shift)))
        assert 2**30 <= multiplier < 2**31


def test_a_mean_keeps_the_bits_of_its_multiplier():
    rule = Tflite.mean(0.5, 0.5, 9)
    assert (rule.multiplier, rule.shift) == ((2**30 << 3) // 9, 1 - 3)


@pytest.mark.parametrize("rounding", ["gemmlowp", "single"])
def test_roundings_differ_and_are_those_of_requantise(rounding):
    x = np.arange(-40, 40, dtype=np.int32)
    rule = Tflite(*fixed_point(0.25), rounding=rounding)
    got = result(Activation("q", "x", "y", rule), Tensor("y", x.shape, "int8", zero_point=3), like("x", x))
    np.testing.assert_array_equal(got, requantise(x, *fixed_point(0.25), rounding=rounding) + 3)
    assert got[38] == {"gemmlowp": -1, "single": 0}[rounding] + 3


def test_a_dead_channel():
    """A bias of 2^30 and a scale that leaves a multiplier of 0, as MobileNetV1 has them."""
    rule = Tflite.from_scales(0.02, (1e-12, 0.01), 0.02)
    assert rule.multiplier[0] == 0
    x, w, b = int8(3, 4), int8(4, 2), np.array([1 << 30, 0], np.int32)
    tensors = like("x", x), like("w", w), like("b", b)
    got = result(Dense("fc", ("x", "w", "b"), "y", rule), Tensor("y", (3, 2), "int8", zero_point=5), *tensors)
    assert (got[:, 0] == 5).all()


@pytest.mark.parametrize(("activation", "low", "high"), [("identity", -128, 127), ("relu", -4, 127), ("relu6", -4, 82)])
def test_limits_of_activations(activation, low, high):
    """6 / 0.07 is 85.7."""
    rule = Tflite.from_scales(0.1, 0.1, 0.07, zero_point=-4, activation=activation)
    assert (rule.low, rule.high) == (low, high)
    output = Tensor("y", (256,), "int8", scale=0.07, zero_point=-4)
    node = Activation("a", "x", "y", Tflite(), function=activation)
    x = np.arange(-128, 128).astype(np.int8)
    got = result(node, output, like("x", x, scale=0.07, zero_point=-4))
    np.testing.assert_array_equal(got, np.clip(x, low, high))


def test_a_limit_beyond_the_type_limits_nothing():
    x = np.arange(-128, 128).astype(np.int8)
    node = Activation("a", "x", "y", Tflite(), function="relu6")
    got = result(node, Tensor("y", (256,), "int8", scale=0.01, zero_point=-4), like("x", x, scale=0.01, zero_point=-4))
    np.testing.assert_array_equal(got, np.maximum(x, -4))


def test_a_change_of_type_moves_the_zero_point():
    x = np.arange(-128, 128).astype(np.int8)
    output = Tensor("y", (256,), "uint8", scale=0.5, zero_point=0)
    got = result(Activation("q", "x", "y", Tflite()), output, like("x", x, scale=0.5, zero_point=-128))
    assert got.tolist() == list(range(256))


def test_addition_as_tflite_micro_computes_it():
    """All 65,536 pairs of one layer of unequal scales."""
    a, b = (values.astype(np.int8).reshape(-1) for values in np.mgrid[-128:128, -128:128])
    scales = [float(np.float32(scale)) for scale in (0.0471, 0.0303, 0.0625)]
    rule = Tflite.addition(*scales, zero_point=-11, activation="relu")
    twice = 2 * max(scales[:2])
    parts = [fixed_point(scales[0] / twice), fixed_point(scales[1] / twice), fixed_point(twice / 2**20 / scales[2])]
    left = [c_scale((value - 17) << 20, *parts[0]) for value in range(-128, 128)]
    right = [c_scale((value + 128) << 20, *parts[1]) for value in range(-128, 128)]
    expected = [
        min(max(c_scale(left[x + 128] + right[z + 128], *parts[2]) - 11, -11), 127)
        for x, z in zip(a.tolist(), b.tolist(), strict=True)
    ]
    tensors = like("a", a, scale=scales[0], zero_point=17), like("b", b, scale=scales[1], zero_point=-128)
    got = result(Addition("add", ("a", "b"), "y", rule), Tensor("y", a.shape, "int8", zero_point=-11), *tensors)
    assert got.tolist() == expected


def test_addition_with_integer_scales():
    """The vector lanes' addition: raw values, their zero points folded into the bias."""
    a, b = int8(500), int8(500)
    expected = requantise(
        -3000 * a.astype(int) + 500 * b.astype(int), 1 << 30, -9, bias=77, zero_point=2, low=-128, high=124
    )
    rule = Tflite(1 << 30, -9, high=124, rounding="single", operands=(-3000, 500), bias=77 + -3000 * 4 + 500 * -9)
    tensors = like("a", a, zero_point=4), like("b", b, zero_point=-9)
    got = result(Addition("add", ("a", "b"), "y", rule), Tensor("y", a.shape, "int8", zero_point=2), *tensors)
    np.testing.assert_array_equal(got, expected)


def test_a_product_is_requantised_once():
    a, b = int8(300), int8(300)
    rule = Tflite(*fixed_point(0.013))
    expected = [
        min(max(c_scale((x - 5) * (z + 8), *fixed_point(0.013)) + 1, -128), 127)
        for x, z in zip(a.tolist(), b.tolist(), strict=True)
    ]
    tensors = like("a", a, zero_point=5), like("b", b, zero_point=-8)
    got = result(Multiplication("mul", ("a", "b"), "y", rule), Tensor("y", a.shape, "int8", zero_point=1), *tensors)
    assert got.tolist() == expected


AREAS = {2: (1, 2), 4: (2, 2), 7: (7, 1), 9: (3, 3)}


def every_sum(area):
    """Windows of int8 whose sums are all there can be: (sums, 1, area, 1)."""
    sums = np.arange(-128 * area, 127 * area + 1)
    quotient, rest = np.divmod(sums, area)
    return sums, (quotient[:, None] + (np.arange(area) < rest[:, None])).astype(np.int8)


@pytest.mark.parametrize("area", AREAS)
def test_averages_of_all_sums(area):
    """AVERAGE_POOL_2D of TensorFlow Lite: acc > 0 ? (acc + n / 2) / n : (acc - n / 2) / n in C."""
    sums, values = every_sum(area)
    x = values.reshape(-1, *AREAS[area], 1)
    expected = [c_divide(s + area // 2 if s > 0 else s - area // 2, area) for s in sums.tolist()]
    node = Pooling("p", "x", "y", Tflite(), kind="average", window=AREAS[area])
    output = Tensor("y", (len(sums), 1, 1, 1), "int8", zero_point=-3, scale=0.5)
    got = result(node, output, like("x", x, zero_point=-3, scale=0.5))
    assert got.ravel().tolist() == expected
    if area % 2 == 0:
        away = {Fraction(-3, 2): -2, Fraction(-1, 2): -1, Fraction(1, 2): 1, Fraction(5, 2): 3}
        assert {ratio: int(got[sums.tolist().index(ratio * area), 0, 0, 0]) for ratio in away} == away


def test_a_mean_is_requantised_with_its_count_in_the_multiplier():
    """Also today's average of the vector lanes: requantise(sum, fixed_point(1 / area))."""
    _, values = every_sum(9)
    x = values.reshape(-1, 3, 3, 1)
    expected = requantise(
        layers.windows(x, (3, 3), (1, 1), maximum=False), *fixed_point(1 / 9), rounding="gemmlowp", low=-128, high=127
    )
    node = Pooling("p", "x", "y", Tflite(*fixed_point(1 / 9)), kind="average", window=(3, 3))
    output = Tensor("y", expected.shape, "int8")
    np.testing.assert_array_equal(result(node, output, like("x", x)), expected)
    multiplier, shift = fixed_point(0.7 / 9)
    node = Pooling("p", "x", "y", Tflite(multiplier, shift), kind="average", window=(3, 3))
    output = Tensor("y", expected.shape, "int8", zero_point=-20)
    got = result(node, output, like("x", x, zero_point=31))
    sums = x.astype(int).sum(axis=(1, 2, 3))
    assert got.ravel().tolist() == [max(c_scale(s - 279, multiplier, shift) - 20, -128) for s in sums.tolist()]


def test_onnx_rounds_a_float32_product_to_even():
    x = np.array([1, 3, 5, -1, -3, 300, -300, 16_777_217], np.int32)
    got = result(Activation("q", "x", "y", Onnx(0.5)), Tensor("y", x.shape, "int8", zero_point=1), like("x", x))
    assert got.tolist() == [1, 3, 3, 1, -1, 127, -128, 127]
    wide = result(Activation("q", "x", "y", Onnx(1.0)), Tensor("y", x.shape, "int32"), like("x", x))
    assert wide[-1] == 16_777_216  # a sum beyond 2^24 is rounded before the product


def test_onnx_convolution_per_channel():
    x, w = int8(1, 4, 4, 3), int8(3, 3, 3, 5)
    scales = np.float32(rng.uniform(1e-4, 2e-3, 5))
    rule = Onnx.from_scales(0.7, scales, 1.3)
    sums = layers.convolution(x.astype(int) - 8, w, padding=(1, 1))
    scale = np.float32(0.7) * scales / np.float32(1.3)
    expected = np.clip(np.rint(sums.astype(np.float32) * scale).astype(int) - 2, -128, 127)
    node = Convolution("c", ("x", "w"), "y", rule, padding=((1, 1), (1, 1)))
    output = Tensor("y", expected.shape, "int8", zero_point=-2)
    np.testing.assert_array_equal(result(node, output, like("x", x, zero_point=8), like("w", w)), expected)


def test_folding_is_what_a_core_with_raw_operands_needs():
    """The convolutions of `systola run`: raw activations, padding by a value, and a bias that has it folded in."""
    x, w = int8(2, 5, 6, 3), int8(3, 3, 3, 4)
    bias = rng.integers(-1000, 1000, 4)
    multiplier, shift = rng.integers(1 << 30, 1 << 31, 4), np.full(4, -10)
    sums = layers.convolution(x, w, padding=(1, 1), value=3)
    expected = requantise(sums, multiplier, shift, bias=bias, zero_point=-8, low=-128, high=127)
    unfolded = fold(bias, w, -3)
    np.testing.assert_array_equal(fold(unfolded, w, 3), bias)
    node = Convolution(
        "c", ("x", "w", "b"), "y", Tflite(multiplier, shift, rounding="single"), padding=((1, 1), (1, 1))
    )
    output = Tensor("y", expected.shape, "int8", zero_point=-8)
    got = result(node, output, like("x", x, zero_point=3), like("w", w), like("b", unfolded))
    np.testing.assert_array_equal(got, expected)


def truncated(a: int, w: int, shift: int, bits: int = 16) -> int:
    """The product shifted right, the low bits of which stay."""
    return ((a * w >> shift) + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def int16(*shape):
    return rng.integers(-(1 << 15), 1 << 15, shape).astype(np.int16)


def test_eyeriss_truncates_every_product_and_keeps_16_bits():
    x, w, b = int16(3, 20), int16(20, 4), int16(4)
    expected = np.zeros((3, 4), int)
    for i, j in np.ndindex(3, 4):
        psum = int(b[j])
        for k in range(20):
            psum = truncated(psum + truncated(int(x[i, k]), int(w[k, j]), 12), 1, 0)
        expected[i, j] = psum
    node = Dense("fc", ("x", "w", "b"), "y", FixedPoint(12))
    tensors = like("x", x), like("w", w), like("b", b)
    np.testing.assert_array_equal(result(node, Tensor("y", (3, 4), "int16"), *tensors), expected)


def test_a_truncated_product_is_not_a_truncated_sum():
    x, w = np.full((1, 4), -1, np.int16), np.ones((4, 1), np.int16)
    got = result(Dense("fc", ("x", "w"), "y", FixedPoint(10)), Tensor("y", (1, 1), "int16"), like("x", x), like("w", w))
    assert got.item() == -4


def test_diannao_sums_trees_and_saturates():
    """Sums of 32 bits over groups of 16 products, saturated to 16 bits at the end."""
    x, w = int16(2, 2, 2, 19), int16(2, 2, 19, 3)
    rule = FixedPoint(10, sum_width=32, overflow="saturate", group=16)
    products = (x.reshape(2, -1).astype(int)[:, :, None] * w.reshape(-1, 3).astype(int)) >> 10
    sums = (((products + (1 << 15)) & 0xFFFF) - (1 << 15)).sum(1)
    node = Convolution("c", ("x", "w"), "y", rule)
    got = result(node, Tensor("y", (2, 1, 1, 3), "int16"), like("x", x), like("w", w))
    np.testing.assert_array_equal(got.reshape(2, 3), np.clip(sums, -(1 << 15), (1 << 15) - 1))
    wide = result(node, Tensor("y", (2, 1, 1, 3), "int32"), like("x", x), like("w", w))
    np.testing.assert_array_equal(wide.reshape(2, 3), sums)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 17_767),  # 10, 20, 32.767, 22.767, 17.767, 17.767 thousand
        ({"group": 2}, 27_767),  # 20, 32.767, 27.767
        ({"group": 16}, 27_767),  # no group reaches into the next tap
        ({"order": "channels"}, 22_767),  # 10, 32.767, 27.767; 32.767, 22.767, 22.767
        ({"order": "channels", "group": 3}, 32_767),  # 32.767; 32.767
        ({"overflow": "wrap"}, 35_000 - 65_536),
        ({"sum_width": 32}, 32_767),
    ],
)
def test_order_and_groups_of_saturating_sums(fields, expected):
    """Products of three taps with two channels each."""
    x = np.array([[10_000, 10_000], [30_000, -10_000], [-5_000, 0]], np.int16).reshape(1, 1, 3, 2)
    w = np.ones((1, 3, 2, 1), np.int16)
    rule = FixedPoint(0, **{"overflow": "saturate"} | fields)
    node = Convolution("c", ("x", "w"), "y", rule)
    got = result(node, Tensor("y", (1, 1, 1, 1), "int16"), like("x", x), like("w", w)).item()
    assert got == expected


def test_piecewise_linear_segments():
    x = np.array([-32768, -4097, -4096, -1, 0, 4095, 4096, 32767], np.int16)
    table = np.stack([rng.integers(-2000, 2000, 16), rng.integers(-9000, 9000, 16)], 1).astype(np.int16)
    expected = []
    for value in x.tolist():
        slope, offset = table[value % (1 << 16) >> 12].tolist()
        expected.append(min(max(truncated(slope, value, 10) + offset, -(1 << 15)), (1 << 15) - 1))
    node = Activation("s", "x", "y", FixedPoint(10, overflow="saturate"), function="sigmoid", table=table)
    assert result(node, Tensor("y", x.shape, "int16"), like("x", x)).tolist() == expected


def test_fixed_point_element_by_element():
    a, b = int16(200), int16(200)
    rule, output = FixedPoint(9, overflow="saturate"), Tensor("y", (200,), "int16")
    got = result(Addition("n", ("a", "b"), "y", rule), output, like("a", a), like("b", b))
    np.testing.assert_array_equal(got, np.clip(a.astype(int) + b, -(1 << 15), (1 << 15) - 1))
    got = result(Multiplication("n", ("a", "b"), "y", rule), output, like("a", a), like("b", b))
    assert got.tolist() == [truncated(x, z, 9) for x, z in zip(a.tolist(), b.tolist(), strict=True)]
    got = result(Activation("n", "a", "y", rule, function="relu"), output, like("a", a))
    np.testing.assert_array_equal(got, np.maximum(a, 0))


def brain(*shape):
    return bfloat16.encode(rng.normal(0, 3, shape) * 2.0 ** rng.integers(-9, 9, shape)).astype(np.uint16)


def sequential(codes, weights):
    """float32 sums of float32 products, one after the other: NumPy rounds each as IEEE 754 does."""
    a, w = bfloat16.decode(codes), bfloat16.decode(weights)
    y = np.zeros((a.shape[0], w.shape[1]), np.float32)
    for k in range(a.shape[1]):
        y = y + a[:, k, None] * w[None, k]
    return y


def test_bfloat16_sums_one_after_the_other():
    x, w, b = brain(5, 30), brain(30, 4), rng.normal(0, 1e6, 4).astype(np.float32)
    tensors = like("x", x, "bfloat16"), like("w", w, "bfloat16"), like("b", b, "float32")
    expected = sequential(x, w)
    got = result(Dense("fc", ("x", "w"), "y", Bfloat16()), Tensor("y", (5, 4), "float32"), *tensors[:2])
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(bfloat16.words(got), bfloat16_systolic.product(x, w))
    got = result(Dense("fc", ("x", "w", "b"), "y", Bfloat16()), Tensor("y", (5, 4), "bfloat16"), *tensors)
    np.testing.assert_array_equal(got, bfloat16.encode(expected + b))


def test_bfloat16_sums_of_tiles_are_added():
    """Three tiles of 8, 8 and 4 rows give another sum than 20 rows."""
    x, w = brain(40, 20), brain(20, 6)
    tiles = [sequential(x[:, k : k + 8], w[k : k + 8]) for k in (0, 8, 16)]
    expected = tiles[0] + tiles[1] + tiles[2]
    tensors = like("x", x, "bfloat16"), like("w", w, "bfloat16")
    got = result(Dense("fc", ("x", "w"), "y", Bfloat16(group=8)), Tensor("y", (40, 6), "float32"), *tensors)
    np.testing.assert_array_equal(got, expected)
    assert (expected != sequential(x, w)).any()


def test_the_order_of_a_convolution_in_bfloat16():
    x, w = brain(1, 3, 3, 5), brain(3, 3, 5, 2)
    tensors = like("x", x, "bfloat16"), like("w", w, "bfloat16")
    output = Tensor("y", (1, 1, 1, 2), "float32")
    taps, channels = (
        result(Convolution("c", ("x", "w"), "y", Bfloat16(order)), output, *tensors) for order in ("taps", "channels")
    )
    np.testing.assert_array_equal(taps.reshape(1, 2), sequential(x.reshape(1, -1), w.reshape(-1, 2)))
    by_channel = x.transpose(0, 3, 1, 2).reshape(1, -1), w.transpose(2, 0, 1, 3).reshape(-1, 2)
    np.testing.assert_array_equal(channels.reshape(1, 2), sequential(*by_channel))


def test_bfloat16_element_by_element():
    a, b = brain(200), brain(200)
    x, z = bfloat16.decode(a), bfloat16.decode(b)
    tensors, output = (like("a", a, "bfloat16"), like("b", b, "bfloat16")), Tensor("y", (200,), "bfloat16")
    for node, exact in ((Addition, x + z), (Multiplication, x * z)):
        got = result(node("n", ("a", "b"), "y", Bfloat16()), output, *tensors)
        np.testing.assert_array_equal(got, bfloat16.encode(exact))
    for function, high in (("relu", np.inf), ("relu6", 6)):
        got = result(Activation("n", "a", "y", Bfloat16(), function=function), output, tensors[0])
        np.testing.assert_array_equal(got, bfloat16.encode(np.clip(x, 0, high)))


def test_bfloat16_maxima():
    x = brain(1, 4, 4, 3)
    node = Pooling("p", "x", "y", Bfloat16(), window=(2, 2), stride=(2, 2), padding=((0, 1), (1, 0)))
    got = result(node, Tensor("y", (1, 2, 2, 3), "bfloat16"), like("x", x, "bfloat16"))
    padded = np.pad(bfloat16.decode(x), ((0, 0), (0, 1), (1, 0), (0, 0)), constant_values=-np.inf)
    expected = padded[:, :4, :4].reshape(1, 2, 2, 2, 2, 3).max(axis=(2, 4))
    np.testing.assert_array_equal(bfloat16.decode(got), expected)


@pytest.mark.parametrize(
    ("a", "w"), [("flint4", "pot4"), ("uint4", "float4"), ("int8", "olive_int4"), ("olive_flint4", "olive_flint4")]
)
def test_codes_decode_before_they_are_summed(a, w):
    forms = {name: Pairs(name.split("_")[1]) if "olive" in name else find(name) for name in (a, w)}
    reals = rng.normal(0, 6, (2, 3, 3, 4)), rng.normal(0, 6, (2, 2, 4, 6))
    values = []
    for name, real in zip((a, w), reals, strict=True):
        codes = forms[name].encode(real)
        values.append((codes.astype(np.uint8).view(np.int8) if name == "int8" else codes.astype(np.uint8), codes))
    decoded = [forms[name].decode(codes) for name, (_, codes) in zip((a, w), values, strict=True)]
    expected = layers.convolution(*decoded, padding=(1, 1))
    tensors = like("x", values[0][0], a), like("w", values[1][0], w)
    node = Convolution("c", ("x", "w"), "y", Coded(a, w, Exact()), padding=((1, 1), (1, 1)))
    np.testing.assert_array_equal(result(node, Tensor("y", expected.shape, "int32"), *tensors), expected)
    rule = Coded(a, w, Tflite(*fixed_point(0.02), low=-7, high=7))
    node = Convolution("c", ("x", "w"), "y", rule, padding=((1, 1), (1, 1)))
    scaled = requantise(expected, *fixed_point(0.02), rounding="gemmlowp", low=-7, high=7)
    got = result(node, Tensor("y", expected.shape, "flint4"), *tensors)
    np.testing.assert_array_equal(got, find("flint4").encode(scaled))


def test_a_codebook_of_weights_with_fixed_point():
    """EIE: 16-bit activations, codes of 4 bits that stand for 16-bit weights."""
    book = Codebook((0, *(int(v) for v in rng.integers(-9000, 9000, 15))))
    x, w = int16(3, 10), rng.integers(0, 16, (10, 4)).astype(np.uint8)
    weights = book.decode(w)
    node = Dense("fc", ("x", "w"), "y", Coded("int16", book, FixedPoint(12)))
    got = result(node, Tensor("y", (3, 4), "int16"), like("x", x), like("w", w, "uint4"))
    plain = Dense("fc", ("x", "w"), "y", FixedPoint(12))
    same = result(plain, Tensor("y", (3, 4), "int16"), like("x", x), like("w", weights.astype(np.int16)))
    np.testing.assert_array_equal(got, same)


def test_rescale_of_one_addend_rounds_to_the_nearest():
    """Half of an addend's scale: the sum of 1 and 1 at half scale is 1."""
    a = np.array([1, 2, 3, -1], np.int8)
    rule = Tflite.addition(0.5, 0.5, 1.0)
    assert rule.operands == (Rescale(1 << 30, 0), Rescale(1 << 30, 0))
    got = result(Addition("n", ("a", "b"), "y", rule), Tensor("y", (4,), "int8"), like("a", a), like("b", a))
    assert got.tolist() == [floor(v) for v in (1, 2, 3, -1)]


@pytest.mark.parametrize("rule", [Exact(), Onnx(1.0), Tflite(1 << 30, 1, rounding="single")])
def test_every_integer_sum_wraps_before_it_is_finished(rule):
    x, w, b = np.ones((1, 1), np.int8), np.ones((1, 1), np.int8), np.array([2**31 - 1], np.int32)
    tensors = like("x", x), like("w", w), like("b", b)
    assert result(Dense("fc", ("x", "w", "b"), "y", rule), Tensor("y", (1, 1), "int32"), *tensors) == -(2**31)
