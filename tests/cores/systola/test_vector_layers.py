"""Pooling and additions: right, and without a hazard."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from systola.gen.accelerators.systola.compiler import compile
from systola.gen.compile.layers import AdditionLayer, Clamp, DramTensor, PoolingLayer
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


@settings(max_examples=15, deadline=None, derandomize=True)
@given(SIZES, st.integers(-3000, 3000), st.sampled_from(list(ORDERS)), st.integers(0, 99))
def test_addition(result, size, scale, order, seed):
    x, z = np.random.default_rng(seed).integers(-128, 128, (2, *size), dtype=np.int8)
    layer = AdditionLayer(DramTensor(0, *size), x.size, 2 * x.size, (scale, 500), 1 << 30, -9, 77, Clamp(2, -128, 124))
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


def test_tables_that_cannot_be():
    layer = PoolingLayer(DramTensor(512, 1, 4, 4, 8), 1024, (2, 2), (2, 2), table=0)
    with pytest.raises(ValueError, match=r"^table=\[0, 256\]: all layers of a program must use the same table.$"):
        compile(CORE, [layer, replace(layer, table=256)])
    with pytest.raises(ValueError, match=r"^table=False: a layer with a table needs table=true.$"):
        compile(CORE.model_copy(update={"table": False}), [layer])
