"""Additions of quantised tensors: factors that give the results of every pair of values, or none."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.accelerators.systola import addition
from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.compile.layers import SCALES
from systola.sim.golden.requantise import requantise
from systola.sim.network import reference
from systola.sim.network.arithmetic import Tflite
from systola.sim.network.graph import Addition, Graph, Subtraction, Tensor

SCALES_OF_FILES = [  # of two addends and of the result, and their zero points
    (0.0215, 0.0215, 0.0331, 3, 3, -128),
    (0.017441232, 0.044738719, 0.050217033, -4, 11, -128),
    (0.120371938, 0.030148262, 0.109417841, -128, 7, 5),
    (0.050334129, 0.010917743, 0.051820018, 0, -128, -9),
]
BETWEEN = 0.0174, 0.0447, 0.0502, -4, 11, -128
"""The scales have the ratio 58 / 149: results of TFLite differ between pairs whose exact sums are equal."""
PAIRS = np.meshgrid(*[np.arange(-128, 128, dtype=np.int8)] * 2, indexing="ij")


def graph(kind, a, b, y, zero_a, zero_b, zero_y, activation="identity", shape=(1, 256, 256, 1)):
    rule = Tflite.addition(a, b, y, zero_point=zero_y, activation=activation)
    tensors = [
        Tensor(name, shape, "int8", scale=scale, zero_point=zero)
        for name, scale, zero in (("a", a, zero_a), ("b", b, zero_b), ("y", y, zero_y))
    ]
    return Graph(tensors, [kind("sum", ("a", "b"), "y", rule)], ["a", "b"], ["y"])


@pytest.mark.parametrize("rounding", ["gemmlowp", "single"])
@pytest.mark.parametrize("kind", [Addition, Subtraction])
@pytest.mark.parametrize("scales", SCALES_OF_FILES)
def test_every_pair_of_values_is_exact(scales, kind, rounding):
    network = graph(kind, *scales, activation="relu")
    (node,) = network.nodes
    found = addition.exact_sum(network, node, rounding)
    assert found is not None
    (p, q), scale = found
    assert all(SCALES[0] <= factor <= SCALES[1] for factor in (p, q))
    a, b = (each.astype(np.int64) for each in PAIRS)
    rule = {"low": node.arithmetic.low, "high": node.arithmetic.high, "zero_point": scales[5]}
    results = requantise(p * a + q * b, scale.multiplier, scale.shift, bias=scale.bias, rounding=rounding, **rule)
    wanted = reference.run(network, {name: x.reshape(1, 256, 256, 1) for name, x in zip("ab", PAIRS, strict=True)})
    assert (results.reshape(-1) == wanted["y"].reshape(-1)).all()


@pytest.mark.parametrize("kind", [Addition, Subtraction])
def test_additions_of_a_file_on_the_machine(on_golden, kind):
    network = graph(kind, *SCALES_OF_FILES[1], shape=(1, 4, 5, 6))
    rng = np.random.default_rng(1)
    on_golden(
        ACCELERATOR.preset("small"), network, {n: rng.integers(-128, 128, (1, 4, 5, 6)).astype(np.int8) for n in "ab"}
    )


def test_none_is_found_for_sums_that_are_rounded_in_two_ways():
    network = graph(Addition, *BETWEEN)
    assert addition.exact_sum(network, network.nodes[0], "gemmlowp") is None


def test_none_is_found_for_a_ratio_beyond_the_factors():
    network = graph(Addition, *SCALES_OF_FILES[0])
    (node,) = network.nodes
    node = replace(node, arithmetic=replace(node.arithmetic, operands=(1 << 18, 1), multiplier=1 << 30, shift=-24))
    assert addition.exact_sum(network, node, "gemmlowp") is None


def test_a_wrong_fit_is_found_by_the_check_of_all_pairs(monkeypatch):
    network = graph(Addition, *SCALES_OF_FILES[1], activation="relu6")
    (node,) = network.nodes
    monkeypatch.setattr(addition, "_fit", lambda sums, wanted, each, scale: (scale * 1.001, 0))
    assert addition.exact_sum(network, node, "gemmlowp") is None
