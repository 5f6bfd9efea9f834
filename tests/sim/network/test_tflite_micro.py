"""Operators against the results of TensorFlow Lite Micro's interpreter: see `data/write_tflite_micro.py`."""

import json
from pathlib import Path

import numpy as np
import pytest

from systola.sim.network.arithmetic import Tflite
from systola.sim.network.graph import (
    Addition,
    Convolution,
    Dense,
    Graph,
    Multiplication,
    Pooling,
    Softmax,
    Tensor,
    same,
)
from systola.sim.network.reference import run

with np.load(Path(__file__).parent / "data" / "tflite_micro.npz") as stored:
    DATA = {name: stored[name] for name in stored.files}
CASES = list(enumerate(json.loads(DATA["cases"].item())))


def padding(case, window):
    if not case.get("same"):
        return (0, 0), (0, 0)
    stride, dilation = case.get("stride", (1, 1)), case.get("dilation", (1, 1))
    return tuple(same(case["x"][1 + axis], window[axis], stride[axis], dilation[axis]) for axis in range(2))


def node(case, scales, zero_points, inputs):
    """The operator as a node of the graph."""
    kind, activation = case["kind"], case.get("activation", "identity")
    result = {"zero_point": zero_points[2], "activation": activation}
    stride = tuple(case.get("stride", (1, 1)))
    if kind == "addition":
        return Addition("n", inputs, "y", Tflite.addition(*scales, **result))
    if kind == "softmax":
        return Softmax("n", inputs, "y", Tflite(), beta=case.get("beta", 1.0))
    if kind == "mean":
        window = tuple(case["x"][1:3])
        return Pooling("n", inputs, "y", Tflite.mean(*scales, np.prod(window).item()), kind="average", window=window)
    if kind in ("max", "average"):
        rule, window = Tflite(low=zero_points[2] if activation == "relu" else None), tuple(case["window"])
        return Pooling("n", inputs, "y", rule, kind=kind, window=window, stride=stride, padding=padding(case, window))
    weights = scales[1] if len(scales) == 3 else scales[1:-1]
    rule = Tflite.from_scales(scales[0], weights, scales[-1], **result)
    if kind == "multiplication":
        return Multiplication("n", inputs, "y", rule)
    if kind == "dense":
        return Dense("n", inputs, "y", rule)
    groups = case["x"][3] if kind == "depthwise" else 1
    fields = {"padding": padding(case, case["w"][:2]), "dilation": tuple(case.get("dilation", (1, 1)))}
    return Convolution("n", inputs, "y", rule, stride=stride, groups=groups, **fields)


@pytest.mark.parametrize(("number", "case"), CASES, ids=[f"{number}-{case['kind']}" for number, case in CASES])
def test_an_operator_of_tflite_micro(number, case):
    arrays = {name: DATA[f"{number}.{name}"] for name in "xwby" if f"{number}.{name}" in DATA}
    scales, zero_points = DATA[f"{number}.scales"].tolist(), DATA[f"{number}.zero_points"].tolist()
    zeros = dict(zip("xwy", zero_points, strict=True))
    ends = {"x": scales[0], "y": scales[-1]}
    tensors = [
        Tensor(
            name,
            value.shape,
            str(value.dtype),
            value if name in "wb" else None,
            scale=ends.get(name),
            zero_point=zeros.get(name, 0),
        )
        for name, value in arrays.items()
    ]
    inputs = tuple(name for name in arrays if name != "y")
    graph = Graph(tensors, [node(case, scales, zero_points, inputs)], ["x"], ["y"])
    np.testing.assert_array_equal(run(graph, {"x": arrays["x"]})["y"], arrays["y"])


def test_the_stored_results_are_not_trivial():
    assert len(CASES) == 27
    assert all(len(np.unique(DATA[f"{number}.y"])) > 5 for number, _ in CASES)
