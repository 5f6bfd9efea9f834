"""Golden processing element against numbers by hand."""

import numpy as np
import pytest

from systola.sim.golden import pe


def test_results_of_a_stationary_weight():
    a, psums = np.array([3, -4, 0]), np.array([10, 20, 127])
    assert pe.results("ws", a, np.array([-5]), psums, 8).tolist() == [-5, 40, 127]
    assert pe.results("ws", np.array([1]), np.array([1]), np.array([127]), 8).tolist() == [-128]


def test_results_of_a_stationary_output():
    empty = np.zeros(0, int)
    assert pe.results("os", np.array([3, -4, 5]), np.array([2, 2, 7]), empty, 16).tolist() == [33]
    assert pe.results("os", np.array([100, 100]), np.array([1, 1]), empty, 8).tolist() == [-56]


def test_lanes():
    assert [pe.lanes(name) for name in ("int8", "ant4", "codebook", "olive4", "olive_int8")] == [1, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("a", "w", "expected"), [("int8", "int8", 7), ("int8", "codebook", 7), ("flint4", "int8", 8), ("int8", "olive4", 8)]
)
def test_latency(a, w, expected):
    assert pe.latency(a, w, operand_register=True, product_register=True) == expected
    assert pe.latency(a, w, operand_register=False, product_register=False) == 5


def test_cycle_law_of_a_stationary_weight():
    """Weights enter in cycles 0 and 1; the first loads in 1 and is valid in 2, in which its operand also enters."""
    taken = {"a": [0, 3, 4], "psum": [0, 1, 9], "w": [0, 1]}
    assert pe.law("ws", taken, [2, 1], 7) == [8, 10, 16]
    assert pe.law("ws", taken | {"w": [0, 20]}, [2, 1], 7) == [8, 10, 28]


def test_cycle_law_of_a_stationary_output():
    taken = {"a": [0, 1, 2], "w": [0, 5, 6], "psum": []}
    assert pe.law("os", taken, [2, 1], 7) == [12, 13]
