"""References of vendors, where they are installed (extra `interpreters`), against the NumPy reference."""

import numpy as np
import pytest

from systola.gen.accelerators.registry import find
from systola.gen.errors import UsageError
from systola.gen.importers import read
from systola.gen.run import interpreters

from ..importers import cases
from ..importers.files import file
from ..importers.onnx import cases as onnx_cases

MODULES = {"tflm": "tflite_micro", "xnnpack": "ai_edge_litert"}


def reference(name, case):
    """Reference of a case, its network with the reference's rounding, and the names of its inputs."""
    pytest.importorskip(MODULES[name], exc_type=ImportError)
    data = file(*cases.CASES[case])
    network = read(data, case, rounding=interpreters.ROUNDINGS[name])
    return interpreters.REFERENCES[name](network, data), network


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("tflm", "residual"),
        ("tflm", "stream"),
        ("tflm", "dense"),
        ("xnnpack", "dense no bias"),
        ("xnnpack", "dense per channel"),
    ],
)
def test_an_interpreter_matches_the_reference(name, case):
    run, network = reference(name, case)
    session = network.session()
    for step in range(3):
        given = dict(zip(network.graph.inputs, cases.inputs(case, cases.CASES[case][0], step).values(), strict=True))
        found, expected = run(given), session.run(given)
        assert set(network.graph.outputs) <= set(found)
        for tensor, value in found.items():
            assert (value.dtype, value.shape) == (network.graph[tensor].dtype, network.graph[tensor].shape)
            np.testing.assert_array_equal(value, expected[tensor])


def test_results_are_copies():
    run, network = reference("tflm", "dense")
    first, second = (run({network.graph.inputs[0]: np.full((1, 40), n, np.int8)}) for n in (1, -90))
    (name,) = network.graph.outputs
    assert (first[name] != second[name]).any()


def test_a_network_that_an_interpreter_rejects_is_one_sentence():
    """XNNPACK needs the scale of a bias to be the product of the others."""
    sentence = r"^--reference xnnpack: the interpreter rejects conv same odd: failed to delegate CONV_2D .*\.$"
    with pytest.raises(UsageError, match=sentence):
        reference("xnnpack", "conv same odd")


def test_the_rounding_of_a_network_is_the_references():
    systola = find("systola")
    for reference, expected in (
        ("tflm", "gemmlowp"),
        ("xnnpack", "float32"),
        ("numpy", "float32"),
        ("none", "float32"),
    ):
        assert interpreters.rounding("n.tflite", reference, systola.parameters(rounding="float32")) == expected
    assert interpreters.rounding("n.tflite", "numpy", systola.parameters()) == "gemmlowp"
    assert interpreters.rounding("n.tflite", "numpy", find("outer_product").parameters()) == "gemmlowp"
    assert interpreters.rounding("n.onnx", "ort", systola.parameters()) is None
    assert interpreters.settings(type(systola.parameters()), "n.onnx") == {"rounding": "float32"}
    assert interpreters.settings(type(systola.parameters()), "n.tflite", "xnnpack") == {"rounding": "float32"}
    assert interpreters.settings(type(systola.parameters()), "n.tflite") == {}


def test_find():
    assert interpreters.find("none") is None
    with pytest.raises(UsageError, match=r"^--reference tf: it must be numpy, tflm, xnnpack, ort or none\.$"):
        interpreters.find("tf")


@pytest.mark.parametrize("case", ["conv", "conv 1-d", "conv uint8", "depthwise", "gemm"])
def test_onnx_runtime_matches_the_reference(case):
    pytest.importorskip("onnxruntime")
    data = onnx_cases.model(case).SerializeToString()
    network = read(data, f"{case}.onnx")
    run, session = interpreters.REFERENCES["ort"](network, data), network.session()
    rng, inputs = np.random.default_rng(1), [network.graph[name] for name in network.graph.inputs]
    for _ in range(3):
        given = {each.name: rng.integers(*each.limits, each.shape, each.dtype, endpoint=True) for each in inputs}
        found, expected = run(given), session.run(given)
        assert set(network.graph.outputs) <= set(found)
        for tensor, value in found.items():
            np.testing.assert_array_equal(value, expected[tensor])


@pytest.mark.parametrize("name", ["tflm", "xnnpack", "ort"])
def test_a_reference_of_another_kind_of_file_is_one_sentence(name):
    onnx_file = onnx_cases.model("conv").SerializeToString()
    data, kind = (file(*cases.CASES["dense"]), "an ONNX") if name == "ort" else (onnx_file, "a TFLite")
    with pytest.raises(UsageError, match=rf"^--reference {name}: network is not {kind} file\.$"):
        interpreters.REFERENCES[name](read(data), data)
