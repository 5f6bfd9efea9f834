"""The bench fails where it should: each of these arrays is broken in one place."""

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

BROKEN = {  # what is broken: text, what stands there instead
    "swap one cycle early": (r"\.swap\(core__swap\)", ".swap(_7)"),
    "weights in the order of the port": (
        r"\{ i_payload\[64\], arrange1__slices, arrange0__slices \}",
        "i_payload[64:0]",
    ),
    "a row for each digit": (r"assign _2 = i_valid & i_payload\[\d+\];", "assign _2 = i_valid;"),
}


def _outcome(design):
    return simulate(design, find("fusion_array").cases(design.parameters, 16, 5), timeout=120)[0]


@pytest.fixture(scope="module")
def design():
    return generate("fusion_array", find("fusion_array").component(rows=2, cols=2))


def test_a_swap_that_is_early_is_found(spoil, design):
    assert _outcome(spoil(design, *BROKEN["swap one cycle early"])).mismatches > 0


@pytest.mark.slow
def test_weights_that_are_not_arranged_are_found(spoil, design):
    assert _outcome(spoil(design, *BROKEN["weights in the order of the port"])).mismatches > 0


@pytest.mark.slow
def test_rows_that_nobody_asked_for_are_found(spoil, design):
    with pytest.raises(SimulatorError, match="more than"):
        _outcome(spoil(design, *BROKEN["a row for each digit"]))
