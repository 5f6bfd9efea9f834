"""Sparse array: every nibble, every pattern, half the cycles of dense; gaps, stalls and exact cycles."""

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from systola.gen.verilog.verilog import generate
from systola.hw.array.sparse_systolic import SparseSystolic
from systola.hw.array.systolic import Systolic
from systola.hw.component import ParameterError
from systola.sim.network import prune
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus import gemm
from systola.sim.stimulus import sparse_systolic as sparse_tiles
from systola.sim.stimulus.sparse_systolic import Compressed
from systola.sim.stimulus.systolic import SystolicCase

LEGAL = {0b0100: (0, 1), 0b1000: (0, 2), 0b1100: (0, 3), 0b1001: (1, 2), 0b1101: (1, 3), 0b1110: (2, 3)}


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"rows": 18, "cols": 3, "word": 16, "buffer": 3}, marks=pytest.mark.slow),
        {"rows": 12, "cols": 2, "sparsity": "4:8", "a_format": "uint8", "w_format": "int5", "acc_width": 13},
        pytest.param({"rows": 2, "cols": 1, "buffer": 0}, marks=pytest.mark.slow),
        pytest.param(
            {"rows": 5, "cols": 2, "sparsity": "1:4", "word": 16, "operand_register": False}, marks=pytest.mark.slow
        ),
        pytest.param({"rows": 37, "cols": 2, "sparsity": "1:2", "delays": "registers"}, marks=pytest.mark.slow),
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_random_tiles(check, parameters):
    check("sparse_systolic", **parameters)


@pytest.fixture(scope="module")
def small():
    """Four rows of 2:4, which are two groups."""
    return generate("sparse_systolic", SparseSystolic(rows=4, cols=4))


def test_every_pair_of_nibbles(small):
    """Legal nibbles select their positions, the ten others add nothing and are reported; the other group is exact."""
    nibbles = np.arange(16).reshape(4, 4)
    a = np.array([[-128, 127, 3, -5, 7, 11, -13, 100], [1, 2, 4, 8, 16, 32, 64, -128]])
    tiles = []
    kept = np.tile([[1, 100], [-128, 127]], (4, 1, 1))
    for columns, other in itertools.product(nibbles, range(16)):
        codes = np.stack([columns, (columns + other) % 16], 1)  # of both groups of each column
        tiles.append((a, Compressed(kept, np.stack([codes & 3, codes >> 2], 2))))
    outcome, (results,) = simulate(small, [SystolicCase(tiles)], keep=True)  # the bench compares the values of `bad`
    assert outcome.mismatches == 0, outcome.examples
    for (_, w), y in zip(tiles, results, strict=True):
        for column in range(4):
            expected = np.zeros(2, int)
            for group, weights in enumerate([(1, 100), (-128, 127)]):
                places = w.places[column, group]
                for weight, place in zip(weights, LEGAL.get(int(places[0] | places[1] << 2), ()), strict=False):
                    expected += weight * a[:, 4 * group + place]
            assert y[:, column].tolist() == expected.tolist()


def test_gaps_and_stalls(small):
    outcome, _ = simulate(small, sparse_tiles.random_cases(small.parameters, 40, 1))
    assert outcome.checked > 0
    assert outcome.mismatches == 0, outcome.examples


@pytest.mark.slow
def test_the_number_of_a_tile_wraps_after_65536_tiles():
    """Reports of the last tile before the number wraps, of the first one afterwards, and of the next one."""
    design = generate("sparse_systolic", SparseSystolic(rows=2, cols=1))
    rng = np.random.default_rng(3)
    cases = [sparse_tiles.many_tiles(design.parameters, count, rng) for count in (1 << 16, 1, 1)]
    outcome, _ = simulate(design, cases)  # the bench compares the number of each reported tile
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.output_cycles[0] == list(range(outcome.output_cycles[0][0], outcome.output_cycles[0][-1] + 1))


def test_half_the_cycles_of_dense_on_the_same_multipliers(small):
    """The rows of a whole product leave a dense array in K / rows * M cycles, and a sparse one in exactly half."""
    rng = np.random.default_rng(2)
    a, w = rng.integers(-128, 128, (10, 48)), rng.integers(1, 128, (48, 8))
    w = prune.n_of_m(w, axis=0).astype(np.int64)
    assert (w != 0).mean() == 0.5
    dense = generate("systolic", Systolic(rows=4, cols=4))
    spans, products = [], []
    for design, tiles, rows in (
        (dense, gemm.tiles(a, w, 4, 4), 4),
        (small, sparse_tiles.tiles(a, w, 4, 4), 8),
    ):
        assert design.peak == 16
        outcome, (results,) = simulate(design, [SystolicCase(tiles)], keep=True)
        assert outcome.mismatches == 0, outcome.examples
        assert outcome.work == 10 * 48 * 8 * 4 // rows
        spans.append(outcome.output_cycles[0][-1] - outcome.output_cycles[0][0] + 1)
        products.append(gemm.assemble(results, a, w, rows, 4))
    assert (products[0] == a @ w).all()
    assert (products[1] == a @ w).all()
    assert spans == [240, 120]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"rows": 7}, "rows=7: with sparsity=2:4 rows must be a multiple of 2."),
        ({"rows": 6, "sparsity": "4:8"}, "rows=6: with sparsity=4:8 rows must be a multiple of 4."),
        ({"sparsity": "3:4"}, "sparsity=3:4: sparsity must be 2:4 or 1:4 or 4:8 or 1:2."),
        ({"word": 24}, "word=24: word must be 16 or 32."),
    ],
)
def test_illegal_parameters_are_rejected_in_one_sentence(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        SparseSystolic(**parameters)
    assert str(error.value) == sentence


@pytest.mark.parametrize(("sparsity", "groups", "levels"), [("2:4", 4, 1), ("4:8", 2, 2), ("1:2", 8, 0)])
def test_latency_equals_the_stated_one(sparsity, groups, levels):
    assert SparseSystolic(rows=8, cols=5, sparsity=sparsity).described().latency == groups + 5 + 1 + 2 + levels + 2


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_parameters(check, data):
    integer = st.sampled_from([f"int{n}" for n in range(2, 17)] + [f"uint{n}" for n in range(1, 17)])
    sparsity = data.draw(st.sampled_from(["2:4", "1:4", "4:8", "1:2"]))
    check(
        "sparse_systolic",
        sparsity=sparsity,
        rows=int(sparsity[0]) * data.draw(st.integers(1, 12)),
        cols=data.draw(st.integers(1, 18)),
        a_format=data.draw(integer),
        w_format=data.draw(integer),
        acc_width=data.draw(st.integers(1, 64)),
        word=data.draw(st.sampled_from([16, 32])),
        product_register=data.draw(st.booleans()),
        operand_register=data.draw(st.booleans()),
        buffer=data.draw(st.sampled_from([0, "auto", 3, 40])),
        seed=data.draw(st.integers(0, 2**16)),
    )
