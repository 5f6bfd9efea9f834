"""Conversion of a TFLite file to a graph, operator by operator."""

from collections.abc import Callable

import numpy as np

from ...errors import UsageError
from ..faults import sentence
from ..network import ImportedNetwork, Operand, Operator
from .arithmetic import ARITHMETIC
from .builder import FLOATS, Builder
from .file import OperatorRecord, SubgraphRecord, TensorRecord, decode
from .movement import MOVEMENT
from .products import PRODUCTS
from .unary import UNARY
from .variables import VARIABLES
from .windows import WINDOWS

CONVERTERS: dict[str, Callable[[Builder, OperatorRecord], str | None]] = {
    **PRODUCTS,
    **ARITHMETIC,
    **WINDOWS,
    **MOVEMENT,
    **UNARY,
    **VARIABLES,
}
"""Conversion of each type of operator. A function returns None, or why the operator has no work at run time."""
ROUNDINGS = ("gemmlowp", "float32")
QUANTISE = "quantise it with a representative dataset, and with int8 inputs and outputs; see the page Networks"


def read(data: bytes, name: str = "network", *, rounding: str = "gemmlowp") -> ImportedNetwork:
    """Network of the bytes of a file, with `fault` for each operator that cannot be imported.

    `rounding` "gemmlowp" is TensorFlow Lite Micro's. With "float32", convolutions and FULLY_CONNECTED scale their sums
    in float32, ties to even, as XNNPACK does; all other operators remain those of TensorFlow Lite Micro.

    Raises :class:`.UsageError` for a file that is damaged or of another kind, and for float and dynamic networks.
    """
    if rounding not in ROUNDINGS:
        raise UsageError(f"rounding={rounding}: rounding must be {' or '.join(ROUNDINGS)}.")
    subgraphs = decode(data, name)
    records = subgraphs[0]
    _check_inputs(records, name)
    builder = Builder(records, subgraphs, rounding)
    try:
        for index in records.inputs:
            builder.inputs.append(builder.declare(records.tensors[index]).name)
        with np.errstate(all="ignore"):  # scales of damaged files; the results are checked
            operators = [_convert(builder, op) for op in records.operators]
        graph = builder.graph(partial=any(each.fault for each in operators))
    except (ValueError, ArithmeticError) as error:
        raise UsageError(f"{name}: {sentence(error)}.") from None
    return ImportedNetwork(name, graph, tuple(operators), dict(builder.names))


def _convert(builder: Builder, op: OperatorRecord) -> Operator:
    tensors, before, note, fault = builder.records.tensors, len(builder.nodes), None, None
    names = dict(builder.names)
    try:
        if op.type not in CONVERTERS:
            fault = "its type is unknown to the importer"
        else:
            note = CONVERTERS[op.type](builder, op)
    except (ValueError, ArithmeticError) as error:
        fault = sentence(error)
    if fault:
        del builder.nodes[before:]
        builder.names = names
        _substitute(builder, op)
    nodes = tuple(node.name for node in builder.nodes[before:])
    return Operator(
        op.index, op.type, _operands(tensors, op.inputs), _operands(tensors, op.outputs), nodes, note, fault
    )


def _operands(tensors: tuple[TensorRecord, ...], indices: tuple[int, ...]) -> tuple[Operand, ...]:
    """Tensors with values at run time."""
    found = (tensors[index] for index in indices if index >= 0)
    return tuple(
        Operand(each.name, each.shape, each.type) for each in found if each.type != "RESOURCE" and each.data is None
    )


def _substitute(builder: Builder, op: OperatorRecord):
    """Make the results of an operator that cannot be imported inputs of the graph, as far as they are integers."""
    for index in op.outputs:
        if index not in builder.names and index >= 0:
            try:
                builder.inputs.append(builder.declare(builder.records.tensors[index]).name)
            except ValueError:  # operators that use it are not imported either
                continue


def _check_inputs(records: SubgraphRecord, name: str):
    for record in (records.tensors[index] for index in records.inputs):
        if record.type in FLOATS:
            raise UsageError(f"{name}: input {record.name} is {record.type}, and networks must be int8: {QUANTISE}.")
        if -1 in record.signature[1:]:
            shape = list(record.signature)
            raise UsageError(
                f"{name}: input {record.name} has the dynamic shape {shape}: only the first size, the batch, may be -1."
            )
