"""Models: predictions equal to the reference, batches, states, and runs that fail."""

import numpy as np
import pytest

import systola.gen
from systola.gen.accelerators.registry import find
from systola.gen.errors import UsageError
from systola.gen.importers import ImportedNetwork, read
from systola.gen.run.execute import ExecutionError
from systola.gen.run.executors import GoldenExecutor, VerilogExecutor, executor
from systola.gen.run.model import Model
from systola.sim.network.graph import Graph, State, Tensor, Transpose

from ..importers.cases import CASES
from ..importers.files import file
from .networks import imported, inputs, two_inputs

SYSTOLA = find("systola")
SMALL = SYSTOLA.preset("small")


def model_of(network, **options):
    return Model(network, GoldenExecutor(SYSTOLA, SMALL), **options)


@pytest.fixture
def stream():
    return imported("stream")


def test_predictions_are_those_of_the_reference():
    network = imported("residual")
    (x,) = inputs("residual", network).values()
    expected = network.session().run({"x": x})[network.graph.outputs[0]]
    model = model_of(network, keep=True)
    np.testing.assert_array_equal(model.predict(x), expected)
    np.testing.assert_array_equal(model.predict({"x": x}), expected)
    every = model.run({"x": x}).values
    assert {*network.tensors.values()} <= {*every}
    for name, value in network.session().run({"x": x}).items():
        if name in every:
            np.testing.assert_array_equal(every[name], value)


def test_a_first_axis_is_a_batch():
    network = imported("residual")
    images = np.random.default_rng(1).integers(-128, 128, (5, 6, 5, 6), np.int8)
    found = model_of(network).predict(images)
    expected = [network.session().run({"x": image[None]})[network.graph.outputs[0]] for image in images]
    np.testing.assert_array_equal(found, np.concatenate(expected))


def test_several_inputs_and_outputs():
    network = read(file(*two_inputs()), "two")
    a, b = np.random.default_rng(1).integers(-128, 128, (2, 3, 8), np.int8)
    found = model_of(network).predict({"a": a, "b": b})
    assert {name: value.shape for name, value in found.items()} == {"y": (3, 5), "z": (3, 16)}
    np.testing.assert_array_equal(found["z"], np.concatenate([a, b], axis=1))
    with pytest.raises(UsageError, match=r"^inputs a: the inputs of two are a, b\.$"):
        model_of(network).predict(a)
    with pytest.raises(UsageError, match=r"^two: tensor a: input must have shape \(1, 8\), not \(3, 8\)\.$"):
        model_of(network).predict({"a": a, "b": b[:2]})


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.zeros((6, 5, 6), np.int8), "input must have shape (1, 6, 5, 6), not (6, 5, 6)."),
        (np.zeros((0, 6, 5, 6), np.int8), "input must have shape (1, 6, 5, 6), not (0, 6, 5, 6)."),
        (np.zeros((1, 6, 5, 6)), "input must be an array of int8, not float64."),
        (3, "input must be an array of int8, not int64."),
    ],
)
def test_wrong_inputs_are_one_sentence(x, sentence):
    with pytest.raises(UsageError) as caught:
        model_of(imported("residual")).predict(x)
    assert str(caught.value) == f"residual: tensor x: {sentence}"


def test_states_persist_until_a_reset(stream):
    model, session = model_of(stream), stream.session()
    steps = [inputs("stream", stream, step) for step in range(4)]
    first = [model.predict(step) for step in steps]
    for found, step in zip(first, steps, strict=True):
        expected = session.run(step)
        for name in stream.graph.outputs:
            np.testing.assert_array_equal(found[name], expected[name])
    assert any((first[0][name] != model.predict(steps[0])[name]).any() for name in stream.graph.outputs)
    model.reset()
    for name, value in model.predict(steps[0]).items():
        np.testing.assert_array_equal(value, first[0][name])


def test_a_run_that_fails_changes_no_state(stream):
    class Failing(GoldenExecutor):
        fails = False

        def execute(self, job, inputs, **options):
            if self.fails:
                raise ExecutionError("it stopped.")
            return super().execute(job, inputs, **options)

    machine = Failing(SYSTOLA, SMALL)
    model, session = Model(stream, machine), stream.session()
    steps = [inputs("stream", stream, step) for step in range(2)]
    model.run(steps[0])
    session.run(steps[0])
    machine.fails = True
    with pytest.raises(ExecutionError):
        model.run(steps[1])
    for name, value in session.states.items():
        np.testing.assert_array_equal(model.states[name], value)
    machine.fails = False
    found, expected = model.run(steps[1]).values, session.run(steps[1])
    for name in stream.graph.outputs:
        np.testing.assert_array_equal(found[name], expected[name])


def test_states_are_copies():
    """Neither the arrays that a caller passes in nor those that it receives are those of the state."""
    shape = (1, 2, 2, 1)
    tensors = [Tensor(name, shape, "int8") for name in ("x", "old", "y")]
    graph = Graph(
        tensors,
        [Transpose("turn", ("old",), "y", axes=(0, 2, 1, 3))],
        ["x"],
        ["x", "y"],
        [State("old", "x", np.zeros(shape, np.int8))],
    )
    model = model_of(ImportedNetwork("copy", graph, (), {}))
    x = np.arange(4, dtype=np.int8).reshape(shape)
    model.predict(x)["x"][:] = 7
    x[:] = 9
    np.testing.assert_array_equal(model.predict(x)["y"].ravel(), [0, 2, 1, 3])


def test_cycles_of_nodes_add_up_to_those_of_the_run():
    network = imported("residual")
    found = model_of(network).run(inputs("residual", network))
    assert len(found.executions) >= 1
    assert sum(found.node_cycles.values()) == found.cycles > 0


def test_predictions_need_no_cost_model():
    network = imported("residual")
    outer = find("outer_product")
    model = Model(network, GoldenExecutor(outer, outer.preset("small")))
    assert model.jobs == []
    x = inputs("residual", network)["x"]
    expected = network.session().run({"x": x})[network.graph.outputs[0]]
    np.testing.assert_array_equal(model.predict(x), expected)


def test_verilog_is_exact():
    """One simulation executes both programs of two runs, and a second one after `close`."""
    network = imported("residual")
    with Model(network, VerilogExecutor(SYSTOLA, SMALL)) as model:
        x = inputs("residual", network)
        predicted = model_of(network).run(x)
        for _ in range(2):
            found = model.run(x)
            for name in predicted.values:
                np.testing.assert_array_equal(found.values[name], predicted.values[name])
            assert sum(found.node_cycles.values()) == found.cycles
            model.close()


def test_an_execution_that_reaches_its_limit():
    model = Model(imported("residual"), VerilogExecutor(SYSTOLA, SMALL, limit=100))
    x = inputs("residual", model.network)
    with model, pytest.raises(ExecutionError, match="the limit of 100 cycles was reached"):
        model.run(x)


def test_load(tmp_path):
    path = tmp_path / "n.tflite"
    path.write_bytes(file(*CASES["residual"]))
    network = imported("residual")
    x = inputs("residual", network)["x"]
    expected = network.session().run({"x": x})[network.graph.outputs[0]]
    model = SYSTOLA.load(path, **SYSTOLA.presets["small"])
    assert model.parameters == SMALL
    np.testing.assert_array_equal(model.predict(x), expected)
    assert systola.gen.load(path, on="outer_product", depth=64).parameters.depth == 64
    with pytest.raises(UsageError, match=r"^cannot read nosuch: No such file or directory\.$"):
        systola.gen.load("nosuch")


def test_a_program_that_the_executor_rejects_is_one_sentence():
    class Full(GoldenExecutor):
        def check(self, job):
            raise UsageError("it is too large.")

    with pytest.raises(UsageError, match=r"^dense: it is too large\.$"):
        Model(imported("dense"), Full(SYSTOLA, SMALL))
    with pytest.raises(UsageError, match=r"^executor=fpga: executor must be verilog or model\.$"):
        executor("fpga", SYSTOLA, SMALL)
