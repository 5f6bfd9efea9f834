"""Contract of matrix engines: required attributes, and each misfit in one sentence."""

import pytest
from amaranth.hdl import Shape
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from systola.hw.array.bfloat16_systolic import Bfloat16Systolic
from systola.hw.array.broadcast import Broadcast
from systola.hw.array.engine import MatrixEngine, Slot, name_of
from systola.hw.array.fusion_array import FusionArray
from systola.hw.array.sparse_systolic import SparseSystolic
from systola.hw.array.systolic import Systolic
from systola.hw.bundle import Lanes
from systola.hw.component import Component, ParameterError, Parameters
from systola.hw.stream.packet import Packet, lanes

ENGINES = (Systolic, Broadcast, SparseSystolic, Bfloat16Systolic, FusionArray)
SLOT = Slot("array", rows=4, cols=4, a=8, w=8, y=32)
SIZES = {"rows": 4, "cols": 4, "buffer": 0}


@pytest.mark.parametrize("kind", ENGINES, ids=name_of)
def test_attributes_of_every_engine(kind):
    engine = kind(rows=4, cols=6).described()
    assert isinstance(engine, MatrixEngine)
    assert (engine.rows, engine.cols, engine.interval, engine.unit) == (4, 6, 1, "MAC")
    assert (engine.stationary, engine.dataflow) == ("w", "ws")
    assert engine.peak == 4 * 6 * (16 if kind is FusionArray else 1)
    assert {"a", "w", "y"} <= set(engine.streams)
    assert engine.streams["y"]["data"].shape.length == 6
    assert kind(rows=4, cols=6, buffer=0).described().latency == engine.latency - 2


@pytest.mark.parametrize(("dataflow", "stationary"), [("ws", "w"), ("os", "y"), ("is", "a")])
def test_stationary_operand(dataflow, stationary):
    engine = Systolic(rows=4, cols=4, dataflow=dataflow).described()
    assert (engine.dataflow, engine.stationary) == (dataflow, stationary)


def test_rows_wait_at_decoders():
    assert [Systolic(w_format=name).described().elastic for name in ("int8", "flint4")] == [False, True]
    assert [Broadcast(w_format=name).described().elastic for name in ("int8", "flint4")] == [False, True]


def test_an_engine_that_fits():
    assert SLOT.fit(Systolic, **SIZES).latency == 4 + 4 + 1 + 2
    assert SLOT.fit(Broadcast, **SIZES).latency == 2 + 2 + 2


@pytest.mark.parametrize(
    ("kind", "changes", "sentence"),
    [
        (SparseSystolic, {}, "array must have no ports to serve besides a, w and y; sparse_systolic has meta."),
        (
            Bfloat16Systolic,
            {},
            "array must have 4 lanes of 8 bits and no user bits in a beat of a; that of bfloat16_systolic has 4 lanes "
            "of 16 bits and no user bits.",
        ),
        (
            FusionArray,
            {},
            "array must have 4 lanes of 8 bits and no user bits in a beat of a; that of fusion_array has 4 lanes of 32 "
            "bits and 6 user bits.",
        ),
        (
            Systolic,
            {"w_format": "olive4", "cols": 8},
            "array must have 4 lanes of 8 bits and no user bits in a beat of w; that of systolic has 8 lanes of 4 bits "
            "and 1 user bits.",
        ),
        (
            Broadcast,
            {"acc_width": 24},
            "array must have 4 lanes of 32 bits and no user bits in a beat of y; that of broadcast has 4 lanes of 24 "
            "bits and no user bits.",
        ),
        (
            Systolic,
            {"buffer": "auto"},
            "array must have results without back-pressure; the y stream of systolic has a ready.",
        ),
        (Systolic, {"dataflow": "os"}, "array must have stationary w; that of systolic is y."),
        (Systolic, {"dataflow": "is"}, "array must have stationary w; that of systolic is a."),
        (Systolic, {"rows": 300}, "rows=300: rows must be an integer from 1 to 256."),
        (Systolic, {"sparsity": "2:4"}, "array must have a parameter sparsity; systolic has none."),
    ],
)
def test_a_misfit_is_rejected_with_a_reason(kind, changes, sentence):
    with pytest.raises(ParameterError) as error:
        SLOT.fit(kind, **SIZES | changes)
    assert str(error.value) == f"array={name_of(kind)}: {sentence}"


class Foreign(Component):
    """An engine derived only from Component."""

    class Parameters(Parameters):
        rows: int
        cols: int
        buffer: int

    interval, peak, stationary, elastic, latency = 1, 16, "w", False, 5
    payload = Packet(Lanes(Shape(32, signed=True), 4))

    @classmethod
    def members(cls, p):
        y = stream.Signature(cls.payload, always_ready=True)
        return {"a": In(lanes(Shape(8), p.rows)), "w": In(lanes(Shape(8), p.cols)), "y": Out(y)}


def test_a_foreign_engine_fits_if_it_fulfils_the_contract():
    assert SLOT.fit(Foreign, **SIZES).latency == 5


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"latency": property(lambda self: self.none)}, "array must state its latency; broken has none."),
        ({"latency": 0}, "array must have a latency of 1 cycle or more; that of broken is 0."),
        ({"interval": 2}, "array must have interval 1; that of broken is 2."),
        (
            {"payload": Lanes(32, 4)},
            "array must have 4 lanes of 32 bits and no user bits in a beat of y; that of broken has 128 bits that are "
            "no packet of lanes.",
        ),
        ({"members": staticmethod(lambda p: {"a": In(lanes(8, 4))})}, "array must have a stream w; broken has none."),
    ],
)
def test_a_foreign_engine_that_does_not_fit(attributes, sentence):
    with pytest.raises(ParameterError) as error:
        SLOT.fit(type("Broken", (Foreign,), attributes), **SIZES)
    assert str(error.value) == f"array=broken: {sentence}"


def test_a_class_that_is_not_a_component():
    with pytest.raises(ParameterError, match=r"^array=int: array must be the class of a matrix engine\.$"):
        SLOT.fit(int)
