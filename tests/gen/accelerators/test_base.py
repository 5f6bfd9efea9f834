"""Base class of accelerators: presets, checks, rejections and golden models, identical for all accelerators."""

import numpy as np
import pytest

from systola.gen.accelerators.registry import accelerators, find
from systola.gen.errors import UsageError
from systola.gen.run.tasks import ConvTask, GemmTask
from systola.hw.component import ParameterError
from systola.sim.network import reference

ALL = list(accelerators().values())


@pytest.fixture(params=ALL, ids=lambda each: each.name)
def accelerator(request):
    return request.param


def test_an_accelerator_is_described(accelerator):
    assert accelerator.name.isidentifier()
    for text in (accelerator.title, accelerator.paper):
        assert text
        assert "\n" not in text
    assert {"small", "board"} <= set(accelerator.presets)


def test_presets_are_legal(accelerator):
    for name in accelerator.presets:
        parameters = accelerator.preset(name)
        assert accelerator.peak(parameters) > 0
        assert accelerator.bytes_per_beat(parameters) >= 4
        assert all(hasattr(parameters, key) for key in accelerator.board_parameters)


def test_an_unknown_preset_is_one_sentence(accelerator):
    with pytest.raises(ParameterError) as error:
        accelerator.preset("tiny")
    assert str(error.value) == f"preset=tiny: presets of {accelerator.name} are {', '.join(accelerator.presets)}."


def test_the_golden_model_runs_a_job(accelerator):
    parameters = accelerator.preset("small")
    work = GemmTask.check(m=9, k=20, n=6).work(accelerator.operands(parameters))
    job = accelerator.compile(parameters, work.graph)
    result = accelerator.run_golden(parameters, job.dram(work.inputs), job.entry)
    assert result.error == 0
    (name,) = work.graph.outputs
    assert np.array_equal(job.results(result.dram)[name], reference.run(work.graph, work.inputs)[name])


def test_facts_equal_those_of_the_engine(accelerator):
    facts, engine = accelerator.facts(), accelerator.component.engine
    assert facts["counters"] == list(engine.COUNTERS)
    assert (facts["registers"]["identity"], facts["registers"]["cycles"]) == (0, 0x40)
    assert facts["errors"]["NONE"] == 0


def test_a_rejection_names_the_layer_the_machine_and_the_reason():
    accelerator = find("outer_product")
    parameters = accelerator.preset("small")
    work = ConvTask.check(height=4, width=4, channels=2, filters=2).work(accelerator.operands(parameters))
    with pytest.raises(UsageError) as error:
        accelerator.compile(parameters, work.graph)
    assert str(error.value) == (
        "layer conv cannot run on outer_product: its convolutions have one pixel, stride 1, no padding and one group."
    )


def test_padding_of_a_whole_kernel_is_rejected():
    accelerator = find("systola")
    work = ConvTask.check(height=4, width=4, channels=2, filters=2, padding=3).work(
        accelerator.operands(accelerator.preset("small"))
    )
    with pytest.raises(UsageError, match=r"layer conv cannot run on systola: padding=.* must be less than the kernel"):
        accelerator.compile(accelerator.preset("small"), work.graph)


def test_a_missing_feature_of_a_machine_is_one_sentence():
    class Bare(type(find("outer_product"))):
        name = "bare"
        host = type(ALL[0]).__mro__[1].host

    bare = Bare()
    with pytest.raises(UsageError, match=r"^bare has no driver for boards\.$"):
        bare.host(None, bare.preset("small"))
    with pytest.raises(UsageError, match=r"^bare has no cost model: run it with --executor verilog\.$"):
        bare.predict(bare.preset("small"), None, latency=1, limit=1)
    assert bare.claims() == ()
