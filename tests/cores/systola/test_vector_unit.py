"""Vector unit: one row per cycle, windows, two sources, settings and tables, and faults of commands."""

import pytest

from systola.gen.accelerators.systola.program import Program
from systola.hw.cores.systola.isa import Error, Setting

IDENTITY = {"multiplier": 1 << 30, "shift": 1, "low": -128, "high": 127}


def prepared(**settings) -> Program:
    p = Program()
    for name, value in {"COUNT0": 2048, "COUNT1": 1, "COUNT2": 1, "BUS_STRIDE0": 1, "LOCAL_STRIDE0": 1}.items():
        p.set(Setting[f"LOAD_{name}"], value)
        p.set(Setting[f"STORE_{name}"], value)
    p.load(0, 0)
    p.load(8192, 4096)
    for name, value in settings.items():
        p.set(Setting[name.upper()], value)
    p.sync()
    return p


def finished(p: Program) -> Program:
    p.sync()
    p.store(0x8000, 2048)
    p.halt()
    return p


COPY = {"window_x": 1, "window_y": 1, "points_x": 100, "points_y": 1, "source_x": 1, "dest_x": 1, "scale_a": 1}


def test_one_row_per_cycle(core):
    p = prepared(**COPY)
    p.quant(**IDENTITY)
    p.vector(0, 512, scratchpad=True)
    q = prepared(**COPY | {"points_x": 200})
    q.quant(**IDENTITY)
    q.vector(0, 512, scratchpad=True)
    short, long = core(finished(p), finished(q))
    assert (short.counters["vector"], long.counters["vector"]) == (100, 200)
    assert 100 <= long.counters["cycles"] - short.counters["cycles"] <= 110  # a bank that reads and writes stalls once


@pytest.mark.parametrize("maximum", [False, True])
def test_windows(core, maximum):
    p = prepared(
        window_x=3, window_y=2, points_x=7, points_y=5, source_kx=1, source_ky=16, source_x=2, source_y=32,
        dest_x=1, dest_y=8, scale_a=1,
    )  # fmt: skip
    p.quant(multiplier=1 << 30, shift=-1, bias=3, low=-100, high=100)
    p.vector(5, 512, scratchpad=True, maximum=maximum)
    core(finished(p))


def test_two_sources_tables_and_channels(core):
    p = prepared(**COPY | {"second_x": -1, "scale_a": -300, "scale_b": 77, "points_x": 90})
    p.table(64)
    p.quant_channel(0, zero_point=5, low=-90, high=120)
    p.vector(10, 512, 200, scratchpad=True, add=True)
    p.vector(10, 700, 300, scratchpad=True, add=True, table=True)
    p.quant_channel(16, zero_point=-5, low=-128, high=127)
    p.vector(0, 812, 150, scratchpad=True, add=True, table=True)
    core(finished(p))


KERNEL = {"window_x": 3, "window_y": 2, "source_kx": 1, "source_ky": 16, "second_kx": 1, "second_ky": 3, "second_x": 0}


@pytest.mark.parametrize("maximum", [False, True])
def test_windows_times_weights_take_one_element_per_cycle(core, maximum):
    p = prepared(**COPY | KERNEL | {"scale_a": -7, "scale_b": 300})
    p.quant(multiplier=1 << 30, shift=-7, low=-128, high=127)
    p.vector(0, 512, 40, scratchpad=True, multiply=True, weights=True, maximum=maximum)
    (ran,) = core(finished(p))
    assert ran.counters["vector"] == 600


def test_products_of_activations_and_sums_with_a_second_source(core):
    p = prepared(**COPY | {"second_x": 1, "scale_a": 77, "scale_b": -128, "points_x": 90, "count_x": 90, "count_y": 1})
    p.quant(multiplier=1 << 30, shift=-6, low=-128, high=127)
    p.vector(10, 512, 200, scratchpad=True, multiply=True)
    p.vector(10, 620, 300, scratchpad=True, multiply=True, add=True)
    p.set(Setting.STRIDE_X, 1)
    p.weights(0, 4)
    p.matmul(0, 0)
    p.sync()
    p.vector(0, 720, 5, multiply=True, weights=True)
    p.vector(0, 820, 5, add=True, weights=True)
    p.quant_channel(0, zero_point=5, low=-90, high=120)
    p.vector(0, 920, 300, weights=True)
    core(finished(p))


@pytest.mark.parametrize(
    ("change", "operands", "error"),
    [
        ({"points_x": 0}, {}, Error.OPERAND),
        ({}, {"source": 1000}, Error.RANGE),
        ({}, {"dest": 1000}, Error.RANGE),
        ({"second_x": -3}, {"add": True, "second": 100}, Error.RANGE),
        ({"second_x": 0}, {"multiply": True, "weights": True, "second": 1024}, Error.RANGE),
        ({"second_x": 0}, {"multiply": True, "second": 1024}, Error.RANGE),
    ],
)
def test_faulty_commands_are_reported(core, change, operands, error):
    p = prepared(**COPY | change)
    p.quant(**IDENTITY)
    p.vector(**{"source": 0, "dest": 512, "second": 0, "scratchpad": True} | operands)
    (ran,) = core(finished(p))
    assert ran.error == error


@pytest.mark.parametrize("op", ["quant_channel", "table"])
def test_constants_beyond_the_weights_are_reported(core, op):
    p = prepared()
    getattr(p, op)(1020, **{"low": 0, "high": 1} if op == "quant_channel" else {})
    (ran,) = core(finished(p))
    assert ran.error == Error.RANGE
