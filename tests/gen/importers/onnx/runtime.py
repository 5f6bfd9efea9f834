"""Comparison of a whole network with ONNX Runtime, operator by operator."""

import numpy as np
import pytest

from systola.gen.importers import read
from systola.gen.importers.network import ImportedNetwork

onnx = pytest.importorskip("onnx")


def session(data: bytes, unsigned: bool = False):
    """Session in which quantised operators compute with integers, equally on every CPU."""
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    options.add_session_config_entry("session.x64quantprecision" if unsigned else "session.qdqisint8allowed", "1")
    return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def with_outputs(data: bytes, names) -> bytes:
    """File in which further tensors are outputs."""
    model = onnx.ModelProto.FromString(data)
    present = {each.name for each in (*model.graph.output, *model.graph.input)}
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names if name not in present)
    return model.SerializeToString()


def integers(data: bytes) -> list[str]:
    """Tensors of a file that operators with integer results compute."""
    nodes = onnx.ModelProto.FromString(data).graph.node
    return [
        node.output[0] for node in nodes if node.op_type == "QuantizeLinear" or node.op_type.startswith(("QL", "QG"))
    ]


def run(network: ImportedNetwork, session, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Values of all tensors in the layout of the file; `feeds` has integer inputs, or quantised ones, by name."""
    found = session.run({name: feeds[name] for name in network.graph.inputs})
    known = network.tensors.items()
    return {name: network.layouts[name].in_file(found[tensor]) for name, tensor in known if tensor in found}


def compare(data: bytes, runs: list[dict], unsigned: bool = False) -> tuple[int, dict[str, int]]:
    """Number of values compared, and of wrong ones by tensor, for inputs of runs by name."""
    network, wrong, count = read(data), {}, 0
    names = [name for name in integers(data) if name in network.tensors]
    ours, machine = network.session(), session(with_outputs(data, names), unsigned)
    for feeds in runs:
        expected = dict(zip(names, machine.run(names, feeds), strict=True))
        found = run(network, ours, feeds | expected)
        for name, value in expected.items():
            count += value.size
            misses = value.size if found[name].shape != value.shape else int(np.count_nonzero(found[name] != value))
            if misses:
                wrong[name] = wrong.get(name, 0) + misses
    return count, wrong
