"""Contract of `GoldenResult`: fulfilled by every golden model of an accelerator."""

import importlib
import inspect

import numpy as np
import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.generators import find
from systola.sim.golden.result import GoldenResult


@pytest.mark.parametrize("name", accelerators())
def test_golden_models_fulfil_the_contract(name):
    accelerator = accelerators()[name]
    run = importlib.import_module(accelerator.golden).run
    assert list(inspect.signature(run).parameters)[:5] == ["parameters", "dram", "entry", "limit", "faults"]
    parameters = accelerator.preset("small")
    case = find(name).cases(parameters.model_dump(), 1, 1)[0]
    before = case.dram.copy()
    result = accelerator.run_golden(parameters, case.dram, case.entry)
    assert isinstance(result, GoldenResult)
    assert np.array_equal(case.dram, before)
    assert result.dram.shape == result.uncertain.shape == case.dram.shape
    assert set(result.counters) <= set(accelerator.component.engine.COUNTERS)
