"""Every pair of codes of every format through the Verilog of an array, one product at a time; and 8 bits from four."""

import itertools

import numpy as np
import pytest

from systola.gen.verilog import generate
from systola.hw.array.systolic import Systolic
from systola.sim.golden import operands
from systola.sim.simulate import simulate
from systola.sim.workloads import gemm
from systola.sim.workloads.tiles import Case

COLS = 16


def _run(case, **parameters):
    outcome, results = simulate(generate("systolic", Systolic(**parameters)), [case], keep=True)
    assert outcome.mismatches == 0, outcome.examples
    return outcome, results[0]


def _alone(a, row: int) -> np.ndarray:
    """Beats in which only lane `row` of two has a code."""
    return np.stack([a, np.zeros_like(a)][:: 1 - 2 * row], 1)


@pytest.mark.parametrize(
    "name",
    [
        *("pot4", "apot4", "flint4", "ant4"),
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("upot4", "uapot4", "uflint4", "ufloat4", "float4", "uant4", "pot3", "apot3", "uflint3")
        ),
    ],
)
def test_every_pair_of_codes(name):
    count, types = 1 << operands.bits(name), range(operands.users(name) or 1)
    tiles, users = [], {}
    for u, v, row, turn in itertools.product(types, types, (0, 1), (0, 1)):
        users |= {(len(tiles), "a"): u, (len(tiles), "w"): v}
        w = np.roll(np.arange(COLS) % count, turn)  # each code in even and odd lanes
        tiles.append((_alone(np.arange(count), row), _alone(w, row).T))
    outcome, _ = _run(
        Case(tiles, users=users if operands.users(name) else {}), rows=2, cols=COLS, a_format=name, w_format=name
    )
    assert outcome.checked == len(types) ** 2 * 4 * count * COLS


def _pairs(identifier: int, everything: bool) -> np.ndarray:
    """Every pair of codes of four bits, or every code beside a normal value and beside an identifier."""
    others = range(2 * identifier) if everything else (1, identifier)
    pairs = [[code, other] for code in range(2 * identifier) for other in others]
    return np.array(pairs if everything else pairs + [pair[::-1] for pair in pairs])


@pytest.mark.parametrize(
    "name", ["olive4", *(pytest.param(f"olive_{n}4", marks=pytest.mark.slow) for n in ("int", "flint"))]
)
def test_every_pair_of_pairs(name):
    """Each pair of one side with each code of the other, normal and outlier."""
    modes = range(operands.users(name) or 1)
    tiles, users = [], {}
    for u, v, whole, row in itertools.product(modes, modes, (False, True), (0, 1)):
        a, w = (_pairs(8, everything) for everything in (not whole, whole))
        for some in w.reshape(-1, COLS):
            users |= {(len(tiles), "a"): u, (len(tiles), "w"): v}
            tiles.append((a, _alone(some, row).T))
    outcome, _ = _run(
        Case(tiles, users=users if operands.users(name) else {}), rows=2, cols=COLS, a_format=name, w_format=name
    )
    assert outcome.checked >= len(modes) ** 2 * 4 * 256 * 64


def test_every_pair_of_entries():
    rng = np.random.default_rng(3)
    tables = {(0, name): rng.integers(-(1 << 15), 1 << 15, (lanes, 16)) for name, lanes in (("a", 2), ("w", COLS))}
    tables[0, "a"][:, 0] = 0  # what is padding
    codes = np.arange(16)
    tiles = [(_alone(codes, row), np.tile(np.roll(codes, turn), (2, 1))) for row in (0, 1) for turn in range(16)]
    _run(Case(tiles, tables=tables), rows=2, cols=COLS, a_format="codebook", w_format="codebook")


@pytest.mark.parametrize(("sign", "name"), [("", "ant4"), pytest.param("u", "uant4", marks=pytest.mark.slow)])
def test_four_multipliers_of_four_bits_make_one_of_eight(sign, name):
    rng = np.random.default_rng(4)
    low = 0 if sign else -128
    a, w = rng.integers(low, low + 256, (40, 6)), rng.integers(low, low + 256, (6, 5))
    a[:4], w[0] = low, low
    codes, weights, types = gemm.halves(a, w)
    tiles = gemm.tiles(codes, weights, 8, 4)
    users = {(n, "a"): operands.ANT.index("bytes") for n in range(len(tiles))} | {
        (n, "w"): types[:8] for n in range(len(tiles))
    }
    _, results = _run(Case(tiles, users=users), rows=8, cols=4, a_format=name, w_format=name)
    assert (gemm.assemble(results, codes, weights, 8, 4) == a @ w).all()
