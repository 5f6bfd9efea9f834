"""Truncating fixed point, bfloat16 and coded formats, against Python loops, NumPy's float32 and their decoders."""

import numpy as np
import pytest

from systola.sim.golden import bfloat16_systolic, layers
from systola.sim.golden.formats import bfloat16
from systola.sim.golden.formats.codebook import Codebook
from systola.sim.golden.formats.names import find
from systola.sim.golden.formats.olive import Pairs
from systola.sim.golden.requantise import fixed_point, requantise
from systola.sim.network.arithmetic import Bfloat16, Coded, Exact, FixedPoint, Tflite
from systola.sim.network.graph import (
    Activation,
    Addition,
    Convolution,
    Dense,
    Multiplication,
    Pooling,
    Tensor,
)

rng = np.random.default_rng(18)


def like(name, value, type=None, **fields):
    return Tensor(name, value.shape, type or str(value.dtype), **fields), value


def truncated(a: int, w: int, shift: int, bits: int = 16) -> int:
    """The product shifted right; its low bits are kept."""
    return ((a * w >> shift) + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def int16(*shape):
    return rng.integers(-(1 << 15), 1 << 15, shape).astype(np.int16)


def test_eyeriss_truncates_every_product_and_keeps_16_bits(result):
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


def test_a_truncated_product_is_not_a_truncated_sum(result):
    x, w = np.full((1, 4), -1, np.int16), np.ones((4, 1), np.int16)
    got = result(Dense("fc", ("x", "w"), "y", FixedPoint(10)), Tensor("y", (1, 1), "int16"), like("x", x), like("w", w))
    assert got.item() == -4


def test_diannao_sums_trees_and_saturates(result):
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
        ({"group": 16}, 27_767),  # no group extends into the next tap
        ({"order": "channels"}, 22_767),  # 10, 32.767, 27.767; 32.767, 22.767, 22.767
        ({"order": "channels", "group": 3}, 32_767),  # 32.767; 32.767
        ({"overflow": "wrap"}, 35_000 - 65_536),
        ({"sum_width": 32}, 32_767),
    ],
)
def test_order_and_groups_of_saturating_sums(result, fields, expected):
    """Products of three taps with two channels each."""
    x = np.array([[10_000, 10_000], [30_000, -10_000], [-5_000, 0]], np.int16).reshape(1, 1, 3, 2)
    w = np.ones((1, 3, 2, 1), np.int16)
    rule = FixedPoint(0, **{"overflow": "saturate"} | fields)
    node = Convolution("c", ("x", "w"), "y", rule)
    got = result(node, Tensor("y", (1, 1, 1, 1), "int16"), like("x", x), like("w", w)).item()
    assert got == expected


def test_piecewise_linear_segments(result):
    x = np.array([-32768, -4097, -4096, -1, 0, 4095, 4096, 32767], np.int16)
    table = np.stack([rng.integers(-2000, 2000, 16), rng.integers(-9000, 9000, 16)], 1).astype(np.int16)
    expected = []
    for value in x.tolist():
        slope, offset = table[value % (1 << 16) >> 12].tolist()
        expected.append(min(max(truncated(slope, value, 10) + offset, -(1 << 15)), (1 << 15) - 1))
    node = Activation("s", "x", "y", FixedPoint(10, overflow="saturate"), function="sigmoid", table=table)
    assert result(node, Tensor("y", x.shape, "int16"), like("x", x)).tolist() == expected


def test_fixed_point_element_by_element(result):
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
    """float32 sums of float32 products, in order: NumPy rounds each as IEEE 754 specifies."""
    a, w = bfloat16.decode(codes), bfloat16.decode(weights)
    y = np.zeros((a.shape[0], w.shape[1]), np.float32)
    for k in range(a.shape[1]):
        y = y + a[:, k, None] * w[None, k]
    return y


def test_bfloat16_sums_in_order(result):
    x, w, b = brain(5, 30), brain(30, 4), rng.normal(0, 1e6, 4).astype(np.float32)
    tensors = like("x", x, "bfloat16"), like("w", w, "bfloat16"), like("b", b, "float32")
    expected = sequential(x, w)
    got = result(Dense("fc", ("x", "w"), "y", Bfloat16()), Tensor("y", (5, 4), "float32"), *tensors[:2])
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(bfloat16.words(got), bfloat16_systolic.product(x, w))
    got = result(Dense("fc", ("x", "w", "b"), "y", Bfloat16()), Tensor("y", (5, 4), "bfloat16"), *tensors)
    np.testing.assert_array_equal(got, bfloat16.encode(expected + b))


def test_bfloat16_sums_of_tiles_are_added(result):
    """Three tiles of 8, 8 and 4 rows give another sum than 20 rows."""
    x, w = brain(40, 20), brain(20, 6)
    tiles = [sequential(x[:, k : k + 8], w[k : k + 8]) for k in (0, 8, 16)]
    expected = tiles[0] + tiles[1] + tiles[2]
    tensors = like("x", x, "bfloat16"), like("w", w, "bfloat16")
    got = result(Dense("fc", ("x", "w"), "y", Bfloat16(group=8)), Tensor("y", (40, 6), "float32"), *tensors)
    np.testing.assert_array_equal(got, expected)
    assert (expected != sequential(x, w)).any()


def test_the_order_of_a_convolution_in_bfloat16(result):
    x, w = brain(1, 3, 3, 5), brain(3, 3, 5, 2)
    tensors = like("x", x, "bfloat16"), like("w", w, "bfloat16")
    output = Tensor("y", (1, 1, 1, 2), "float32")
    taps, channels = (
        result(Convolution("c", ("x", "w"), "y", Bfloat16(order)), output, *tensors) for order in ("taps", "channels")
    )
    np.testing.assert_array_equal(taps.reshape(1, 2), sequential(x.reshape(1, -1), w.reshape(-1, 2)))
    by_channel = x.transpose(0, 3, 1, 2).reshape(1, -1), w.transpose(2, 0, 1, 3).reshape(-1, 2)
    np.testing.assert_array_equal(channels.reshape(1, 2), sequential(*by_channel))


def test_bfloat16_element_by_element(result):
    a, b = brain(200), brain(200)
    x, z = bfloat16.decode(a), bfloat16.decode(b)
    tensors, output = (like("a", a, "bfloat16"), like("b", b, "bfloat16")), Tensor("y", (200,), "bfloat16")
    for node, exact in ((Addition, x + z), (Multiplication, x * z)):
        got = result(node("n", ("a", "b"), "y", Bfloat16()), output, *tensors)
        np.testing.assert_array_equal(got, bfloat16.encode(exact))
    for function, high in (("relu", np.inf), ("relu6", 6)):
        got = result(Activation("n", "a", "y", Bfloat16(), function=function), output, tensors[0])
        np.testing.assert_array_equal(got, bfloat16.encode(np.clip(x, 0, high)))


def test_bfloat16_maxima(result):
    x = brain(1, 4, 4, 3)
    node = Pooling("p", "x", "y", Bfloat16(), window=(2, 2), stride=(2, 2), padding=((0, 1), (1, 0)))
    got = result(node, Tensor("y", (1, 2, 2, 3), "bfloat16"), like("x", x, "bfloat16"))
    padded = np.pad(bfloat16.decode(x), ((0, 0), (0, 1), (1, 0), (0, 0)), constant_values=-np.inf)
    expected = padded[:, :4, :4].reshape(1, 2, 2, 2, 2, 3).max(axis=(2, 4))
    np.testing.assert_array_equal(bfloat16.decode(got), expected)


@pytest.mark.parametrize(
    ("a", "w"), [("flint4", "pot4"), ("uint4", "float4"), ("int8", "olive_int4"), ("olive_flint4", "olive_flint4")]
)
def test_codes_decode_before_they_are_summed(result, a, w):
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


def test_a_codebook_of_weights_with_fixed_point(result):
    """EIE: 16-bit activations, codes of 4 bits that stand for 16-bit weights."""
    book = Codebook((0, *(int(v) for v in rng.integers(-9000, 9000, 15))))
    x, w = int16(3, 10), rng.integers(0, 16, (10, 4)).astype(np.uint8)
    weights = book.decode(w)
    node = Dense("fc", ("x", "w"), "y", Coded("int16", book, FixedPoint(12)))
    got = result(node, Tensor("y", (3, 4), "int16"), like("x", x), like("w", w, "uint4"))
    plain = Dense("fc", ("x", "w"), "y", FixedPoint(12))
    same = result(plain, Tensor("y", (3, 4), "int16"), like("x", x), like("w", weights.astype(np.int16)))
    np.testing.assert_array_equal(got, same)
