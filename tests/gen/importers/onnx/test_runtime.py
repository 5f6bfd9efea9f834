"""Networks against ONNX Runtime, where the package onnxruntime is installed; 1.32.0 was compared."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from systola.gen.importers import read

from .cases import CASES, inputs, model
from .float_network import quantised
from .runtime import compare, session

pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("name", CASES)
def test_random_inputs(name):
    runs = [inputs(name, step) for step in range(10)]
    count, wrong = compare(model(name).SerializeToString(), runs, CASES[name][0].type == "uint8")
    assert (count > 0, wrong) == (True, {})


def test_a_speech_detector():
    """Network of the package pulsevad 0.1.3: every operator."""
    spec = find_spec("pulsevad")
    if spec is None or spec.origin is None:
        pytest.skip("pulsevad is not installed")
    data = (Path(spec.origin).parent / "data" / "pulsevad_2.1k_int8.onnx").read_bytes()
    rng = np.random.default_rng(0)
    runs = [{"log_mel": (rng.normal(size=(1, 64, 21)) * (0.5 + n / 3)).astype(np.float32)} for n in range(20)]
    assert compare(data, runs) == (106_040, {})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
@pytest.mark.parametrize("type", ["QInt8", "QUInt8"])
@pytest.mark.parametrize("per_channel", [False, True])
def test_a_network_that_quantize_static_has_quantised(tmp_path, form, type, per_channel):
    """Every operator; and the output of the file as it is, which ONNX Runtime may optimise further."""
    data, rng = quantised(tmp_path, form, type, per_channel), np.random.default_rng(1)
    runs, unsigned = [{"x": rng.normal(size=(1, 3, 16, 16)).astype(np.float32)} for _ in range(5)], type == "QUInt8"
    count, wrong = compare(data, runs, unsigned)
    assert (count > 10_000, wrong) == (True, {})
    network, machine = read(data), session(data, unsigned)
    (x,), (y,) = ([network.graph[name] for name in ends] for ends in (network.graph.inputs, network.graph.outputs))
    ours = network.session()
    for feeds in runs:
        integers = np.clip(np.rint(feeds["x"] / np.float32(x.scale)) + x.zero_point, *x.limits).astype(x.type)
        found = ours.run({x.name: integers})[y.name].astype(np.int64) - y.zero_point
        np.testing.assert_array_equal(found.astype(np.float32) * np.float32(y.scale), machine.run(None, feeds)[0])
