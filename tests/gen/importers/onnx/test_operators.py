"""Every operator against ONNX Runtime, whose results are stored: see `data/write_ort.py`."""

from pathlib import Path

import numpy as np
import pytest

from systola.gen.accelerators.registry import find
from systola.gen.importers import load, read
from systola.gen.importers.onnx.importer import CONVERTERS
from systola.gen.importers.onnx.patterns import QLINEAR
from systola.sim.network import reference
from systola.sim.network.graph import Transpose

from ..files import numbers
from ..test_operators import alone_in_graph
from .cases import CASES, STEPS, inputs, model
from .networks import clip
from .runtime import run

with np.load(Path(__file__).parent / "data" / "ort.npz") as stored:
    EXPECTED = {name: stored[name] for name in stored.files}
ABSENT = {name: {"q1"} for name in ("flattened", "flattened by reshape")}
"""Tensors that the graph has in another order only."""


def imported(name: str):
    return read(model(name).SerializeToString())


def of_step(name: str, step: int) -> dict:
    """Inputs and expected tensors of a run by name."""
    start = f"{name}/"
    found = {key.removeprefix(start): value[step] for key, value in EXPECTED.items() if key.startswith(start)}
    return inputs(name, step) | found


@pytest.mark.parametrize("name", CASES)
def test_every_tensor_is_that_of_onnx_runtime(name):
    network, compared = imported(name), 0
    session = network.session()
    for step in range(STEPS):
        feeds = of_step(name, step)
        found = run(network, session, feeds)
        for label in feeds.keys() - inputs(name, step).keys() - ABSENT.get(name, set()):
            assert found[label].dtype == feeds[label].dtype
            np.testing.assert_array_equal(found[label], feeds[label], label)
            compared += found[label].size
    stored = {key: value.size for key, value in EXPECTED.items() if key.startswith(f"{name}/")}
    assert compared == sum(size for key, size in stored.items() if key.split("/")[1] not in ABSENT.get(name, ())) > 0


def test_every_operator_has_a_case():
    found = {node.op_type for net, _ in CASES.values() for node in net.nodes}
    assert set(CONVERTERS) | set(QLINEAR) <= found


def test_results_are_spread():
    """A case whose results are constant would compare nothing."""
    narrow = {key for key, value in EXPECTED.items() if len(np.unique(value)) < min(8, value.size // STEPS)}
    assert narrow == set()


@pytest.mark.parametrize("name", ["residual", "conv 1-d", "transpose"])
def test_inputs_and_outputs_have_the_layout_of_the_file(name):
    graph, made = imported(name).graph, model(name).graph
    assert graph[graph.inputs[0]].shape == tuple(size.dim_value for size in made.input[0].type.tensor_type.shape.dim)
    assert graph[graph.outputs[0]].shape == EXPECTED[f"{name}/{CASES[name][0].quantised[-1]}"].shape[1:]


def test_transpositions_are_at_the_ends_only():
    nodes = imported("residual").graph.nodes
    assert [node.name for node in nodes if isinstance(node, Transpose)] == [nodes[0].name]


@pytest.mark.parametrize(("name", "type"), [("flattened", "Flatten"), ("flattened by reshape", "Reshape")])
def test_weights_after_an_image_are_in_its_order(name, type):
    network = imported(name)
    assert [node.__class__.__name__ for node in network.graph.nodes] == ["Transpose", "Convolution", "Reshape", "Dense"]
    assert [operator.type for operator in network.operators if operator.view] == [type]


def test_changes_of_layout_are_operators():
    network = imported("conv")
    assert [(operator.index, operator.type) for operator in network.operators] == [
        (3, "Transpose"),
        (3, "Conv"),
        (5, "DequantizeLinear"),
        (6, "Transpose"),
    ]
    assert {name for operator in network.operators for name in operator.nodes} == {
        node.name for node in network.graph.nodes
    }


@pytest.mark.parametrize("name", CASES)
def test_a_node_that_the_accelerator_accepts_is_computed_by_it(name):
    """Nodes that `network show` places on the accelerator compile, and its golden model agrees with the reference."""
    accelerator, network = find("systola"), imported(name)
    machine = accelerator.component.Parameters.parse({"rounding": "float32"})
    feeds = of_step(name, 1)
    data = network.session().run({tensor: feeds[tensor] for tensor in network.graph.inputs})
    for node in network.graph.nodes:
        alone = alone_in_graph(network.graph, node)
        if accelerator.rejects(machine, alone, node) is None:
            job = accelerator.compile(machine, alone)
            given = {tensor: data[tensor] for tensor in alone.inputs}
            end = accelerator.run_golden(machine, job.dram(given), job.entry)
            result = job.results(end.dram)[node.output]
            np.testing.assert_array_equal(result, reference.run(alone, given)[node.output])


def test_limits_after_a_convolution():
    """ONNX Runtime computes such a convolution in floating point; here the integers are limited."""
    found = []
    for low, high in ((-1.0, 2.01), (-100, 100)):
        net, outputs = clip(low, high, 0.03, -4)
        network = read(net.model(*outputs).SerializeToString())
        found.append(run(network, network.session(), {"x": numbers("limits", (1, 3, 6, 5))})["q0"])
    np.testing.assert_array_equal(found[0], np.clip(found[1], -4 - 33, -4 + 67))
    assert len(np.unique(found[1])) > 50


def test_a_file_is_loaded_by_its_path(tmp_path):
    path = tmp_path / "n.onnx"
    path.write_bytes(model("residual").SerializeToString())
    assert load(path).complete
    assert load(path, rounding="float32").complete
