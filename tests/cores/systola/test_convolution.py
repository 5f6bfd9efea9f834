"""Convolutions and matrix products of any size, on cores of any size, in every order: exact, and without a hazard."""

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from systola.gen.accelerators.systola.emitter import Emitter
from systola.gen.accelerators.systola.tiling_search import choose
from systola.gen.compile.layers import Clamp, ConvolutionLayer, DramTensor, gemm
from systola.gen.compile.layers import records as make
from systola.gen.compile.pipelining import ORDERS
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden.layers import convolution
from systola.sim.golden.requantise import requantise


@st.composite
def cores(draw):
    size = draw(st.sampled_from([4, 8, 16]))
    return SystolaParameters(
        size=size,
        format=draw(st.sampled_from(["int8", "uint8"])),
        activation_bytes=draw(st.sampled_from([2048, 4096, 16384])),
        weight_bytes=draw(st.sampled_from([4096, 16384])),
        accumulators=draw(st.sampled_from([32, 64, 256])),
        data_width=32 if size == 4 else draw(st.sampled_from([32, 64])),
        dims=draw(st.sampled_from([3, 4])),
        rounding=draw(st.sampled_from(["gemmlowp", "single", "float32"])),
        instructions=draw(st.sampled_from([32, 64, 256])),
    )


NONE = (0, 0), (0, 0)


@st.composite
def shapes(draw):
    """Images, height, width, channels, filters, kernel, stride, padding on all four sides."""
    if draw(st.booleans()):
        m, k, n = (draw(st.integers(1, 70)) for _ in range(3))
        return 1, 1, m, k, n, (1, 1), (1, 1), NONE
    kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return (
        draw(st.integers(1, 3)),
        draw(st.integers(kernel[0], 12)),
        draw(st.integers(kernel[1], 12)),
        draw(st.integers(1, 40)),
        draw(st.integers(1, 40)),
        kernel,
        (draw(st.integers(1, 2)), draw(st.integers(1, 2))),
        tuple((draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))) for size in kernel),
    )


def layer_of(parameters, shape, seed):
    """A layer, its image of DRAM, and its result by NumPy."""
    images, height, width, channels, filters, kernel, stride, padding = shape
    rng = np.random.default_rng(seed)
    kind = np.int8 if parameters.format == "int8" else np.uint8
    limits = np.iinfo(kind)
    x = rng.integers(limits.min, limits.max + 1, (images, height, width, channels), dtype=kind)
    w = rng.integers(-128, 128, (*kernel, channels, filters), dtype=np.int8)
    multiplier, shift = rng.integers(1 << 30, 1 << 31, filters), rng.integers(-12, -5, filters)
    bias = rng.integers(-5000, 5000, filters)
    clamp = Clamp(3, limits.min + 1, limits.max - 1)
    parts = [x.view(np.uint8).ravel(), w.view(np.uint8).ravel(), make(multiplier, bias, shift).ravel()]
    at = np.cumsum([0, *(len(part) for part in parts)])
    tensor = DramTensor(0, images, height, width, channels)
    layer = ConvolutionLayer(tensor, *map(int, at[1:]), filters, kernel, stride, padding, padding_value=7, clamp=clamp)
    dram = np.concatenate([*parts, np.zeros(layer.written_bytes, np.uint8)])
    padded = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=7)
    sums = convolution(padded, w, stride=stride, padding=(0, 0), value=0)
    scale = {"bias": bias, "rounding": parameters.rounding}
    common = {"zero_point": clamp.zero_point, "low": clamp.low, "high": clamp.high}
    return layer, dram, requantise(sums, multiplier, shift, **scale, **common).astype(kind).view(np.uint8).ravel()


def compiled(parameters, layer, order="overlapped"):
    """Program of one layer."""
    schedule, emitter = choose(parameters, layer, order), Emitter(parameters)
    schedule.emit(emitter)
    emitter.program.halt()
    return emitter.program


@settings(max_examples=30, deadline=None, derandomize=True)
@given(cores(), shapes(), st.sampled_from(list(ORDERS)), st.integers(0, 99))
def test_any_layer_on_any_core(result, parameters, shape, order, seed):
    layer, dram, expected = layer_of(parameters, shape, seed)
    try:
        program = compiled(parameters, layer, order)
    except ValueError:
        reject()  # it does not fit
    np.testing.assert_array_equal(result(parameters, program, dram, layer), expected)


LONG = {
    "70 channels, 40 filters, kernel 5": (
        SystolaParameters(instructions=32),
        (1, 30, 30, 70, 40, (5, 5), (3, 3), ((2, 2), (2, 2))),
        "serial",
    ),
    "9 channels, 5 filters, kernel 5 x 3": (
        SystolaParameters(
            size=4, data_width=32, activation_bytes=4096, weight_bytes=4096, accumulators=64, instructions=64
        ),
        (3, 12, 9, 9, 5, (5, 3), (4, 5), ((2, 2), (2, 2))),
        "overlapped",
    ),
}


@pytest.mark.parametrize(("parameters", "shape", "order"), LONG.values(), ids=LONG)
def test_a_loop_that_exceeds_the_instruction_buffer_is_unrolled(result, parameters, shape, order):
    layer, dram, expected = layer_of(parameters, shape, 1)
    program = compiled(parameters, layer, order)
    np.testing.assert_array_equal(result(parameters, program, dram, layer), expected)


def test_a_layer_that_does_not_fit_is_rejected():
    parameters = SystolaParameters(size=16, activation_bytes=1024, weight_bytes=1024, accumulators=32)
    layer = gemm(1, 1, 4096, 0, 1 << 16, 1 << 17, 1 << 18)
    assert choose(parameters, layer).tiling.filters <= 256
    parameters = SystolaParameters(size=64, activation_bytes=1024, weight_bytes=2048, accumulators=32)
    sentence = r"^weight_bytes=2048: the smallest tile of this layer needs 4,096 bytes, 2,048 more\.$"
    with pytest.raises(ValueError, match=sentence):
        choose(parameters, ConvolutionLayer(DramTensor(0, 1, 9, 9, 128), 1, 2, 3, 8, (9, 9)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kernel": (0, 1)}, "kernel must be two integers from 1"),
        ({"padding": ((1, 0), (0, 0))}, "padding must be less than the kernel"),
        ({"kernel": (5, 5)}, "must fit into the padded image"),
    ],
)
def test_the_error_names_the_mistake(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        ConvolutionLayer(DramTensor(0, 1, 4, 4, 1), 0, 0, 0, 1, **arguments)


SMALL = {"size": 4, "data_width": 32, "activation_bytes": 1024, "weight_bytes": 1024, "accumulators": 32}
FITS = {
    "patches of 14 x 14": ({}, (1, 224, 224, 3, 16, (14, 14), (14, 14), NONE)),
    "patches of 14 x 14, 192 filters": ({}, (1, 28, 28, 3, 192, (14, 14), (14, 14), NONE)),
    "stride 4 over 4,096 channels": ({}, (1, 12, 12, 4096, 16, (1, 1), (4, 4), NONE)),
    "13 x 13 over 20 channels": (SMALL, (1, 15, 13, 20, 5, (13, 13), (2, 2), NONE)),
    "a window of all padding but a corner": (SMALL, (2, 2, 3, 5, 3, (11, 9), (3, 2), ((10, 10), (8, 8)))),
}


@pytest.mark.parametrize(
    ("machine", "shape"),
    [pytest.param(*case, id=name, marks=pytest.mark.slow if "filters" in name else []) for name, case in FITS.items()],
)
def test_a_layer_that_fits_is_compiled(result, machine, shape):
    layer, dram, expected = layer_of(parameters := SystolaParameters(**machine), shape, 1)
    np.testing.assert_array_equal(result(parameters, compiled(parameters, layer), dram, layer), expected)
