"""Fusion Unit as generated Verilog: every pair of values up to 12 bits, other modes sampled; exact rates."""

import shutil

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.mac.fusion_unit import FusionUnit
from systola.sim.golden.fusion_unit import MODES, Mode
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.fusion_unit import every_pair, sampled

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile


@pytest.fixture(scope="module")
def design():
    return generate("fusion_unit", FusionUnit())


@pytest.mark.slow
def test_every_pair_of_values(design):
    """All of 2, 4, 8 x 2, 4, 8 bits, signed and unsigned, at every place of a word; 8 x 8 is sampled."""
    rng = np.random.default_rng(1)
    every = [mode for mode in MODES if mode.a_bits + mode.w_bits <= 12]
    assert len(every) == 8 * 4
    cases = [every_pair(mode, rng) for mode in every]
    cases += [sampled(mode, rng, 2000) for mode in MODES if mode not in every]
    outcome, _ = simulate(design, cases)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.checked == sum(2 ** (mode.a_bits + mode.w_bits) for mode in every) + 2000 * (len(MODES) - len(every))
    assert outcome.cases == len(MODES)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.a_bits + mode.w_bits == 16], ids=str)
def test_every_pair_of_sixteen_bits(design, mode):
    outcome, _ = simulate(design, [every_pair(mode, np.random.default_rng(1))])
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.checked == 1 << 16


def test_modes_change_from_word_to_word(check):
    check("fusion_unit")


@pytest.mark.slow
def test_results_wrap():
    design = generate("fusion_unit", FusionUnit(acc_width=10))
    outcome, _ = simulate(design, find("fusion_unit").cases(design.parameters, 4, 1), simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples


def test_products_per_cycle(design):
    rates, words = {2: 16, 4: 4, 8: 1, 16: 0.25}, 64
    cases = [sampled(Mode(bits, bits), np.random.default_rng(1), words) for bits in rates]
    outcome, _ = simulate(design, cases)
    assert outcome.mismatches == 0, outcome.examples
    for case, given, cycles, rate in zip(
        cases, outcome.output_cycles, outcome.case_cycles, rates.values(), strict=True
    ):
        products = case.modes[0].values
        assert products * (words - 1) / (given[-1] - given[0]) == rate
        assert cycles == products * words / rate + design.latency


def test_lint_is_clean(design):
    assert lint(design.verilog, design.top) == ""
    assert design.verilog.count("module fusion_unit__bit_brick (") == 1
    assert design.latency == 3
    assert design.peak == 16


def test_illegal_parameters_are_rejected_in_one_sentence():
    with pytest.raises(ParameterError, match="acc_width must be an integer from 8 to 64"):
        FusionUnit(acc_width=7)
