"""ONNX Runtime as a reference of ONNX files (package onnxruntime)."""

import numpy as np

from ...sim.network.graph import Reshape, Transpose
from ...sim.network.reference import compute
from ..errors import UsageError
from ..importers.network import ImportedNetwork

OPTIONS = {"int8": "session.qdqisint8allowed", "uint8": "session.x64quantprecision"}
"""Option with which quantised operators compute with integers, equally on every CPU, by the type of activations."""
FLOAT = "tensor(float)"


def reference(network: ImportedNetwork, data: bytes):
    """One run: integer results of all operators by their names in the graph, from the graph's inputs."""
    import onnx
    import onnxruntime  # pyright: ignore[reportMissingImports]

    graph = network.graph
    model = onnx.ModelProto.FromString(data)
    tensors = {str(name): tensor for name, tensor in network.tensors.items()}
    names = [name for name in _integers(model) if name in tensors]
    present = {each.name for each in (*model.graph.output, *model.graph.input)}
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names if name not in present)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    types = {graph[name].type for name in graph.inputs}
    for option in {OPTIONS[type] for type in types if type in OPTIONS}:
        options.add_session_config_entry(option, "1")
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has no common class of its errors
        reason = str(error).splitlines()[0].rstrip(".")
        raise UsageError(f"--reference ort: the interpreter rejects {network.name}: {reason}.") from None

    def run(inputs):
        feeds = {}
        for each, name in zip(session.get_inputs(), graph.inputs, strict=True):
            tensor, value = graph[name], inputs[name]
            if each.type == FLOAT:  # the file quantises it to the same integers
                value = (value.astype(np.float32) - tensor.zero_point) * np.asarray(tensor.scale, np.float32)
            feeds[each.name] = value
        values = dict(zip(names, session.run(names, feeds), strict=True))
        found = {
            tensors[name]: network.layouts[name].in_graph(value, graph[tensors[name]].shape)
            for name, value in values.items()
        }
        for node in graph.nodes:  # changes of the layout are no operators of the file
            if isinstance(node, Reshape | Transpose) and node.inputs[0] in found and node.output not in found:
                source = found[node.inputs[0]]
                found[node.output] = compute(node, graph.sources(node), [source], graph[node.output])
        return found

    return run


def _integers(model) -> list[str]:
    """Tensors of a file that operators with integer results compute."""
    return [
        node.output[0]
        for node in model.graph.node
        if node.op_type == "QuantizeLinear" or node.op_type.startswith(("QLinear", "QGemm"))
    ]
