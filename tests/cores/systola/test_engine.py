"""Data paths of the engine between bus and scratchpads: beats of any width reach the correct part of a word."""

import pytest


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        {"size": 8, "data_width": 32, "weight_bytes": 2048, "activation_bytes": 8192},
        {"size": 8, "data_width": 64, "weight_bytes": 8192, "activation_bytes": 2048, "dims": 2},
    ],
    ids=str,
)
def test_widths(check, parameters):
    check("systola", cases=12, seed=3, accumulators=128, instructions=64, **parameters)
