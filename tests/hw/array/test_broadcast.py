"""Broadcast matrix unit: shapes, formats and exact cycles; interchangeable with a weight-stationary array."""

import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.array.broadcast import Broadcast
from systola.hw.array.systolic import Systolic
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.systolic import random_cases


@pytest.mark.parametrize(
    "parameters",
    [
        {"rows": 1, "cols": 1},
        {"rows": 4, "cols": 4},
        {"rows": 7, "cols": 2, "product_register": False, "operand_register": False},
        pytest.param(
            {"rows": 11, "cols": 3, "buffer": 0, "a_format": "uint8", "w_format": "uint8"}, marks=pytest.mark.slow
        ),
        pytest.param(
            {"rows": 6, "cols": 17, "buffer": 3, "a_format": "int3", "w_format": "uint6", "acc_width": 9},
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_random_tiles(check, parameters):
    check("broadcast", **parameters)


def test_it_replaces_a_weight_stationary_array():
    """Same ports, same streams, same results: only the cycles differ."""
    tree = generate("broadcast", Broadcast(rows=4, cols=4))
    grid = generate("systolic", Systolic(rows=4, cols=4))
    assert tree.ports == grid.ports
    cases = random_cases(tree.parameters, 12, 3)
    ours, theirs = simulate(tree, cases, keep=True), simulate(grid, cases, keep=True)
    assert all((a == b).all() for x, y in zip(ours[1], theirs[1], strict=True) for a, b in zip(x, y, strict=True))
    assert ours[0].checked == theirs[0].checked > 0
    assert ours[0].cycles < theirs[0].cycles


def test_latency_equals_the_stated_one():
    for rows, levels in ((1, 0), (2, 1), (3, 2), (16, 4), (17, 5)):
        unit = Broadcast(rows=rows, cols=2).described()
        assert unit.latency == 2 + 2 + levels + 2
