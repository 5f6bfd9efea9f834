"""Conversion of an ONNX file to a graph."""

import numpy as np

from ...errors import UsageError
from ..faults import sentence
from ..network import ImportedNetwork
from .file import InputRecord, decode
from .importer import QUANTISE, Importer
from .patterns import QLINEAR
from .values import NARROW


def read(data: bytes, name: str = "network") -> ImportedNetwork:
    """Network of the bytes of a file, with `fault` for each operator that cannot be imported.

    Raises :class:`.UsageError` for a file that is damaged, and for float and dynamic networks.
    """
    model = decode(data, name)
    for record in model.inputs:
        if record.type not in ("float", *NARROW):
            types = f"float, {' or '.join(NARROW)}"
            raise UsageError(
                f"{name}: input {record.name} is {record.type}, which is not supported: it must be {types}."
            )
    shapes = {record.name: _static(record, name) for record in model.inputs}
    quantised = any(node.type in ("QuantizeLinear", *QLINEAR) for node in model.nodes)
    if not quantised and not any(record.type in NARROW for record in model.inputs):
        first = f"input {model.inputs[0].name} is {model.inputs[0].type}" if model.inputs else "it has no input"
        raise UsageError(f"{name}: {first}, and networks must be quantised to int8: {QUANTISE}.")
    try:
        with np.errstate(all="ignore"):  # scales of damaged files; the results are checked
            return Importer(model, shapes).network(name)
    except (ValueError, ArithmeticError) as error:
        raise UsageError(f"{name}: {sentence(error)}.") from None


def _static(record: InputRecord, name: str) -> tuple[int, ...]:
    """Shape of an input; a batch without a number is 1."""
    if record.shape is None:
        raise UsageError(f"{name}: input {record.name} has no shape: sizes must be static.")
    if not all(isinstance(size, int) for size in record.shape[1:]):
        raise UsageError(
            f"{name}: input {record.name} has the dynamic shape {list(record.shape)}: only the first size, the batch, "
            "may have no number."
        )
    return tuple(size if isinstance(size, int) else 1 for size in record.shape)
