"""Comparison of a whole network with TensorFlow Lite Micro's interpreter, operator by operator."""

import numpy as np
import pytest

from systola.gen.importers import read

runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")


def compare(data: bytes, runs: list[list[np.ndarray]], arena: int = 4 << 20) -> tuple[int, dict[str, int]]:
    """Number of values compared, and of wrong ones by tensor, for runs one after another.

    Compared are all tensors that nodes produce and all states; a run has an array for each input.
    """
    network = read(data)
    session, graph, wrong, count = network.session(), network.graph, {}, 0
    keep = runtime.InterpreterConfig.kPreserveAllTensors
    machine = runtime.Interpreter.from_bytes(data, intrepreter_config=keep, arena_size=arena)  # its spelling
    made = {node.output for node in graph.nodes} | {state.tensor for state in graph.states}
    for values in runs:
        found = session.run(dict(zip(graph.inputs, values, strict=True)))
        for position, value in enumerate(values):
            machine.set_input(value, position)
        machine.invoke()
        for index, name in network.tensors.items():
            if name in made:
                expected = np.array(machine.GetTensor(index, 0)["tensor_data"]).reshape(found[name].shape)
                count += expected.size
                if misses := np.count_nonzero(expected.astype(found[name].dtype) != found[name]):
                    wrong[name] = wrong.get(name, 0) + misses
    return count, wrong


def random_runs(data: bytes, count: int, seed: int = 1) -> list[list[np.ndarray]]:
    """Random inputs of a network."""
    graph, rng = read(data).graph, np.random.default_rng(seed)
    inputs = [graph[name] for name in graph.inputs]
    return [
        [rng.integers(*tensor.limits, tensor.shape, tensor.dtype, endpoint=True) for tensor in inputs]
        for _ in range(count)
    ]
