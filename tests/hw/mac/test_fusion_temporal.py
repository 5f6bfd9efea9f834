"""Temporal design as generated Verilog: random modes, all products of two bits, exact rates."""

import numpy as np
import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.mac.fusion_temporal import FusionTemporal
from systola.sim.golden.fusion_unit import BRICKS, MODES, Mode
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.fusion_temporal import random_cases
from systola.sim.stimulus.fusion_unit import FusionUnitCase


@pytest.fixture(scope="module")
def design():
    return generate("fusion_temporal", FusionTemporal())


def test_products(design):
    assert lint(design.verilog, design.top) == ""
    cases = random_cases(design.parameters, 40, 1)
    for mode in MODES[:4]:  # all of two bits, each in every lane
        a, w = (each.reshape(-1, 1) for each in np.meshgrid(*(np.arange(*ends) for ends in mode.limits.values())))
        cases.append(FusionUnitCase(np.tile(a, BRICKS), np.tile(w, BRICKS), [mode] * len(a)))
    outcome, _ = simulate(design, cases)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.checked > 40 * BRICKS


def test_products_per_cycle(design):
    rates, count = {2: 16, 4: 4, 8: 1, 16: 0.25}, 4
    cases = [
        FusionUnitCase(*np.random.default_rng(1).integers(-2, 2, (2, count, BRICKS)), [Mode(bits, bits)] * count)
        for bits in rates
    ]
    outcome, _ = simulate(design, cases)
    assert outcome.mismatches == 0, outcome.examples
    for given, cycles, rate in zip(outcome.output_cycles, outcome.case_cycles, rates.values(), strict=True):
        assert BRICKS * (count - 1) / (given[-1] - given[0]) == rate
        assert cycles == BRICKS * count / rate + design.latency
