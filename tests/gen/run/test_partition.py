"""Partition of networks: groups in order, inputs and outputs of parts, and random graphs equal to the reference."""

from types import SimpleNamespace

import numpy as np

from systola.gen.accelerators.registry import find
from systola.gen.importers import ImportedNetwork
from systola.gen.run.executors import GoldenExecutor
from systola.gen.run.model import Model
from systola.gen.run.partition import partition
from systola.sim.network import reference
from systola.sim.network.arithmetic import Tflite
from systola.sim.network.graph import Activation, Convolution, Graph, Pooling, Reshape, State, Tensor, Transpose

SHAPE = (1, 6, 6, 4)
ZERO = np.zeros(SHAPE, np.int8)
SYSTOLA = find("systola")
SMALL = SYSTOLA.preset("small")


def tensor(name):
    return Tensor(name, SHAPE, "int8")


def turn(name, source, output):
    """Node that only the host of `systola` executes."""
    return Transpose(name, (source,), output, axes=(0, 2, 1, 3))


def graph(nodes, outputs=("y",), inputs=("x",), states=(), constants=()):
    names = dict.fromkeys(
        name for node in nodes for name in (*node.inputs, node.output) if name not in {each.name for each in constants}
    )
    return Graph([*map(tensor, names), *constants], nodes, inputs, outputs, states)


def accelerator(*accepted):
    """Accelerator that accepts nodes by name."""
    return SimpleNamespace(rejects=lambda parameters, graph, node: None if node.name in accepted else "not accepted")


def described(parts):
    return [
        (part.accelerated, "".join(n.name for n in part.graph.nodes), part.graph.inputs, part.graph.outputs)
        for part in parts
    ]


CHAIN = graph([turn("a", "x", "p"), turn("b", "p", "q"), turn("c", "q", "r"), turn("d", "r", "y")])


def test_neighbours_of_one_kind_form_a_part():
    assert described(partition(accelerator("a", "c", "d"), SMALL, CHAIN)) == [
        (True, "a", ("x",), ("p",)),
        (False, "b", ("p",), ("q",)),
        (True, "cd", ("q",), ("y",)),
    ]
    assert described(partition(accelerator(), SMALL, CHAIN)) == [(False, "abcd", ("x",), ("y",))]
    assert described(partition(accelerator(*"abcd"), SMALL, CHAIN)) == [(True, "abcd", ("x",), ("y",))]


def test_branches_share_parts():
    branches = graph([turn("a", "x", "p"), turn("b", "p", "y"), turn("c", "x", "q"), turn("d", "q", "z")], ("y", "z"))
    assert described(partition(accelerator("a", "c"), SMALL, branches)) == [
        (True, "ac", ("x",), ("p", "q")),
        (False, "bd", ("p", "q"), ("y", "z")),
    ]


def test_reshapes_belong_to_either_kind():
    mixed = graph(
        [
            Reshape("a", ("x",), "p", to=SHAPE),
            turn("b", "p", "q"),
            Reshape("c", ("q",), "r", to=SHAPE),
            turn("d", "r", "s"),
            Reshape("e", ("s",), "y", to=SHAPE),
        ]
    )
    assert described(partition(accelerator("a", "b", "c", "e"), SMALL, mixed)) == [
        (True, "abc", ("x",), ("r",)),
        (False, "de", ("r",), ("y",)),
    ]
    first = graph([Reshape("a", ("x",), "p", to=SHAPE), turn("b", "p", "y")])
    assert described(partition(accelerator("a"), SMALL, first)) == [(False, "ab", ("x",), ("y",))]
    alone = graph([Reshape("a", ("x",), "y", to=SHAPE)])
    assert described(partition(accelerator("a"), SMALL, alone)) == [(False, "a", ("x",), ("y",))]


def test_kept_tensors_and_next_states_are_outputs():
    assert described(partition(accelerator(*"abcd"), SMALL, CHAIN, {"q", "nosuch"}))[0][3] == ("q", "y")
    state = graph([turn("a", "old", "new"), turn("b", "x", "y")], states=[State("old", "new", ZERO)])
    assert described(partition(accelerator("a", "b"), SMALL, state)) == [(True, "ab", ("old", "x"), ("new", "y"))]


def test_a_node_that_is_rejected_in_its_part_runs_on_the_host():
    def rejects(parameters, graph, node):
        if node.name in "ac" or (node.name == "b" and graph.producer("p")):
            return None
        return "its producer is not in its part"

    assert [part.accelerated for part in partition(SimpleNamespace(rejects=rejects), SMALL, CHAIN)] == [True, False]
    alone = SimpleNamespace(rejects=lambda p, g, node: "no" if node.name == "a" else rejects(p, g, node))
    assert described(partition(alone, SMALL, CHAIN))[:2] == [
        (False, "ab", ("x",), ("q",)),
        (True, "c", ("q",), ("r",)),
    ]


def pooled():
    table = np.arange(256, dtype=np.uint8)[::-1].view(np.int8).copy()
    return [
        Pooling("pool", ("x",), "p", Tflite(), window=(1, 1)),
        Activation("table", ("p",), "y", table=table),
    ]


def test_the_input_of_a_fused_table_is_not_kept():
    assert described(partition(SYSTOLA, SMALL, graph(pooled()), {"p", "y"})) == [(True, "pooltable", ("x",), ("y",))]
    both = graph(pooled(), ("p", "y"))
    assert described(partition(SYSTOLA, SMALL, both)) == [
        (True, "pool", ("x",), ("p",)),
        (False, "table", ("p",), ("y",)),
    ]


def node(kind, name, source, output, table):
    match kind:
        case "convolution":
            around = ((1, 1), (1, 1))
            return Convolution(name, (source, "w"), output, Tflite(1 << 30, -7), stride=(1, 1), padding=around)
        case "pooling":
            return Pooling(name, (source,), output, Tflite(), window=(1, 1))
        case "table":
            return Activation(name, (source,), output, table=table)
        case "reshape":
            return Reshape(name, (source,), output, to=SHAPE)
    return turn(name, source, output)


KINDS = ("convolution", "pooling", "table", "reshape", "transposition")


def drawn(seed):
    """Random graph with branches and a state; None if it does not read both the input and the state."""
    random = np.random.default_rng(seed)
    w = Tensor("w", (3, 3, 4, 4), "int8", random.integers(-128, 128, (3, 3, 4, 4), np.int8))
    table = random.integers(-128, 128, 256, np.int8)
    nodes, names = [], ["x", "old"]
    for n in range(random.integers(3, 10)):
        nodes.append(node(str(random.choice(KINDS)), f"n{n}", str(random.choice(names)), f"t{n}", table))
        names.append(f"t{n}")
    if not {"x", "old"} <= {name for node in nodes for name in node.inputs}:
        return None
    outputs = sorted({names[-1], str(random.choice(names[2:]))})
    return graph(nodes, outputs, states=[State("old", str(random.choice(names[2:])), ZERO)], constants=[w])


def test_random_graphs_match_the_reference():
    graphs = [found for seed in range(30) if (found := drawn(seed))][:8]
    changes = 0
    for seed, each in enumerate(graphs):
        network = ImportedNetwork("drawn", each, (), dict(enumerate(each.tensors)))
        model = Model(network, GoldenExecutor(SYSTOLA, SMALL), keep=bool(seed % 2))
        changes += len(model.steps) - 1
        given = {"x": np.random.default_rng(seed).integers(-128, 128, SHAPE, np.int8)}
        expected = reference.run(each, given)
        found = model.run(given, measure=False).values
        for name in found:
            np.testing.assert_array_equal(found[name], expected[name])
        assert {*each.outputs} <= {*found}
        (state,) = each.states
        np.testing.assert_array_equal(model.states["old"], expected[state.next])
    assert changes >= len(graphs) == 8
