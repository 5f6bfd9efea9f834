"""Operators of variables: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE, CALL_ONCE.

Variables become state of the graph: a read is the state, or the tensor that was assigned before it in the same run; the
last assignment is the next value of the state.
"""

import numpy as np

from ....sim.network.graph import Reshape, State, Tensor
from ..faults import fail
from .builder import Builder, contents
from .file import OperatorRecord, TensorRecord

NO_WORK = "resolved when the file is read"
STATE = "state of the network, kept between runs"


def handle(builder: Builder, op: OperatorRecord) -> str:
    """Convert VAR_HANDLE: container and name identify a variable."""
    builder.handles[_first(op.outputs)] = _identity(op)
    return NO_WORK


def call_once(builder: Builder, op: OperatorRecord) -> str:
    """Convert CALL_ONCE: initial values, which its subgraph assigns to variables as constants."""
    index = op.options.get("InitSubgraphIndex", 0)
    if not 0 < index < len(builder.subgraphs):
        fail(f"subgraph {index} does not exist")
    subgraph, handles = builder.subgraphs[index], {}
    for each in subgraph.operators:
        if each.type == "VAR_HANDLE":
            handles[_first(each.outputs)] = _identity(each)
        elif each.type == "ASSIGN_VARIABLE" and len(each.inputs) == 2 and each.inputs[0] in handles:
            builder.initial[handles[each.inputs[0]]] = subgraph.tensors[each.inputs[1]]
        else:
            fail(f"subgraph {index} contains {each.type}, but initial values must be constants")
    return NO_WORK


def read(builder: Builder, op: OperatorRecord) -> str | None:
    key, y = _variable(builder, op), builder.output(op)
    if key in builder.variables:
        builder.add(Reshape(builder.name(op), (builder.variables[key],), y.name, to=y.shape))
        return None
    builder.variables[key] = y.name
    builder.states[key] = State(y.name, y.name, _initial(y, builder.initial.get(key)))
    return STATE


def assign(builder: Builder, op: OperatorRecord) -> str:
    key, value = _variable(builder, op), builder.input(op, 1)
    if key in builder.states:
        state = builder.states[key]
        state.check(builder.tensors[state.tensor], value)
    builder.variables[key] = value.name
    return STATE


def _initial(tensor: Tensor, record: TensorRecord | None) -> np.ndarray:
    """Value in the first run: that of CALL_ONCE, otherwise the zero point."""
    if record is None:
        return np.broadcast_to(np.array(tensor.zero_point, tensor.dtype), tensor.shape)
    value = contents(record)
    tensor.check(value, f"initial value {record.name}")
    return value


def _variable(builder: Builder, op: OperatorRecord) -> tuple:
    record = builder.record(op, 0)
    return builder.handles[record.index] if record.index in builder.handles else fail(f"{record.name} is no variable")


def _identity(op: OperatorRecord) -> tuple:
    return op.options.get("Container") or b"", op.options.get("SharedName") or b""


def _first(outputs: tuple[int, ...]) -> int:
    return outputs[0] if outputs else fail("it has no output")


VARIABLES = {"VAR_HANDLE": handle, "CALL_ONCE": call_once, "READ_VARIABLE": read, "ASSIGN_VARIABLE": assign}
