"""Fields of graph nodes and tensors: for all values a graph is built, or a `GraphError` names the mistake."""

from contextlib import suppress
from dataclasses import fields, replace

import numpy as np
import pytest

from systola.sim.network import data_movement, nodes, reference
from systola.sim.network.arithmetic import Exact, Tflite
from systola.sim.network.graph import Graph, GraphError, Tensor

IMAGE = Tensor("x", (1, 6, 6, 4), "int8", scale=0.5)
KERNEL = Tensor("w", (3, 3, 4, 8), "int8", np.ones((3, 3, 4, 8), np.int8))
MATRIX = Tensor("m", (4, 5), "int8", np.ones((4, 5), np.int8))
NODES = (
    (nodes.Convolution("n", ("x", "w"), "y", Exact()), Tensor("y", (1, 4, 4, 8), "int32")),
    (nodes.Dense("n", ("x", "m"), "y", Exact()), Tensor("y", (1, 6, 6, 5), "int32")),
    (
        nodes.Pooling("n", "x", "y", Tflite(), window=(2, 2), stride=(2, 2)),
        Tensor("y", (1, 3, 3, 4), "int8", scale=0.5),
    ),
    (nodes.Addition("n", ("x", "x"), "y", Exact()), Tensor("y", IMAGE.shape, "int32")),
    (nodes.Multiplication("n", ("x", "x"), "y", Exact()), Tensor("y", IMAGE.shape, "int32")),
    (nodes.Activation("n", "x", "y", Tflite(), function="relu"), Tensor("y", IMAGE.shape, "int8", scale=0.5)),
    (nodes.Softmax("n", "x", "y", Tflite()), Tensor("y", IMAGE.shape, "int8", scale=1 / 256, zero_point=-128)),
    (data_movement.Concatenation("n", ("x", "x"), "y", axis=3), Tensor("y", (1, 6, 6, 8), "int8", scale=0.5)),
    (data_movement.Reshape("n", "x", "y", to=(36, 4)), Tensor("y", (36, 4), "int8", scale=0.5)),
    (data_movement.Padding("n", "x", "y", pads=((0, 0),) * 4), Tensor("y", IMAGE.shape, "int8", scale=0.5)),
    (
        data_movement.Slice("n", "x", "y", begin=(0, 1, 1, 0), size=(1, 2, 2, 4)),
        Tensor("y", (1, 2, 2, 4), "int8", scale=0.5),
    ),
    (nodes.Subtraction("n", ("x", "x"), "y", Exact()), Tensor("y", IMAGE.shape, "int32")),
    (data_movement.Transpose("n", "x", "y", axes=(0, 3, 1, 2)), Tensor("y", (1, 4, 6, 6), "int8", scale=0.5)),
    (
        data_movement.Selection("n", "x", "y", rows=(0, 5, 5), columns=(1,)),
        Tensor("y", (1, 3, 1, 4), "int8", scale=0.5),
    ),
)
FIELDS = [(node, output, field.name) for node, output in NODES for field in fields(node)]
JUNK = (
    -5,
    0,
    1 << 33,
    0.5,
    np.nan,
    "three",
    "",
    None,
    (),
    (1,),
    (0, 0),
    (1, -1),
    (2.5, 1),
    (1, 2, 3),
    ("x", 3),
    ((1, 2), 3),
)
JUNK = (*JUNK, ((0, 0), (0, -1)), [], {}, True, np.zeros(3), np.zeros((3, 2), np.int8), "x", object)


def built(node, output):
    named = {tensor.name: tensor for tensor in (IMAGE, KERNEL, MATRIX)}
    used = [named[name] for name in dict.fromkeys(node.inputs) if name in named]
    return Graph([*used, output], [node], ["x"], ["y"])


@pytest.mark.parametrize(("node", "output"), NODES, ids=[type(node).__name__ for node, _ in NODES])
def test_the_nodes_are_legal_before_a_field_is_changed(node, output):
    assert reference.run(built(node, output), {"x": np.ones(IMAGE.shape, np.int8)})["y"].shape == output.shape


@pytest.mark.parametrize(
    ("node", "output", "field"), FIELDS, ids=[f"{type(node).__name__}-{field}" for node, _, field in FIELDS]
)
def test_each_field_of_a_node_is_checked(node, output, field):
    """A value that passes does not stop the reference either."""
    for value in JUNK:
        try:
            graph = built(replace(node, **{field: value}), output)
        except GraphError:
            continue
        reference.run(graph, {"x": np.ones(IMAGE.shape, np.int8)})


@pytest.mark.parametrize("field", [field.name for field in fields(Tensor)])
def test_each_field_of_a_tensor_is_checked(field):
    for value in JUNK:
        for tensor in (IMAGE, KERNEL):
            with suppress(GraphError):
                replace(tensor, **{field: value})
