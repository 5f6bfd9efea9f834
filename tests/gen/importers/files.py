"""TFLite files of the tests, written with the schema of the package `tflite`."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pytest

from systola.gen.importers.tflite.options import OPTIONS

flatbuffers, tflite = pytest.importorskip("flatbuffers"), pytest.importorskip("tflite")


@dataclass(frozen=True)
class T:
    """Tensor of a file; `data` makes it a constant."""

    shape: tuple
    data: np.ndarray | None = None
    scale: float | tuple | None = 0.05
    zero: int = 0
    type: str = "INT8"
    axis: int = 0
    signature: tuple = ()
    name: str | None = None


@dataclass(frozen=True)
class Op:
    """Operator of a file; inputs and outputs are names of tensors, None for an absent one."""

    type: str
    inputs: tuple
    outputs: tuple
    options: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    tensors: dict
    operators: list
    inputs: tuple = ("x",)
    outputs: tuple = ("y",)


def numbers(seed: str, shape, low=-128, high=127, dtype=np.int8) -> np.ndarray:
    """Numbers that are the same with every version of NumPy."""
    count = int(np.prod(shape, dtype=int))
    words = np.frombuffer(hashlib.shake_128(seed.encode()).digest(4 * count), "<u4").astype(np.int64)
    return (low + words % (high - low + 1)).astype(dtype).reshape(shape)


def constant(values, type="INT32", **fields) -> T:
    """Constant without scale, such as axes."""
    data = np.asarray(values, type.lower())
    return T(data.shape, data, fields.pop("scale", None), type=type, **fields)


def file(*graphs: Graph, deprecated=False, version=3, identifier=b"TFL3") -> bytes:
    """Bytes of a file whose subgraphs are `graphs`; `deprecated`: codes below 127 are in the old field only."""
    writer = _Writer(deprecated)
    subgraphs = [writer.subgraph(graph) for graph in graphs]
    return writer.finish(subgraphs, version, identifier)


class _Writer:
    def __init__(self, deprecated: bool):
        self.b, self.deprecated, self.codes = flatbuffers.Builder(1024), deprecated, []
        self.buffers = [self._table("Buffer")]

    def finish(self, subgraphs, version, identifier) -> bytes:
        codes = []
        for type in self.codes:
            custom = self.b.CreateString(type.removeprefix("CUSTOM ")) if type.startswith("CUSTOM") else None
            code = getattr(tflite.BuiltinOperator, "CUSTOM" if custom else type)
            fields = {"DeprecatedBuiltinCode": min(code, 127), "CustomCode": custom, "Version": 1}
            codes.append(
                self._table("OperatorCode", BuiltinCode=0 if self.deprecated and code < 127 else code, **fields)
            )
        model = self._table(
            "Model",
            Version=version,
            OperatorCodes=self._offsets("Model", "OperatorCodes", codes),
            Subgraphs=self._offsets("Model", "Subgraphs", subgraphs),
            Buffers=self._offsets("Model", "Buffers", self.buffers),
        )
        self.b.Finish(model, identifier)
        return bytes(self.b.Output())

    def subgraph(self, graph: Graph):
        index = {name: position for position, name in enumerate(graph.tensors)} | {None: -1}
        tensors = [self._tensor(name, tensor) for name, tensor in graph.tensors.items()]
        operators = [self._operator(op, index) for op in graph.operators]
        ends = {
            what: self._ints([index[name] for name in getattr(graph, what.lower())]) for what in ("Inputs", "Outputs")
        }
        fields = {"Tensors": tensors, "Operators": operators}
        vectors = {name: self._offsets("SubGraph", name, found) for name, found in fields.items()}
        return self._table("SubGraph", **vectors, **ends)

    def _tensor(self, name: str, tensor: T):
        scales = np.atleast_1d(np.float32([] if tensor.scale is None else tensor.scale))
        quantisation = self._table(
            "QuantizationParameters",
            Scale=self.b.CreateNumpyVector(scales),
            ZeroPoint=self.b.CreateNumpyVector(np.full(scales.size, tensor.zero, np.int64)),
            QuantizedDimension=tensor.axis,
        )
        buffer = 0
        if tensor.data is not None:
            data = self.b.CreateNumpyVector(np.frombuffer(tensor.data.tobytes(), np.uint8))
            buffer = len(self.buffers)
            self.buffers.append(self._table("Buffer", Data=data))
        label = name if tensor.name is None else tensor.name
        return self._table(
            "Tensor",
            Shape=self._ints(tensor.shape),
            ShapeSignature=self._ints(tensor.signature) if tensor.signature else None,
            Type=getattr(tflite.TensorType, tensor.type),
            Buffer=buffer,
            Name=self.b.CreateString(label) if label else None,
            Quantization=None if tensor.scale is None else quantisation,
        )

    def _operator(self, op: Op, index: dict):
        if op.type not in self.codes:
            self.codes.append(op.type)
        fields = {"OpcodeIndex": self.codes.index(op.type)}
        fields |= {"Inputs": self._ints([index[name] for name in op.inputs])}
        fields |= {"Outputs": self._ints([index[name] for name in op.outputs])}
        if op.options:
            name = op.options.get("table", OPTIONS.get(op.type, (None,))[0])
            values = {
                key: self.b.CreateString(value) if isinstance(value, str) else value
                for key, value in op.options.items()
                if key != "table"
            }
            fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, name)
            fields["BuiltinOptions"] = self._table(name, **values)
        return self._table("Operator", **fields)

    def _ints(self, values):
        return self.b.CreateNumpyVector(np.asarray(values, np.int32))

    def _offsets(self, table: str, field: str, offsets):
        getattr(tflite, f"{table}Start{field}Vector")(self.b, len(offsets))
        for offset in reversed(offsets):
            self.b.PrependUOffsetTRelative(offset)
        return self.b.EndVector()

    def _table(self, name: str, **fields):
        getattr(tflite, f"{name}Start")(self.b)
        for field_name, value in fields.items():
            if value is not None:
                getattr(tflite, f"{name}Add{field_name}")(self.b, value)
        return getattr(tflite, f"{name}End")(self.b)
