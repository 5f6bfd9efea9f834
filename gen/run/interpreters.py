"""References for the values of a network: the NumPy reference, and interpreters of vendors (extra `interpreters`)."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...hw.component import Parameters
from ..errors import UsageError
from ..importers.network import ImportedNetwork
from . import onnx_runtime

Values = dict[str, np.ndarray]
Reference = Callable[[Values], Values]
"""Function of the values of inputs: values of the graph's tensors by name. State persists from call to call."""
ReferenceMaker = Callable[[ImportedNetwork, bytes], Reference]
"""Function of a network and the bytes of its file. Raises :class:`.UsageError` if the interpreter rejects them."""

ARENA = 64 << 20
"""Bytes of the memory of TensorFlow Lite Micro in addition to the tensors, which are all kept."""
REJECTIONS = (RuntimeError, ValueError)
"""Errors of interpreters for networks that they do not support."""


def numpy(network: ImportedNetwork, data: bytes) -> Reference:
    """NumPy reference of `sim.network.reference`."""
    return network.session().run


def tflm(network: ImportedNetwork, data: bytes) -> Reference:
    """TensorFlow Lite Micro (package tflite-micro)."""
    _check_kind("tflm", network)
    from tflite_micro.python.tflite_micro import runtime  # pyright: ignore[reportMissingImports]

    keep = runtime.InterpreterConfig.kPreserveAllTensors
    arena = ARENA + sum(tensor.size * tensor.dtype.itemsize for tensor in network.graph.tensors.values())
    try:
        machine = runtime.Interpreter.from_bytes(data, intrepreter_config=keep, arena_size=arena)  # its spelling
    except REJECTIONS as error:
        raise _rejected("tflm", network, error) from None

    def run(inputs):
        for position, name in enumerate(network.graph.inputs):
            machine.set_input(inputs[name], position)
        machine.invoke()
        return _named(network, lambda index: machine.GetTensor(index, 0)["tensor_data"])

    return run


def xnnpack(network: ImportedNetwork, data: bytes) -> Reference:
    """XNNPACK, the default of LiteRT (package ai-edge-litert)."""
    _check_kind("xnnpack", network)
    from ai_edge_litert.interpreter import Interpreter  # pyright: ignore[reportMissingImports]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # memory that kept tensors need
            machine = Interpreter(model_content=data, experimental_preserve_all_tensors=True)
        machine.allocate_tensors()
    except REJECTIONS as error:
        raise _rejected("xnnpack", network, error) from None
    places = [each["index"] for each in machine.get_input_details()]

    def run(inputs):
        for place, name in zip(places, network.graph.inputs, strict=True):
            machine.set_tensor(place, inputs[name])
        machine.invoke()
        return _named(network, machine.get_tensor)

    return run


def _check_kind(reference: str, network: ImportedNetwork):
    """Raise :class:`.UsageError` unless a network is that of a TFLite file, whose tensors have indices."""
    if not all(isinstance(index, int) for index in network.tensors):
        raise UsageError(f"--reference {reference}: {network.name} is not a TFLite file.")


def _rejected(reference: str, network: ImportedNetwork, error: Exception) -> UsageError:
    reason = (str(error).splitlines() or ["no reason"])[0].rstrip(".")
    return UsageError(f"--reference {reference}: the interpreter rejects {network.name}: {reason}.")


def _named(network: ImportedNetwork, read: Callable[[int], np.ndarray]) -> Values:
    """Values of all results and states of the graph from a function that reads a tensor of the file by index."""
    graph = network.graph
    made = {node.output for node in graph.nodes} | {state.tensor for state in graph.states}
    return {
        name: np.array(read(index)).astype(graph[name].dtype).reshape(graph[name].shape)
        for index, name in network.tensors.items()
        if name in made and isinstance(index, int)
    }


def ort(network: ImportedNetwork, data: bytes) -> Reference:
    """ONNX Runtime (package onnxruntime)."""
    if any(isinstance(index, int) for index in network.tensors):
        raise UsageError(f"--reference ort: {network.name} is not an ONNX file.")
    return onnx_runtime.reference(network, data)


REFERENCES: dict[str, ReferenceMaker | None] = {
    "numpy": numpy,
    "tflm": tflm,
    "xnnpack": xnnpack,
    "ort": ort,
    "none": None,
}
ROUNDINGS = {"tflm": "gemmlowp", "xnnpack": "float32", "ort": "float32"}
"""Rounding of each interpreter's convolutions; see `importers.load`."""


def find(name: str) -> ReferenceMaker | None:
    """Look up a reference by name. Raises :class:`.UsageError`."""
    if name not in REFERENCES:
        raise UsageError(f"--reference {name}: it must be {', '.join([*REFERENCES][:-1])} or {[*REFERENCES][-1]}.")
    return REFERENCES[name]


def settings(machine: type[Parameters], source: str | Path, reference: str = "numpy") -> dict[str, str]:
    """Parameters of a machine for a file: the rounding of the reference, or of the kind of the file."""
    rounding = ROUNDINGS.get(reference) or ("float32" if is_onnx(source) else None)
    return {"rounding": rounding} if rounding and "rounding" in machine.model_fields else {}


def rounding(source: str | Path, reference: str, parameters: Parameters) -> str | None:
    """Rounding with which a file is imported: the interpreter's, for other references that of the machine.

    None for ONNX files, which have one rounding.
    """
    if is_onnx(source):
        return None
    machine = "float32" if getattr(parameters, "rounding", "") == "float32" else "gemmlowp"
    return ROUNDINGS.get(reference, machine)


def is_onnx(source: str | Path) -> bool:
    """Whether a file is an ONNX file, by its suffix."""
    return Path(source).suffix == ".onnx"
