"""Graphs of one node."""

import numpy as np
import pytest

from systola.sim.network.graph import Graph, Node, Tensor
from systola.sim.network.reference import run


@pytest.fixture(scope="session")
def result():
    """Computes one node from its description, the output tensor, and (tensor, value) of each input."""

    def compute(node: Node, output: Tensor, *inputs: tuple[Tensor, np.ndarray]) -> np.ndarray:
        first = inputs[0][0]  # the others are constants
        tensors = [Tensor(t.name, t.shape, t.type, value, t.scale, t.zero_point) for t, value in inputs[1:]]
        graph = Graph([first, *tensors, output], [node], [first.name], [output.name])
        return run(graph, {first.name: inputs[0][1]})[output.name]

    return compute
