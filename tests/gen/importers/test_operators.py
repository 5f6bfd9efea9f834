"""Every operator against TensorFlow Lite Micro, whose results are stored: see `data/write_tflm.py`."""

from pathlib import Path

import numpy as np
import pytest

from systola.gen.accelerators.registry import find
from systola.gen.importers import read
from systola.gen.importers.tflite.convert import CONVERTERS
from systola.sim.network import reference
from systola.sim.network.graph import Graph, Tensor

from .cases import CASES, STEPS, inputs
from .files import file

with np.load(Path(__file__).parent / "data" / "tflm.npz") as stored:
    EXPECTED = {name: stored[name] for name in stored.files}


def values(network, data: dict, names: list) -> dict:
    """Values of a run by the names that the test has for tensors, which those of the file need not be."""
    return {names[index]: data[name] for index, name in network.tensors.items()}


@pytest.mark.parametrize("name", CASES)
def test_every_tensor_is_that_of_tensorflow_lite_micro(name):
    main = CASES[name][0]
    network = read(file(*CASES[name]))
    session, labels = network.session(), [*main.tensors]
    compared = 0
    for step in range(STEPS):
        given = inputs(name, main, step).values()
        found = values(network, session.run(dict(zip(network.graph.inputs, given, strict=True))), labels)
        for label in {label for op in main.operators for label in op.outputs if f"{name}/{label}" in EXPECTED}:
            expected = EXPECTED[f"{name}/{label}"][step]
            assert found[label].dtype == expected.dtype
            np.testing.assert_array_equal(found[label], expected)
            compared += expected.size
    assert compared == sum(value.size for key, value in EXPECTED.items() if key.startswith(f"{name}/"))


def test_every_operator_has_a_case():
    assert {op.type for graphs in CASES.values() for op in graphs[0].operators} == set(CONVERTERS)


def test_results_are_spread():
    """A case whose results are constant would compare nothing."""
    narrow = {key for key, value in EXPECTED.items() if len(np.unique(value)) < min(8, value.size // STEPS)}
    assert narrow <= {"conv dead channels/y"}, narrow


@pytest.mark.parametrize("name", CASES)
def test_the_file_is_read_with_codes_in_the_old_field(name):
    graph = read(file(*CASES[name], deprecated=True)).graph
    assert [node.name for node in graph.nodes] == [node.name for node in read(file(*CASES[name])).graph.nodes]


@pytest.mark.parametrize("name", CASES)
def test_a_node_that_the_accelerator_accepts_is_computed_by_it(name):
    """Nodes that `network show` places on the accelerator compile, and its golden model agrees with the reference."""
    accelerator = find("systola")
    machine, network = accelerator.parameters(), read(file(*CASES[name]))
    data = network.session().run(dict(zip(network.graph.inputs, inputs(name, CASES[name][0], 1).values(), strict=True)))
    for node in network.graph.nodes:
        if accelerator.rejects(machine, network.graph, node) is None:
            alone = alone_in_graph(network.graph, node)
            job = accelerator.compile(machine, alone)
            given = {tensor: data[tensor] for tensor in alone.inputs}
            end = accelerator.run_golden(machine, job.dram(given), job.entry)
            result = job.results(end.dram)[node.output]
            np.testing.assert_array_equal(result, reference.run(alone, given)[node.output])


def alone_in_graph(graph: Graph, node) -> Graph:
    tensors: list[Tensor] = [*dict.fromkeys((*graph.sources(node), graph[node.output]))]
    given = [tensor.name for tensor in tensors if not tensor.constant and tensor.name != node.output]
    return Graph(tensors, [node], given, [node.output])
