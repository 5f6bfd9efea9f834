"""References of a network's values: the NumPy reference, and the interpreters of vendors (extra `interpreters`)."""

from collections.abc import Callable

import numpy as np

from ..errors import UsageError
from ..importers.network import ImportedNetwork

Values = dict[str, np.ndarray]
Reference = Callable[[Values], Values]
"""One run of a network: values of tensors of the graph by name, from those of its inputs; state persists."""

ARENA = 64 << 20
"""Bytes of TensorFlow Lite Micro's arena, which holds all tensors at the same time."""


def numpy(network: ImportedNetwork, data: bytes) -> Reference:
    """The project's own reference."""
    return network.session().run


def tflm(network: ImportedNetwork, data: bytes) -> Reference:
    """TensorFlow Lite Micro (package tflite-micro)."""
    from tflite_micro.python.tflite_micro import runtime

    keep = runtime.InterpreterConfig.kPreserveAllTensors
    machine = runtime.Interpreter.from_bytes(data, intrepreter_config=keep, arena_size=ARENA)  # its spelling

    def run(inputs):
        for position, name in enumerate(network.graph.inputs):
            machine.set_input(inputs[name], position)
        machine.invoke()
        return _named(network, lambda index: machine.GetTensor(index, 0)["tensor_data"])

    return run


def xnnpack(network: ImportedNetwork, data: bytes) -> Reference:
    """XNNPACK, the default of LiteRT (package ai-edge-litert)."""
    from ai_edge_litert.interpreter import Interpreter

    machine = Interpreter(model_content=data, experimental_preserve_all_tensors=True)
    machine.allocate_tensors()
    places = [each["index"] for each in machine.get_input_details()]

    def run(inputs):
        for place, name in zip(places, network.graph.inputs, strict=True):
            machine.set_tensor(place, inputs[name])
        machine.invoke()
        return _named(network, machine.get_tensor)

    return run


def _named(network: ImportedNetwork, read: Callable[[int], np.ndarray]) -> Values:
    """Values of all results and states of the graph from a function that reads a tensor of the file by index."""
    graph = network.graph
    made = {node.output for node in graph.nodes} | {state.tensor for state in graph.states}
    return {
        name: np.array(read(index)).astype(graph[name].dtype).reshape(graph[name].shape)
        for index, name in network.tensors.items()
        if name in made
    }


REFERENCES: dict[str, Callable[[ImportedNetwork, bytes], Reference] | None] = {
    "numpy": numpy,
    "tflm": tflm,
    "xnnpack": xnnpack,
    "none": None,
}
ROUNDINGS = {"tflm": "gemmlowp", "xnnpack": "float32"}
"""Rounding of each interpreter's convolutions; see `importers.load`."""


def find(name: str) -> Callable[[ImportedNetwork, bytes], Reference] | None:
    """Look up a reference by name. Raises :class:`.UsageError`."""
    if name not in REFERENCES:
        raise UsageError(f"--reference {name}: it must be {', '.join([*REFERENCES][:-1])} or {[*REFERENCES][-1]}.")
    return REFERENCES[name]
