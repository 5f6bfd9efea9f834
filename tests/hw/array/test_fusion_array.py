"""Array of Fusion Units: shapes, every mode, tiles of different modes in sequence; exact cycles and rates."""

import shutil

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.array.fusion_array import FusionArray
from systola.hw.component import ParameterError
from systola.sim.golden.fusion_array import authors_cycles
from systola.sim.golden.fusion_unit import MODES, Mode
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus import gemm
from systola.sim.stimulus.fusion_array import FusionArrayCase, product_case, random_cases

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile
ROWS, COLS = 4, 3


@pytest.fixture(scope="module")
def design():
    return generate("fusion_array", FusionArray(rows=ROWS, cols=COLS))


def _fill(tiles_load: int = ROWS) -> int:
    """Cycles of a case in addition to those in which rows enter: the load of the first tile, and the latency."""
    return tiles_load + 1 + ROWS + COLS + 2 + 2 + 1


def _draw(mode: Mode, rows: int, inner: int, cols: int, seed: int = 1):
    rng = np.random.default_rng(seed)
    (low_a, high_a), (low_w, high_w) = mode.limits.values()
    return (
        rng.integers(low_a, high_a, (rows, inner), endpoint=True),
        rng.integers(low_w, high_w, (inner, cols), endpoint=True),
    )


@pytest.mark.slow
def test_every_mode_after_every_other(design):
    assert lint(design.verilog, design.top) == ""
    order = np.random.default_rng(1).permutation(np.repeat(np.arange(len(MODES)), 3))
    modes = [MODES[n] for n in order]
    tiles = [_draw(mode, 1 + n % 7, ROWS * mode.values, COLS, n) for n, mode in enumerate(modes)]
    cases = [FusionArrayCase(tiles, modes=modes), *random_cases(design.parameters, 24, 2)]
    outcome, _ = simulate(design, cases)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.checked > sum(len(a) for a, _ in tiles) * COLS


def test_products_per_cycle(design):
    rates, rows = {2: 16, 4: 4, 8: 1, 16: 0.25}, 40
    cases = []
    for bits in rates:
        mode = Mode(bits, bits)
        cases.append(
            FusionArrayCase([_draw(mode, rows, ROWS * mode.values, COLS, n) for n in range(3)], modes=[mode] * 3)
        )
    outcome, _ = simulate(design, cases, simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples
    for case, given, cycles, rate in zip(
        cases, outcome.output_cycles, outcome.case_cycles, rates.values(), strict=True
    ):
        products = sum(a.size * w.shape[1] for a, w in case.tiles)
        steady = products * (3 * rows - 1) / (3 * rows)
        assert steady / (given[-1] - given[0]) / (ROWS * COLS) == rate
        assert cycles == products / (ROWS * COLS) / rate + _fill()


@pytest.mark.parametrize("bits", [(2, 2), (4, 8)], ids=str)
def test_a_layer_takes_the_cycles_of_the_publication(design, bits):
    """A convolution of 3 x 3 as a product: each place of the kernel is padded with zeros separately."""
    mode, ic, oc, outputs = Mode(*bits), 5, 7, 30
    padded = -ic % (ROWS * mode.values) + ic
    a, w = _draw(mode, outputs, 9 * padded, oc)
    kernel = np.arange(9 * padded) % padded < ic
    a, w = a * kernel, w * kernel[:, None]
    case = product_case(a, w, mode, ROWS, COLS)
    outcome, (results,) = simulate(design, [case], keep=True, simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples
    assert np.array_equal(gemm.assemble(results, a, w, ROWS * mode.values, COLS), a @ w)
    assert outcome.cycles == authors_cycles(mode, ROWS, COLS, ic=ic, oc=oc, kernel=9, outputs=outputs) + _fill()


@pytest.mark.parametrize(
    "parameters",
    [
        {"rows": 1, "cols": 1, "buffer": 0, "acc_width": 20, "delays": "registers"},
        pytest.param({"rows": 3, "cols": 2}, marks=pytest.mark.slow),
        pytest.param(
            {"rows": 2, "cols": 5, "buffer": 2, "operand_register": False, "product_register": False},
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_random_tiles(parameters):
    design = generate("fusion_array", FusionArray(**parameters))
    outcome, _ = simulate(design, find("fusion_array").cases(design.parameters, 10, 1), simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.checked > 0


def test_psums_grow_with_the_rows(design):
    assert "psum=signed(21)" in design.verilog  # one unit: 15 * 65535 and a sign
    assert "psum=signed(23)" in design.verilog


def test_illegal_parameters_are_rejected_in_one_sentence():
    with pytest.raises(ParameterError, match="rows must be an integer from 1 to 256"):
        FusionArray(rows=257)
