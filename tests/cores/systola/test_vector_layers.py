"""Pooling and additions: exact, and without a hazard."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from systola.gen.accelerators.systola.compiler import compile
from systola.gen.compile.layers import AdditionLayer, Clamp, DramTensor, PoolingLayer, Scale
from systola.gen.compile.pipelining import ORDERS
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden.layers import windows
from systola.sim.golden.requantise import requantise

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(1, 12), st.integers(1, 20))
CORE = SystolaParameters(size=8, activation_bytes=8192, weight_bytes=4096, accumulators=64)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(SIZES, st.data(), st.booleans(), st.sampled_from(list(ORDERS)), st.integers(0, 99))
def test_pooling(result, size, data, maximum, order, seed):
    window = tuple(data.draw(st.integers(1, min(3, side))) for side in size[1:3])
    stride = tuple(data.draw(st.integers(1, 3)) for _ in range(2))
    x = np.random.default_rng(seed).integers(-128, 128, size, dtype=np.int8)
    layer = PoolingLayer(DramTensor(0, *size), x.size + 3, window, stride, maximum)
    dram = np.concatenate([x.view(np.uint8).ravel(), np.zeros(3 + layer.result.bytes, np.uint8)])
    program, _ = compile(CORE, [layer], order)
    expected = windows(x, window, stride, maximum=maximum)
    if not maximum:
        area = np.prod(window)
        expected = np.sign(expected) * ((abs(expected) + area // 2) // area)  # ties away from zero
    got = result(CORE, program, dram, layer).view(np.int8).reshape(expected.shape)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("maximum", [True, False])
@pytest.mark.parametrize(
    ("size", "window", "stride"),
    [
        ((1, 3, 300, 9), (2, 2), (1, 2)),  # a row of the image does not fit
        ((2, 7, 7, 90), (7, 7), (1, 1)),  # a window does not fit: the last layer of many networks
        ((1, 4, 40, 100), (3, 5), (2, 3)),
    ],
)
def test_pooling_of_large_rows_and_windows(result, size, window, stride, maximum):
    x = np.random.default_rng(2).integers(-128, 128, size, dtype=np.int8)
    layer = PoolingLayer(DramTensor(0, *size), x.size, window, stride, maximum)
    dram = np.concatenate([x.view(np.uint8).ravel(), np.zeros(layer.result.bytes, np.uint8)])
    program, _ = compile(CORE.model_copy(update={"activation_bytes": 2048}), [layer])
    expected = windows(x, window, stride, maximum=maximum)
    if not maximum:
        area = np.prod(window)
        expected = np.sign(expected) * ((abs(expected) + area // 2) // area)
    got = result(CORE.model_copy(update={"activation_bytes": 2048}), program, dram, layer)
    np.testing.assert_array_equal(got.view(np.int8).reshape(expected.shape), expected)


def test_a_window_that_does_not_fit_is_reported_with_the_missing_bytes():
    layer = PoolingLayer(DramTensor(0, 1, 40, 40, 8), 12800, (40, 40), (1, 1), True)
    with pytest.raises(
        ValueError, match=r"^activation_bytes=8192: a window of this layer needs 51,200 bytes, 43,008 more.$"
    ):
        compile(CORE, [layer])


@settings(max_examples=15, deadline=None, derandomize=True)
@given(SIZES, st.integers(-3000, 3000), st.sampled_from(list(ORDERS)), st.integers(0, 99))
def test_addition(result, size, scale, order, seed):
    x, z = np.random.default_rng(seed).integers(-128, 128, (2, *size), dtype=np.int8)
    layer = AdditionLayer(
        DramTensor(0, *size), x.size, 2 * x.size, (scale, 500), Scale(1 << 30, -9, 77), Clamp(2, -128, 124)
    )
    dram = np.concatenate([x.view(np.uint8).ravel(), z.view(np.uint8).ravel(), np.zeros(x.size, np.uint8)])
    program, _ = compile(CORE, [layer], order)
    sums = x.astype(np.int64) * scale + z.astype(np.int64) * 500
    settings = {"bias": 77, "zero_point": 2, "low": -128, "high": 124}
    expected = requantise(sums, 1 << 30, -9, rounding=CORE.rounding, **settings)
    got = result(CORE, program, dram, layer).view(np.int8).reshape(expected.shape)
    np.testing.assert_array_equal(got, expected)


def test_results_are_replaced_through_a_table(result):
    rng = np.random.default_rng(4)
    x, table = rng.integers(-128, 128, (2, 5, 6, 11), dtype=np.int8), rng.permutation(256).astype(np.uint8)
    layer = PoolingLayer(DramTensor(256, *x.shape), 256 + x.size, (2, 2), (1, 2), table=0)
    dram = np.concatenate([table, x.view(np.uint8).ravel(), np.zeros(layer.result.bytes, np.uint8)])
    program, _ = compile(CORE, [layer])
    expected = table[windows(x, (2, 2), (1, 2), maximum=True).astype(np.int8).view(np.uint8)]
    np.testing.assert_array_equal(result(CORE, program, dram, layer).reshape(expected.shape), expected)


def test_illegal_tables():
    layer = PoolingLayer(DramTensor(512, 1, 4, 4, 8), 1024, (2, 2), (2, 2), table=0)
    with pytest.raises(ValueError, match=r"^table=\[0, 256\]: all layers of a program must use the same table.$"):
        compile(CORE, [layer, replace(layer, table=256)])
    with pytest.raises(ValueError, match=r"^table=False: a layer with a table needs table=true.$"):
        compile(CORE.model_copy(update={"table": False}), [layer])
