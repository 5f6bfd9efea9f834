"""Contents of a TFLite file as plain records, decoded by the packages `tflite` and `flatbuffers`."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from ...errors import UsageError
from ..faults import printable
from .options import OPTIONS

IDENTIFIER, VERSION = b"TFL3", 3
DAMAGED = (struct.error, IndexError, KeyError, ValueError, TypeError, OverflowError, AttributeError)
"""Errors that the decoder raises for a damaged file."""


@dataclass(frozen=True)
class TensorRecord:
    """Tensor of a file; `type` is the name in the schema, `signature` the shape with -1 for unknown sizes."""

    index: int
    name: str
    type: str
    shape: tuple[int, ...]
    signature: tuple[int, ...] = ()
    data: bytes | None = field(default=None, repr=False)
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int = 0
    sparse: bool = False

    @property
    def zero_point(self) -> int:
        return self.zero_points[0] if self.zero_points else 0


@dataclass(frozen=True)
class OperatorRecord:
    """Operator of a file; inputs and outputs are indices of tensors, -1 for an optional one that is absent."""

    index: int
    type: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any]


@dataclass(frozen=True)
class SubgraphRecord:
    tensors: tuple[TensorRecord, ...]
    operators: tuple[OperatorRecord, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def decode(data: bytes, name: str) -> tuple[SubgraphRecord, ...]:
    """Subgraphs of a file; the first is the network. Raises :class:`.UsageError`."""
    if data[4:8] != IDENTIFIER:
        raise UsageError(f"{name} is not a TFLite file: bytes 4 to 7 must be {IDENTIFIER.decode()}.")
    schema: Any = import_module("tflite")
    try:
        model = schema.Model.GetRootAs(data, 0)
        if model.Version() != VERSION:
            raise UsageError(f"{name}: schema version {model.Version()} is not supported: it must be {VERSION}.")
        subgraphs = _Decoder(schema, data, model).subgraphs()
    except DAMAGED:
        raise UsageError(f"{name} is damaged: it cannot be decoded as a TFLite file.") from None
    if not subgraphs:
        raise UsageError(f"{name} is damaged: it has no subgraph.")
    return subgraphs


class _Decoder:
    """Reader of a model; every count is limited by the size of the file, because the decoder does not check it."""

    def __init__(self, schema, data: bytes, model):
        self.schema, self.data, self.model = schema, data, model
        self.types = _names(schema.TensorType)
        self.codes = self._each(model.OperatorCodesLength, lambda i: self._code(model.OperatorCodes(i)))

    def subgraphs(self) -> tuple[SubgraphRecord, ...]:
        return self._each(self.model.SubgraphsLength, lambda i: self._subgraph(self.model.Subgraphs(i)))

    def _each(self, length: Callable[[], int], read: Callable[[int], Any]) -> tuple:
        count = length()
        if count > len(self.data):
            raise ValueError("more elements than bytes")
        return tuple(read(i) for i in range(count))

    def _code(self, code) -> str:
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        name = _names(self.schema.BuiltinOperator).get(number, f"operator code {number}")
        return f"CUSTOM {_text(code.CustomCode())}" if name == "CUSTOM" else name

    def _subgraph(self, graph) -> SubgraphRecord:
        tensors = self._each(graph.TensorsLength, lambda i: self._tensor(i, graph.Tensors(i)))
        operators = self._each(graph.OperatorsLength, lambda i: self._operator(i, graph.Operators(i)))
        inputs, outputs = _integers(graph.InputsAsNumpy()), _integers(graph.OutputsAsNumpy())
        used = (*inputs, *outputs, *(n for op in operators for n in (*op.inputs, *op.outputs) if n != -1))
        if any(not 0 <= index < len(tensors) for index in used):
            raise IndexError("no such tensor")
        return SubgraphRecord(tensors, operators, inputs, outputs)

    def _tensor(self, index: int, tensor) -> TensorRecord:
        fields, quantisation = {}, tensor.Quantization()
        if quantisation is not None:
            fields = {
                "scales": tuple(map(float, _values(quantisation.ScaleAsNumpy()))),
                "zero_points": _integers(quantisation.ZeroPointAsNumpy()),
                "axis": quantisation.QuantizedDimension(),
            }
        return TensorRecord(
            index,
            _text(tensor.Name()) or f"tensor_{index}",
            self.types.get(tensor.Type(), f"type {tensor.Type()}"),
            _integers(tensor.ShapeAsNumpy()),
            _integers(tensor.ShapeSignatureAsNumpy()),
            self._contents(tensor.Buffer()),
            sparse=tensor.Sparsity() is not None,
            **fields,
        )

    def _contents(self, index: int) -> bytes | None:
        """Bytes of a buffer, within the tables or after them; None if it is empty."""
        if not index < self.model.BuffersLength():
            raise IndexError("no such buffer")
        buffer = self.model.Buffers(index)
        if buffer.Offset() > 1:
            contents = self.data[buffer.Offset() : buffer.Offset() + buffer.Size()]
            if len(contents) != buffer.Size():
                raise IndexError("a buffer ends outside the file")
            return contents
        return _values(buffer.DataAsNumpy()).tobytes() or None

    def _operator(self, index: int, operator) -> OperatorRecord:
        type = self.codes[operator.OpcodeIndex()]
        inputs, outputs = _integers(operator.InputsAsNumpy()), _integers(operator.OutputsAsNumpy())
        return OperatorRecord(index, type, inputs, outputs, self._options(type, operator))

    def _options(self, type: str, operator) -> dict[str, Any]:
        """Options of an operator by their names in the schema; empty if the operator has none."""
        name, fields = OPTIONS.get(type, (None, ()))
        kind = operator.BuiltinOptionsType()
        if name is None or kind == self.schema.BuiltinOptions.NONE:
            return {}
        if kind != getattr(self.schema.BuiltinOptions, name):
            raise TypeError("options of another operator")
        options, table = getattr(self.schema, name)(), operator.BuiltinOptions()
        options.Init(table.Bytes, table.Pos)
        return {field: getattr(options, field)() for field in fields}


def _names(enumeration) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


def _values(found) -> np.ndarray:
    """Vector of a file; for an absent vector, which the decoder returns as 0, an empty one."""
    return found if isinstance(found, np.ndarray) else np.zeros(0, np.uint8)


def _integers(found) -> tuple[int, ...]:
    return tuple(_values(found).tolist())


def _text(name: bytes | None) -> str:
    """Name in a file as one printable line."""
    return printable((name or b"").decode("utf-8", errors="replace"))
