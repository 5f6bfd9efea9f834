"""Graphs with state: runs one after another."""

import numpy as np
import pytest

from systola.sim.network.arithmetic import Exact
from systola.sim.network.graph import Addition, Concatenation, Graph, GraphError, Slice, State, Tensor
from systola.sim.network.session import Session


def tensor(name, *shape):
    return Tensor(name, shape, "int32")


def values(*numbers):
    return np.array(numbers, np.int32)


def delay(*, initial=(7, 8), next="rest", **changes):
    """Sum of each input with that of two runs before."""
    tensors = [
        tensor("x", 1),
        tensor("old", 2),
        tensor("both", 3),
        tensor("rest", 2),
        tensor("last", 1),
        tensor("y", 1),
    ]
    nodes = [
        Concatenation("join", ("old", "x"), "both", axis=0),
        Slice("shift", "both", "rest", begin=(1,), size=(2,)),
        Slice("first", "both", "last", begin=(0,), size=(1,)),
        Addition("add", ("x", "last"), "y", Exact()),
    ]
    return Graph(tensors, nodes, ["x"], ["y"], [State("old", next, values(*initial))], **changes)


def test_a_state_survives_a_run():
    session = Session(delay())
    assert [session.run({"x": values(n)})["y"].item() for n in (1, 2, 3, 4)] == [8, 10, 4, 6]
    session.reset()
    assert session.run({"x": values(1)})["y"].item() == 8


def test_a_run_that_fails_changes_no_state():
    session = Session(delay())
    session.run({"x": values(1)})
    before = session.states
    with pytest.raises(GraphError, match="input x is missing"):
        session.run({})
    assert session.states is before


def test_lifetimes():
    lives = delay().lifetimes
    assert (lives["old"], lives["rest"]) == ((-1, 0), (1, 4))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"next": "both"}, r"state old has shape \(2,\), and both has \(3,\)"),
        ({"next": "none"}, "tensor none is not in the graph"),
        ({"initial": (1, 2, 3)}, r"tensor old: initial value must have shape \(2,\), not \(3,\)"),
    ],
)
def test_illegal_states(changes, sentence):
    with pytest.raises(GraphError, match=sentence):
        delay(**changes)


def test_a_state_has_no_other_source():
    x, y = tensor("x", 1), tensor("y", 1)
    node = Addition("add", ("x", "x"), "y", Exact())
    for state, inputs, sentence in (
        (State("x", "y", values(0)), ["x"], "state x is an input"),
        (State("y", "y", values(0)), ["x"], "node add: its output y is a state"),
    ):
        with pytest.raises(GraphError, match=sentence):
            Graph([x, y], [node], inputs, ["y"], [state])
    with pytest.raises(GraphError, match="state x is given twice"):
        Graph([x, y], [node], [], ["y"], [State("x", "y", values(0))] * 2)
