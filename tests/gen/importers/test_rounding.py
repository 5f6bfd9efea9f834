"""Operators with weights whose sums are scaled in float32, as by XNNPACK."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from systola.gen.errors import UsageError
from systola.gen.importers import read
from systola.sim.network.arithmetic import Onnx
from systola.sim.network.graph import Convolution, Dense
from systola.sim.network.reference import compute

from .cases import CASES, inputs
from .files import file, numbers

PRODUCTS = [name for name in CASES if name.startswith(("conv", "depthwise", "dense"))]


def run(name: str, step: int, **options):
    network, main = read(file(*CASES[name]), **options), CASES[name][0]
    given = dict(zip(network.graph.inputs, inputs(name, main, step).values(), strict=True))
    return network.graph, network.session().run(given)


@pytest.mark.parametrize("name", PRODUCTS)
def test_results_are_within_one_unit_of_two_roundings(name):
    graph, values = run(name, 1, rounding="float32")
    nodes = [node for node in graph.nodes if isinstance(node, Convolution | Dense)]
    assert nodes
    assert all(isinstance(node.arithmetic, Onnx) for node in nodes)
    _, others = run(name, 1)
    assert np.abs(values["y"].astype(int) - others["y"]).max() <= 1


def test_a_tie_is_rounded_to_even():
    """Two roundings give the other neighbour for every second of these sums."""
    _, values = run("dense ties", 0, rounding="float32")
    _, others = run("dense ties", 0)
    assert (values["y"] != others["y"]).any()


def test_another_rounding():
    with pytest.raises(UsageError, match="rounding=up: rounding must be gemmlowp or float32"):
        read(file(*CASES["dense"]), rounding="up")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_results_are_those_of_xnnpack():
    """Each operator of a wake word with its inputs in LiteRT, where that is installed; 2.3.0 was compared."""
    litert, words = pytest.importorskip("ai_edge_litert.interpreter"), find_spec("pymicro_wakeword")
    if words is None or words.origin is None:
        pytest.skip("pymicro-wakeword is not installed")
    data = (Path(words.origin).parent / "models" / "hey_jarvis.tflite").read_bytes()
    network = read(data, rounding="float32")
    machine = litert.Interpreter(model_content=data, experimental_preserve_all_tensors=True, num_threads=1)
    machine.allocate_tensors()
    place, graph = {name: index for index, name in network.tensors.items()}, network.graph
    products, compared = [node for node in graph.nodes if isinstance(node, Convolution | Dense)], 0
    for step in range(40):
        value = numbers(f"step {step}", graph[graph.inputs[0]].shape)
        machine.set_tensor(machine.get_input_details()[0]["index"], value)
        machine.invoke()
        for node in products:
            found = [machine.get_tensor(place[node.inputs[0]]), *(graph[name].value for name in node.inputs[1:])]
            expected = machine.get_tensor(place[node.output])
            np.testing.assert_array_equal(compute(node, graph.sources(node), found, graph[node.output]), expected)
            compared += expected.size
    assert compared > 10_000
