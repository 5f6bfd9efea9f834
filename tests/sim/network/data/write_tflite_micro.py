"""Write `tflite_micro.npz`: operators of random parameters as TensorFlow Lite Micro computes them.

Needs the packages ai-edge-litert 2.3.0 (for its flatbuffer schema) and tflite-micro 0.dev20261023182759; the tests do
not. Every case is a model of one operator, written from NumPy and run by TensorFlow Lite Micro's interpreter. Weights
are stored in the graph's layout, not in TFLite's.
"""

import json
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_micro.python.tflite_micro import runtime

RANDOM = np.random.default_rng(3)
ACTIVATIONS = {"identity": 0, "relu": 1, "relu6": 3}
CASES = [
    {
        "kind": "convolution",
        "x": (1, 7, 8, 3),
        "w": (3, 3, 3, 5),
        "stride": (2, 2),
        "same": True,
        "activation": "relu6",
    },
    {"kind": "convolution", "x": (1, 9, 7, 1), "w": (5, 2, 1, 4), "stride": (2, 1), "same": True},
    {"kind": "convolution", "x": (1, 8, 8, 6), "w": (3, 2, 6, 3), "dilation": (2, 3), "activation": "relu"},
    {"kind": "depthwise", "x": (1, 6, 9, 6), "w": (3, 3, 1, 6), "stride": (2, 2), "same": True, "activation": "relu"},
    {"kind": "depthwise", "x": (1, 7, 7, 3), "w": (3, 4, 1, 24), "same": True},
    {"kind": "depthwise", "x": (1, 12, 4, 5), "w": (5, 1, 1, 5), "dilation": (2, 1)},
    {"kind": "dense", "x": (3, 40), "w": (40, 11), "activation": "relu"},
    {"kind": "dense", "x": (1, 200), "w": (200, 20)},
    {"kind": "addition", "x": (1, 16, 16, 4), "w": (1, 16, 16, 4), "scales": (0.05, 0.0313, 0.07)},
    {"kind": "addition", "x": (1, 16, 16, 4), "w": (1, 16, 16, 4), "scales": (0.01, 0.9, 0.8), "activation": "relu"},
    {"kind": "addition", "x": (1, 16, 16, 4), "w": (1, 16, 16, 4), "scales": (0.5, 0.5, 0.5)},
    {"kind": "multiplication", "x": (1, 16, 16, 4), "w": (1, 16, 16, 4), "scales": (0.05, 0.0313, 0.09)},
    {"kind": "average", "x": (1, 9, 9, 8), "window": (2, 2), "stride": (1, 1)},
    {"kind": "average", "x": (1, 9, 9, 8), "window": (3, 3), "stride": (2, 2), "same": True, "activation": "relu"},
    {"kind": "average", "x": (1, 8, 8, 8), "window": (4, 3), "stride": (1, 2), "same": True},
    {"kind": "max", "x": (1, 9, 8, 4), "window": (3, 2), "stride": (2, 2), "same": True, "activation": "relu"},
    {"kind": "mean", "x": (1, 7, 5, 6), "scales": (0.05, 0.071)},
    {"kind": "mean", "x": (1, 11, 16, 9), "scales": (0.0213, 0.02)},
    {"kind": "softmax", "x": (60, 12), "scales": (0.047, 1 / 256)},
    {"kind": "softmax", "x": (40, 2), "scales": (0.00391, 1 / 256), "beta": 2.5},
    {"kind": "softmax", "x": (10, 50), "scales": (0.31, 1 / 256)},
    # Without padding, so that accelerators without it compute them too.
    {"kind": "convolution", "x": (1, 9, 8, 7), "w": (3, 2, 7, 9), "stride": (2, 1), "activation": "relu"},
    {"kind": "convolution", "x": (1, 5, 6, 20), "w": (1, 1, 20, 6)},
    {"kind": "max", "x": (1, 9, 8, 4), "window": (3, 2), "stride": (2, 2)},
    {"kind": "average", "x": (1, 6, 40, 3), "window": (1, 7), "stride": (1, 1)},
    {"kind": "average", "x": (1, 9, 10, 5), "window": (3, 5), "stride": (2, 1), "activation": "relu"},
    {"kind": "average", "x": (1, 7, 7, 24), "window": (6, 7), "stride": (1, 1)},
]
SCHEMA = {
    "convolution": ("CONV_2D", "Conv2DOptions"),
    "depthwise": ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"),
    "dense": ("FULLY_CONNECTED", "FullyConnectedOptions"),
    "addition": ("ADD", "AddOptions"),
    "multiplication": ("MUL", "MulOptions"),
    "average": ("AVERAGE_POOL_2D", "Pool2DOptions"),
    "max": ("MAX_POOL_2D", "Pool2DOptions"),
    "mean": ("MEAN", "ReducerOptions"),
    "softmax": ("SOFTMAX", "SoftmaxOptions"),
}
LAYOUT = {
    "convolution": lambda w: w.transpose(3, 0, 1, 2),
    "depthwise": lambda w: w.transpose(2, 0, 1, 3),
    "dense": lambda w: w.T,
}


def numbers(case: dict) -> dict[str, np.ndarray]:
    """Random inputs, and scales for which results use the whole range."""
    kind, data = case["kind"], {"x": RANDOM.integers(-128, 128, case["x"], dtype=np.int8)}
    zero_points = RANDOM.integers(-128, 128, 3)
    if kind in LAYOUT:
        shape = case["w"]
        data["w"] = RANDOM.integers(-127, 128, shape, dtype=np.int8)
        data["b"] = RANDOM.integers(-3000, 3000, shape[-1]).astype(np.int32)
        w_scale = RANDOM.uniform(0.002, 0.02, 1 if kind == "dense" else shape[-1])
        zero_points[1], largest = 0, 90 * 70 * np.sqrt(np.prod(shape[:-1])) * w_scale.mean() * 0.05 * 2
        scales = [0.05, *w_scale, largest / 128]
        if case.get("activation") == "relu6":  # its limit within the range of results
            scales, zero_points[2] = [0.05, *w_scale / 5, 6 / 200], -100
    elif kind in ("addition", "multiplication"):
        data["w"] = RANDOM.integers(-128, 128, case["w"], dtype=np.int8)
        scales = case["scales"]
    elif kind == "mean":
        means = RANDOM.integers(-100, 100, case["x"][3])  # per channel, otherwise all would be equal
        data["x"] = (means + RANDOM.integers(-28, 28, case["x"])).astype(np.int8)
        scales, zero_points = case["scales"], np.array([-9, 0, 20])
    elif kind == "softmax":
        scales, zero_points[2] = case["scales"], -128
    else:
        scales, zero_points[2] = (0.1, 0.1), zero_points[0]
    return data | {"scales": np.float32(scales), "zero_points": zero_points}


def model(case: dict, data: dict[str, np.ndarray], shape: tuple[int, ...]) -> bytes:
    """A TFLite file of one operator."""
    name, options_name = SCHEMA[case["kind"]]
    options = getattr(schema, options_name + "T")()
    options.fusedActivationFunction = ACTIVATIONS[case.get("activation", "identity")]
    options.keepDims, options.beta = True, case.get("beta", 1.0)
    for axis, letter in enumerate("HW"):
        for field, key in (("stride", "stride"), ("dilation", "dilation")):
            attribute = "stride" + letter if field == "stride" else f"dilation{letter}Factor"
            if hasattr(options, attribute):
                setattr(options, attribute, case.get(key, (1, 1))[axis])
    if hasattr(options, "padding"):
        options.padding = 0 if case.get("same") else 1
    if hasattr(options, "depthMultiplier"):
        options.depthMultiplier = case["w"][3] // case["x"][3]
    if "window" in case:
        options.filterHeight, options.filterWidth = case["window"]
    scales, zeros = data["scales"], data["zero_points"]
    constant = LAYOUT.get(case["kind"])
    tensors = [("x", data["x"].shape, 9, None, scales[:1], zeros[0])]
    if "w" in data:
        w = np.ascontiguousarray(constant(data["w"])) if constant else data["w"]
        tensors.append(("w", w.shape, 9, w if constant else None, scales[1:-1], zeros[1]))
    if "b" in data:
        tensors.append(("b", data["b"].shape, 2, data["b"], scales[:1] * scales[1:-1], 0))
    if case["kind"] == "mean":
        tensors.append(("axes", (2,), 2, np.array([1, 2], np.int32), scales[:0], 0))
    tensors.append(("y", shape, 9, None, scales[-1:], zeros[2]))
    graph, file = schema.SubGraphT(), schema.ModelT()
    file.version, file.buffers, graph.tensors = 3, [schema.BufferT()], []
    for label, size, type, value, scale, zero in tensors:
        tensor, quantisation, buffer = schema.TensorT(), schema.QuantizationParametersT(), schema.BufferT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = label, list(size), type, len(file.buffers)
        quantisation.scale, quantisation.zeroPoint = scale.tolist(), [int(zero)] * len(scale)
        quantisation.quantizedDimension = 3 if label == "w" and case["kind"] == "depthwise" else 0
        tensor.quantization = quantisation
        if value is not None:
            buffer.data = np.frombuffer(value.tobytes(), np.uint8)
        graph.tensors.append(tensor)
        file.buffers.append(buffer)
    operator, code = schema.OperatorT(), schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name)
    code.version = 1
    operator.inputs, operator.outputs = list(range(len(tensors) - 1)), [len(tensors) - 1]
    operator.builtinOptions, operator.builtinOptionsType = options, getattr(schema.BuiltinOptions, options_name)
    graph.inputs = [at for at, tensor in enumerate(tensors[:-1]) if tensor[3] is None]
    graph.outputs, graph.operators = operator.outputs, [operator]
    file.operatorCodes, file.subgraphs = [code], [graph]
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(file.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def result_shape(case: dict) -> tuple[int, ...]:
    x, w = case["x"], case.get("w", (*case.get("window", ()), 0, case["x"][-1]))
    if case["kind"] in ("addition", "multiplication", "softmax"):
        return x
    if case["kind"] == "dense":
        return (*x[:-1], w[1])
    if case["kind"] == "mean":
        return (x[0], 1, 1, x[3])
    sizes = []
    for axis in range(2):
        stride, reach = case.get("stride", (1, 1))[axis], (w[axis] - 1) * case.get("dilation", (1, 1))[axis] + 1
        sizes.append(-(-x[1 + axis] // stride) if case.get("same") else (x[1 + axis] - reach) // stride + 1)
    return (x[0], *sizes, w[3])


def main():
    stored = {"cases": np.array(json.dumps(CASES))}
    for number, case in enumerate(CASES):
        data, shape = numbers(case), result_shape(case)
        interpreter = runtime.Interpreter.from_bytes(model(case, data, shape))
        interpreter.set_input(data["x"], 0)
        if case["kind"] in ("addition", "multiplication"):
            interpreter.set_input(data["w"], 1)
        interpreter.invoke()
        data["y"] = np.array(interpreter.get_output(0))
        stored |= {f"{number}.{key}": value for key, value in data.items()}
        print(case["kind"], data["y"].shape, len(np.unique(data["y"])), "different values")
    np.savez_compressed(Path(__file__).with_name("tflite_micro.npz"), **stored)


if __name__ == "__main__":
    main()
