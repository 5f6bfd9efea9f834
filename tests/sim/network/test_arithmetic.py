"""Integer arithmetic against explicit word-level formulas, and the golden requantisation."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from systola.sim.golden import layers
from systola.sim.golden.requantise import fixed_point, requantise
from systola.sim.network.arithmetic import Exact, Onnx, Rescale, Tflite, fold
from systola.sim.network.graph import (
    Activation,
    Addition,
    Convolution,
    Dense,
    Multiplication,
    Pooling,
    Tensor,
)

rng = np.random.default_rng(17)


def like(name, value, type=None, **fields):
    return Tensor(name, value.shape, type or str(value.dtype), **fields), value


def int8(*shape):
    return rng.integers(-128, 128, shape, dtype=np.int8)


def c_divide(a: int, b: int) -> int:
    """Division in C: truncation towards zero."""
    return abs(a) // b if a >= 0 else -(abs(a) // b)


def c_scale(x: int, multiplier: int, shift: int) -> int:
    """MultiplyByQuantizedMultiplier of TensorFlow Lite with two roundings, word by word."""
    product = x * (1 << max(shift, 0)) * multiplier
    high = c_divide(product + ((1 << 30) if product >= 0 else 1 - (1 << 30)), 1 << 31)
    mask = (1 << max(-shift, 0)) - 1
    return (high >> max(-shift, 0)) + ((high & mask) > (mask >> 1) + (high < 0))


def test_a_dense_layer_as_tflite_micro_computes_it(result):
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
def test_roundings_differ_and_equal_those_of_requantise(result, rounding):
    x = np.arange(-40, 40, dtype=np.int32)
    rule = Tflite(*fixed_point(0.25), rounding=rounding)
    got = result(Activation("q", "x", "y", rule), Tensor("y", x.shape, "int8", zero_point=3), like("x", x))
    np.testing.assert_array_equal(got, requantise(x, *fixed_point(0.25), rounding=rounding) + 3)
    assert got[38] == {"gemmlowp": -1, "single": 0}[rounding] + 3


def test_a_dead_channel(result):
    """A bias of 2^30 and a scale whose multiplier is 0, as in MobileNetV1."""
    rule = Tflite.from_scales(0.02, (1e-12, 0.01), 0.02)
    assert rule.multiplier[0] == 0
    x, w, b = int8(3, 4), int8(4, 2), np.array([1 << 30, 0], np.int32)
    tensors = like("x", x), like("w", w), like("b", b)
    got = result(Dense("fc", ("x", "w", "b"), "y", rule), Tensor("y", (3, 2), "int8", zero_point=5), *tensors)
    assert (got[:, 0] == 5).all()


@pytest.mark.parametrize(("activation", "low", "high"), [("identity", -128, 127), ("relu", -4, 127), ("relu6", -4, 82)])
def test_limits_of_activations(result, activation, low, high):
    """6 / 0.07 is 85.7."""
    rule = Tflite.from_scales(0.1, 0.1, 0.07, zero_point=-4, activation=activation)
    assert (rule.low, rule.high) == (low, high)
    output = Tensor("y", (256,), "int8", scale=0.07, zero_point=-4)
    node = Activation("a", "x", "y", Tflite(), function=activation)
    x = np.arange(-128, 128).astype(np.int8)
    got = result(node, output, like("x", x, scale=0.07, zero_point=-4))
    np.testing.assert_array_equal(got, np.clip(x, low, high))


def test_a_limit_beyond_the_type_limits_nothing(result):
    x = np.arange(-128, 128).astype(np.int8)
    node = Activation("a", "x", "y", Tflite(), function="relu6")
    got = result(node, Tensor("y", (256,), "int8", scale=0.01, zero_point=-4), like("x", x, scale=0.01, zero_point=-4))
    np.testing.assert_array_equal(got, np.maximum(x, -4))


def test_a_change_of_type_moves_the_zero_point(result):
    x = np.arange(-128, 128).astype(np.int8)
    output = Tensor("y", (256,), "uint8", scale=0.5, zero_point=0)
    got = result(Activation("q", "x", "y", Tflite()), output, like("x", x, scale=0.5, zero_point=-128))
    assert got.tolist() == list(range(256))


def test_addition_as_tflite_micro_computes_it(result):
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


def test_addition_with_integer_scales(result):
    """The vector lanes' addition: raw values, their zero points folded into the bias."""
    a, b = int8(500), int8(500)
    expected = requantise(
        -3000 * a.astype(int) + 500 * b.astype(int), 1 << 30, -9, bias=77, zero_point=2, low=-128, high=124
    )
    rule = Tflite(1 << 30, -9, high=124, rounding="single", operands=(-3000, 500), bias=77 + -3000 * 4 + 500 * -9)
    tensors = like("a", a, zero_point=4), like("b", b, zero_point=-9)
    got = result(Addition("add", ("a", "b"), "y", rule), Tensor("y", a.shape, "int8", zero_point=2), *tensors)
    np.testing.assert_array_equal(got, expected)


def test_a_product_is_requantised_once(result):
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
    """Windows of int8 with all possible sums: (sums, 1, area, 1)."""
    sums = np.arange(-128 * area, 127 * area + 1)
    quotient, rest = np.divmod(sums, area)
    return sums, (quotient[:, None] + (np.arange(area) < rest[:, None])).astype(np.int8)


@pytest.mark.parametrize("area", AREAS)
def test_averages_of_all_sums(result, area):
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


def test_a_mean_is_requantised_with_its_count_in_the_multiplier(result):
    """Also the average of the vector lanes: requantise(sum, fixed_point(1 / area))."""
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


def test_onnx_rounds_a_float32_product_to_even(result):
    x = np.array([1, 3, 5, -1, -3, 300, -300, 16_777_217], np.int32)
    got = result(Activation("q", "x", "y", Onnx(0.5)), Tensor("y", x.shape, "int8", zero_point=1), like("x", x))
    assert got.tolist() == [1, 3, 3, 1, -1, 127, -128, 127]
    wide = result(Activation("q", "x", "y", Onnx(1.0)), Tensor("y", x.shape, "int32"), like("x", x))
    assert wide[-1] == 16_777_216  # a sum beyond 2^24 is rounded before the product


def test_onnx_convolution_per_channel(result):
    x, w = int8(1, 4, 4, 3), int8(3, 3, 3, 5)
    scales = np.float32(rng.uniform(1e-4, 2e-3, 5))
    rule = Onnx.from_scales(0.7, scales, 1.3)
    sums = layers.convolution(x.astype(int) - 8, w, padding=(1, 1))
    scale = np.float32(0.7) * scales / np.float32(1.3)
    expected = np.clip(np.rint(sums.astype(np.float32) * scale).astype(int) - 2, -128, 127)
    node = Convolution("c", ("x", "w"), "y", rule, padding=((1, 1), (1, 1)))
    output = Tensor("y", expected.shape, "int8", zero_point=-2)
    np.testing.assert_array_equal(result(node, output, like("x", x, zero_point=8), like("w", w)), expected)


def test_folding_meets_the_requirements_of_a_core_with_raw_operands(result):
    """The convolutions of `systola run`: raw activations, padding by a value, folded into the bias."""
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


def test_rescale_of_one_addend_rounds_to_the_nearest(result):
    """Half of an addend's scale: the sum of 1 and 1 at half scale is 1."""
    a = np.array([1, 2, 3, -1], np.int8)
    rule = Tflite.addition(0.5, 0.5, 1.0)
    assert rule.operands == (Rescale(1 << 30, 0), Rescale(1 << 30, 0))
    got = result(Addition("n", ("a", "b"), "y", rule), Tensor("y", (4,), "int8"), like("a", a), like("b", a))
    assert got.tolist() == [floor(v) for v in (1, 2, 3, -1)]


@pytest.mark.parametrize("rule", [Exact(), Onnx(1.0), Tflite(1 << 30, 1, rounding="single")])
def test_every_integer_sum_wraps_before_requantisation(result, rule):
    x, w, b = np.ones((1, 1), np.int8), np.ones((1, 1), np.int8), np.array([2**31 - 1], np.int32)
    tensors = like("x", x), like("w", w), like("b", b)
    assert result(Dense("fc", ("x", "w", "b"), "y", rule), Tensor("y", (1, 1), "int32"), *tensors) == -(2**31)
