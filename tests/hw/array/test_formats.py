"""Every pair of codes of every format through the Verilog of an array, one product at a time; 8 bits from four."""

import numpy as np
import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.array.systolic import Systolic
from systola.sim.golden import operands
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus import gemm
from systola.sim.stimulus.code_pairs import COLS, ROWS, every_pair
from systola.sim.stimulus.systolic import SystolicCase


def _run(case, **parameters):
    outcome, results = simulate(generate("systolic", Systolic(**parameters)), [case], keep=True)
    assert outcome.mismatches == 0, outcome.examples
    return outcome, results[0]


FORMATS = [
    *("int4", "uint4", "pot4", "upot4", "apot4", "uapot4", "flint4", "uflint4", "float4", "ufloat4"),
    *("ant4", "uant4", "olive4", "olive_int4", "olive_flint4", "codebook"),
]
QUICK = ("apot4",)
PAIRS = [(name, name) for name in FORMATS] + [("int4", name) for name in FORMATS if name != "int4"]


@pytest.mark.parametrize(
    ("a", "w"), [pytest.param(*pair, marks=[] if pair[0] in QUICK else pytest.mark.slow) for pair in PAIRS]
)
def test_every_pair_of_codes(a, w):
    """In the array; the decoders and multipliers of every two formats are tested separately in `test_multiplier`."""
    outcome, _ = _run(every_pair(a, w), rows=ROWS, cols=COLS, a_format=a, w_format=w)
    modes = [operands.users(name) or 1 for name in (a, w) if name != "codebook"]
    assert outcome.checked >= np.prod(modes) * 2 * 2 * 16 * 16


@pytest.mark.parametrize(("sign", "name"), [("", "ant4"), pytest.param("u", "uant4", marks=pytest.mark.slow)])
def test_four_multipliers_of_four_bits_form_one_of_eight(sign, name):
    rng = np.random.default_rng(4)
    low = 0 if sign else -128
    a, w = rng.integers(low, low + 256, (40, 6)), rng.integers(low, low + 256, (6, 5))
    a[:4], w[0] = low, low
    codes, weights, types = gemm.halves(a, w)
    tiles = gemm.tiles(codes, weights, 8, 4)
    users = {(n, "a"): operands.ANT.index("bytes") for n in range(len(tiles))} | {
        (n, "w"): types[:8] for n in range(len(tiles))
    }
    _, results = _run(SystolicCase(tiles, users=users), rows=8, cols=4, a_format=name, w_format=name)
    assert (gemm.assemble(results, codes, weights, 8, 4) == a @ w).all()
