"""ONNX files with the integers and scales of TFLite files."""

import numpy as np
import pytest

from systola.gen.importers import read

from ..cases import CASES, inputs
from ..files import file
from .runtime import compare, run
from .twin import Twin

NAMES = (
    *("conv same odd", "conv 10x4", "conv valid 3x1", "conv no bias", "conv one scale", "depthwise", "depthwise 21x1"),
    *("dense", "dense one", "dense per channel", "dense ties"),
)
"""Cases with weights, whose sums are rounded in float32 by both files."""


@pytest.mark.parametrize("name", NAMES)
def test_results_are_those_of_the_tflite_file_in_float32(name):
    data, given = file(*CASES[name]), inputs(name, CASES[name][0], 1)["x"]
    theirs, ours = read(data, rounding="float32"), read(Twin(data).file())
    expected = theirs.session().run({theirs.graph.inputs[0]: given})[theirs.graph.outputs[0]]
    found = run(ours, ours.session(), {"x0": given})
    np.testing.assert_array_equal(found["q0"], expected if expected.ndim != 4 else expected.transpose(0, 3, 1, 2))
    assert len(np.unique(expected)) > 1 or expected.size == 1


@pytest.mark.parametrize("name", [*NAMES, "add relu", "average image", "softmax of two"])
def test_results_are_those_of_onnx_runtime(name):
    main, data = CASES[name][0], Twin(file(*CASES[name])).file()
    runs: list[dict] = []
    for step in range(4):
        values = inputs(name, main, step)
        runs.append({f"x{[*main.tensors].index(label)}": value for label, value in values.items()})
    count, wrong = compare(data, runs)
    assert (count > 0, wrong) == (True, {})
