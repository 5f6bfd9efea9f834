"""Golden model and compiler against results that TensorFlow Lite Micro's interpreter computed.

The data are described in `tests/sim/network/data/write_tflite_micro.py`.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.accelerators.systola.vector_layers import average
from systola.sim.golden.requantise import requantise
from systola.sim.network.graph import Graph, Tensor

NETWORK = Path(__file__).parents[2] / "sim" / "network" / "test_tflite_micro.py"
SPEC = importlib.util.spec_from_file_location("stored_tflite_micro", NETWORK)
stored = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(stored)

P = ACCELERATOR.preset("small")


def graph_of(number, case) -> tuple[Graph, np.ndarray, np.ndarray]:
    """The operator as a graph, its input and the interpreter's result."""
    arrays = {name: stored.DATA[f"{number}.{name}"] for name in "xwby" if f"{number}.{name}" in stored.DATA}
    scales, zero_points = (stored.DATA[f"{number}.{name}"].tolist() for name in ("scales", "zero_points"))
    zeros, ends = dict(zip("xwy", zero_points, strict=True)), {"x": scales[0], "y": scales[-1]}
    tensors = [
        Tensor(name, value.shape, str(value.dtype), value if name in "wb" else None, ends.get(name), zeros.get(name, 0))
        for name, value in arrays.items()
    ]
    inputs = tuple(name for name in arrays if name != "y")
    return Graph(tensors, [stored.node(case, scales, zero_points, inputs)], ["x"], ["y"]), arrays["x"], arrays["y"]


GRAPHS = {f"{number}-{case['kind']}": graph_of(number, case) for number, case in stored.CASES}
LEGAL = {name: parts for name, parts in GRAPHS.items() if ACCELERATOR.rejects(P, parts[0], parts[0].nodes[0]) is None}


def test_every_kind_that_the_core_computes_is_among_them():
    assert {name.split("-")[1] for name in LEGAL} >= {"convolution", "dense", "max", "average"}


@pytest.mark.parametrize(("graph", "x", "y"), LEGAL.values(), ids=LEGAL)
def test_the_core_computes_what_the_interpreter_computed(graph, x, y):
    job = ACCELERATOR.compile(P, graph)
    result = ACCELERATOR.run_golden(P, job.dram({"x": x}), job.entry)
    assert result.error == 0
    np.testing.assert_array_equal(job.results(result.dram)["y"], y)


@pytest.mark.parametrize("rounding", ["gemmlowp", "single", "float32"])
@pytest.mark.parametrize("format", ["int8", "uint8"])
def test_averages_are_exact_up_to_the_largest_window(rounding, format):
    """Ties and their neighbours, of every area that a layer may have."""
    least, most = (-128, 127) if format == "int8" else (0, 255)
    for area in range(3 if rounding == "float32" else 2, 2049, 2 if rounding == "float32" else 1):
        near = np.arange(least, most + 1)[:, None] * area + area // 2 + np.arange(-1, 2)
        sums = near[(near >= least * area) & (near <= most * area)]
        expected = np.sign(sums) * ((np.abs(sums) + area // 2) // area)
        scale = average(area, rounding)
        scaled = requantise(sums, scale.multiplier, scale.shift, rounding=rounding)
        np.testing.assert_array_equal(scaled, expected)
