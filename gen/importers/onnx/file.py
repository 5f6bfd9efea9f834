"""Contents of an ONNX file as plain records, decoded by the package `onnx`."""

from dataclasses import dataclass, field
from importlib import import_module
from math import prod
from typing import Any

import numpy as np

from ...errors import UsageError
from ..faults import LARGEST, printable

FIRST_BYTE = b"\x08"
"""Tag of the first field of a model, its version."""
DAMAGED = (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, NotImplementedError)
"""Errors that the decoder raises for the contents of a damaged file."""
DOMAINS = ("", "ai.onnx", "com.microsoft")
"""Domains whose operators need no prefix."""


@dataclass(frozen=True)
class InputRecord:
    """Input or output of a network; sizes are None where the file has no number, or a name."""

    name: str
    type: str
    shape: tuple[int | str | None, ...] | None


@dataclass(frozen=True)
class NodeRecord:
    """Operator of a file; inputs and outputs are names of tensors, "" for an optional one that is absent."""

    index: int
    type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelRecord:
    """Network of a file: `constants` includes the results of Constant; `shapes` are declared shapes without names."""

    opset: int
    nodes: tuple[NodeRecord, ...]
    constants: dict[str, np.ndarray]
    inputs: tuple[InputRecord, ...]
    outputs: tuple[InputRecord, ...]
    shapes: dict[str, InputRecord]


def decode(data: bytes, name: str) -> ModelRecord:
    """Network of a file. Raises :class:`.UsageError`."""
    library: Any = import_module("onnx")
    import_module("onnx.numpy_helper")
    damaged = UsageError(f"{name} is damaged: it cannot be decoded as an ONNX file.")
    model = library.ModelProto()
    try:
        model.ParseFromString(data)
        record = _Decoder(library).model(model)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
    except (import_module("google.protobuf.message").DecodeError, *DAMAGED):
        raise damaged from None
    if not record.opset or not record.outputs:
        raise UsageError(f"{name} is damaged: it has no {'output' if record.opset else 'version of its operators'}.")
    return record


class _Decoder:
    """Reader of a model."""

    def __init__(self, library):
        self.library = library
        self.types = {value: key.lower() for key, value in library.TensorProto.DataType.items()}

    def model(self, model) -> ModelRecord:
        graph = model.graph
        constants = {printable(each.name): self._array(each) for each in graph.initializer}
        if graph.sparse_initializer:
            raise UsageError("it has sparse initialisers, which are not supported.")
        nodes = []
        for index, node in enumerate(graph.node):
            record = self._node(index, node)
            if record.type == "Constant" and isinstance(value := _constant(record.attributes), np.ndarray):
                constants[record.outputs[0]] = value
            else:
                nodes.append(record)
        declared = (*graph.value_info, *graph.input, *graph.output)
        return ModelRecord(
            max((each.version for each in model.opset_import if each.domain in DOMAINS[:2]), default=0),
            tuple(nodes),
            constants,
            tuple(record for each in graph.input if (record := self._input(each)).name not in constants),
            tuple(self._input(each) for each in graph.output),
            {record.name: record for record in map(self._input, declared)},
        )

    def _node(self, index: int, node) -> NodeRecord:
        type = node.op_type if node.domain in DOMAINS else f"{node.domain}.{node.op_type}"
        inputs, outputs = (tuple(map(printable, names)) for names in (node.input, node.output))
        attributes = {each.name: self._attribute(each) for each in node.attribute}
        return NodeRecord(index, printable(type) or "without a type", inputs, outputs, attributes)

    def _attribute(self, attribute) -> Any:
        """Value of an attribute; None for graphs and types."""
        kinds = self.library.AttributeProto
        simple = {kinds.FLOAT: "f", kinds.INT: "i", kinds.STRING: "s"}
        several = {kinds.FLOATS: "floats", kinds.INTS: "ints", kinds.STRINGS: "strings"}
        if attribute.type in simple:
            value = getattr(attribute, simple[attribute.type])
            return value.decode(errors="replace") if isinstance(value, bytes) else value
        if attribute.type in several:
            return list(getattr(attribute, several[attribute.type]))
        return self._array(attribute.t) if attribute.type == kinds.TENSOR else None

    def _array(self, tensor) -> np.ndarray:
        name, shape = printable(tensor.name), tuple(tensor.dims)
        if tensor.data_location == self.library.TensorProto.EXTERNAL:
            raise UsageError(f"tensor {name} is in another file, which is not supported: save the network in one file.")
        if min(shape, default=0) < 0 or prod(shape) > LARGEST:
            raise UsageError(f"tensor {name} has shape {shape}: it must have at most {LARGEST:,} elements.")
        array = self.library.numpy_helper.to_array(tensor)
        if array.shape != shape:
            raise ValueError("another shape")
        return array

    def _input(self, value) -> InputRecord:
        kind = value.type.tensor_type
        shape = None
        if kind.HasField("shape"):
            shape = tuple(
                each.dim_value if each.HasField("dim_value") else printable(each.dim_param) or None
                for each in kind.shape.dim
            )
        return InputRecord(printable(value.name), self.types.get(kind.elem_type, "undefined"), shape)


def _constant(attributes: dict[str, Any]) -> np.ndarray | None:
    """Value of a Constant."""
    types = {"value_int": np.int64, "value_ints": np.int64, "value_float": np.float32, "value_floats": np.float32}
    for name, value in attributes.items():
        if name == "value" and isinstance(value, np.ndarray):
            return value
        if name in types:
            return np.array(value, types[name])
    return None
