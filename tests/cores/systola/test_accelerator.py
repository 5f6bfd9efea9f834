"""`systola` as an accelerator: presets, compile options, prediction of the cost model, and roofline."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.accelerators import registry
from systola.gen.accelerators.systola import lowering
from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.accelerators.systola.tiling_search import choose
from systola.gen.errors import UsageError
from systola.gen.run.tasks import ConvTask, GemmTask
from systola.hw.component import ParameterError
from systola.hw.cores.systola.core import Systola

P = ACCELERATOR.preset("small")


def test_it_is_found_by_its_name_and_its_former_name():
    assert registry.find("systola") is registry.find("core") is ACCELERATOR
    assert ACCELERATOR.component is Systola


@pytest.mark.parametrize("preset", ACCELERATOR.presets)
def test_presets_are_legal(preset):
    parameters = ACCELERATOR.preset(preset)
    assert ACCELERATOR.peak(parameters) == parameters.size**2
    assert ACCELERATOR.bytes_per_beat(parameters) == parameters.data_width // 8


def test_illegal_parameters():
    with pytest.raises(ParameterError, match=r"^preset=large: presets of systola are paper, small, board\.$"):
        ACCELERATOR.preset("large")
    with pytest.raises(ParameterError, match=r"^size=12: size must be a power of two\.$"):
        ACCELERATOR.parameters(size=12)


def test_board_parameters_are_parameters():
    assert set(ACCELERATOR.board_parameters) <= set(Systola.Parameters.model_fields)


def test_facts_equal_those_of_the_component():
    facts = ACCELERATOR.facts()
    assert facts["registers"] == {register.name: register.offset for register in Systola.REGISTERS.registers}
    assert facts["counters"] == list(Systola.engine.COUNTERS)
    assert set(facts["causes"]) <= set(facts["counters"])
    assert facts["errors"]["ABORTED"] == 8


@pytest.mark.parametrize("order", ["serial", "reordered", "synchronised", "overlapped"])
def test_every_order_gives_the_same_results(work, on_golden, order):
    drawn, _ = work(ConvTask.check(height=6, width=5, channels=5, filters=6, images=2), P)
    on_golden(P, drawn.graph, drawn.inputs, order=order)


def test_a_tiling_can_be_set(work, on_golden):
    drawn, job = work(GemmTask.check(m=16, k=16, n=8), P)
    (layer,) = lowering.lower(P, drawn.graph).layers.values()
    tiling = replace(choose(P, layer).tiling, columns=4, filters_first=False)
    tiled = on_golden(P, drawn.graph, drawn.inputs, tiling=tiling)
    assert tiled.program != job.program


def test_a_job_lists_all_addresses(work):
    drawn, job = work(GemmTask.check(m=5, k=7, n=3), P)
    a, c = job.inputs["a"], job.outputs[drawn.graph.outputs[0]]
    assert (a.shape, c.shape) == ((5, 7), (5, 3))
    assert job.macs == 5 * 7 * 3
    assert job.entry % 16 == 0
    assert job.length == len(job.program)
    dram = job.dram(drawn.inputs)
    assert np.array_equal(a.read(dram), drawn.inputs["a"])
    code = np.frombuffer(job.program.encode(), np.uint8)
    assert np.array_equal(dram[job.entry : job.entry + code.size], code)


def test_the_roofline_has_each_bound(work):
    _, job = work(GemmTask.check(m=8, k=16, n=4), P)
    assert job.roof == {
        "multipliers": 8 * 16 * 4 // 16,
        "reading": (8 * 16 + 16 * 4 + 16 * 4) // 4,  # operands, and a record of 16 bytes per filter
        "writing": 8 * 4 // 4,
    }
    assert job.bound == "reading"


def test_the_cost_model_predicts_the_counters(work):
    _, job = work(GemmTask.check(m=8, k=16, n=4), P)
    prediction = ACCELERATOR.predict(P, job, latency=20, limit=10**6)
    assert set(prediction.counters) <= set(Systola.engine.COUNTERS)
    assert prediction.counters["cycles"] > max(job.roof.values())
    assert prediction.counters["rows"] == 8 * 4
    assert {span.unit for span in prediction.spans} >= {"load", "array", "vector", "store"}
    with pytest.raises(UsageError, match=r"^the cost model reached the limit of 100 cycles\.$"):
        ACCELERATOR.predict(P, job, latency=20, limit=100)
