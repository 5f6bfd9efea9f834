"""Files that cannot be imported: one sentence, never a traceback."""

import numpy as np
import pytest

from systola.gen.accelerators.registry import find
from systola.gen.errors import UsageError
from systola.gen.importers import load, read

from .cases import CASES, conv, move, pairwise, unary
from .files import Graph, Op, T, constant, file
from .outcomes import outcome

SYSTOLA = find("systola")
SMALL = file(*CASES["sub channels"])
STREAM = file(*CASES["stream"])


@pytest.mark.parametrize(
    ("data", "flip", "step"), [(SMALL, 0xFF, 1), (SMALL, 0x01, 1), (SMALL, 0x80, 1), (STREAM, 0xFF, 3)]
)
def test_each_damaged_byte_ends_in_a_sentence_or_a_graph(data, flip, step):
    places = range(0, len(data), step)
    found = {outcome(data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]) for at in places}
    assert len(found) > 10


def test_each_truncated_file_ends_in_a_sentence():
    for end in range(len(SMALL)):
        assert "TFLite file" in outcome(SMALL[:end]) or end > len(SMALL) - 4


@pytest.mark.parametrize("data", [b"", b"TFL3", bytes(100), b"onnx\x08\x07" * 20, b"PK\3\4" + bytes(40)])
def test_a_file_of_another_kind(data):
    assert outcome(data) == "f is neither a TFLite file nor an ONNX file: neither identifier is at its beginning."


def test_random_bytes_after_the_identifier():
    for seed in range(200):
        noise = np.random.default_rng(seed).bytes(400)
        assert outcome(noise[:4] + b"TFL3" + noise[4:])


def test_another_version():
    assert outcome(file(*CASES["add"], version=2)) == "f: schema version 2 is not supported: it must be 3."


def test_a_float_network():
    x = {"x": T((1, 4), None, None, type="FLOAT32"), "y": T((1, 4), None, None, type="FLOAT32")}
    sentence = outcome(file(Graph(x, [Op("RELU", ("x",), ("y",))])))
    assert sentence.startswith("f: input x is FLOAT32, and networks must be int8: quantise it with a representative")


def test_a_dynamic_shape():
    tensors = {"x": T((1, 1, 4), signature=(-1, -1, 4)), "y": T((1, 1, 4))}
    assert outcome(file(Graph(tensors, [Op("RELU", ("x",), ("y",))]))) == (
        "f: input x has the dynamic shape [-1, -1, 4]: only the first size, the batch, may be -1."
    )


def without_scale():
    (graph,) = unary("RELU")
    return [Graph(graph.tensors | {"y": T((1, 256), None, None)}, graph.operators)]


def float_weights():
    (graph,) = conv("x", (1, 4, 4, 2), (3, 1, 1, 2), (1, 4, 4, 3))
    w = T((3, 1, 1, 2), np.ones((3, 1, 1, 2), np.float32), None, type="FLOAT32")
    return [Graph(graph.tensors | {"w": w}, graph.operators)]


def variable_axes():
    (graph,) = move("PAD", (1, 3), (1, 4), ((0, 0), (0, 1)))
    tensors = graph.tensors | {"p0": T((2, 2), None, None, type="INT32")}
    return [Graph(tensors, graph.operators, ("x", "p0"))]


@pytest.mark.parametrize(
    ("graphs", "reason"),
    [
        (unary("ABS"), "operator 0 (ABS), output y, is not supported: its type is unknown to the importer"),
        (
            unary("CUSTOM Detect"),
            "operator 0 (CUSTOM Detect), output y, is not supported: its type is unknown to the importer",
        ),
        (
            pairwise("ADD", (1, 3), (1, 4), (1, 4), (0.1, 0.1, 0.1)),
            "operator 0 (ADD), output y, is not supported: shapes (1, 3) of a and (1, 4) of b do not broadcast",
        ),
        (
            conv("x", (1, 4, 4, 2), (3, 1, 1, 2), (1, 4, 5, 3)),
            "operator 0 (CONV_2D), output y, is not supported: result has shape (1, 4, 4, 3), and y has (1, 4, 5, 3)",
        ),
        (
            conv("x", (1, 4, 4, 3), (3, 1, 1, 2), (1, 4, 4, 3)),
            "operator 0 (CONV_2D), output y, is not supported: x of shape (1, 4, 4, 3) does not fit weights for 2 "
            "channels",
        ),
        (
            float_weights(),
            "operator 0 (CONV_2D), output y, is not supported: w is FLOAT32, which is not an integer of 8, 16 or 32 "
            "bits: quantise the network to int8",
        ),
        (without_scale(), "operator 0 (RELU), output y, is not supported: y must have one scale"),
        (
            variable_axes(),
            "operator 0 (PAD), output y, is not supported: p0 must be a constant: shapes are static",
        ),
        (
            unary("LOGISTIC", y=1 / 256, out_zero=0),
            "operator 0 (LOGISTIC), output y, is not supported: y must have scale 0.00390625 and zero point -128, not "
            "0.00390625 and 0",
        ),
        (
            unary("QUANTIZE", types=("INT8", "INT64")),
            "operator 0 (QUANTIZE), output y, is not supported: y is INT64, which is not an integer of 8, 16 or 32 "
            "bits",
        ),
        (
            unary("RELU", types=("INT16", "INT16")),
            "operator 0 (RELU), output y, is not supported: x is int16: it must be int8",
        ),
        (
            unary("RELU6", y=0.06),
            "operator 0 (RELU6), output y, is not supported: y must have the scale and the zero point of x",
        ),
        (
            move("STRIDED_SLICE", (1, 6), (1, 6), (0, 5), (1, -7), (1, -1)),
            "operator 0 (STRIDED_SLICE), output y, is not supported: strides [1, -1] must be positive",
        ),
        (
            move("STRIDED_SLICE", (1, 6), (1, 6), (0, 0), (1, 6), (1, 1), EllipsisMask=1),
            "operator 0 (STRIDED_SLICE), output y, is not supported: EllipsisMask=1 must be 0",
        ),
        (
            move("CONCATENATION", (1, 6), (1, 7), Axis=1),
            "operator 0 (CONCATENATION), output y, is not supported: result has shape (1, 6), and y has (1, 7)",
        ),
        (
            [Graph({"x": T((1,)), "z": T((1,)), "y": T((1,))}, [Op("RELU", ("z",), ("y",))])],
            "operator 0 (RELU), output y, is not supported: z is used before it is computed",
        ),
        (
            [Graph({"x": T((1,)), "y": T((1,))}, [Op("RELU", ("x",), ("y",))] * 2)],
            "operator 1 (RELU), output y, is not supported: y is computed twice",
        ),
        (
            [Graph({"x": T((1,)), "h": T((), None, None, type="RESOURCE")}, [Op("ASSIGN_VARIABLE", ("h", "x"), ())])],
            "operator 0 (ASSIGN_VARIABLE), input x, is not supported: h is no variable",
        ),
    ],
)
def test_operators_that_cannot_be_imported(graphs, reason):
    if graphs[0].operators[0].type == "ASSIGN_VARIABLE":
        graphs = [Graph(graphs[0].tensors, graphs[0].operators, outputs=("x",))]
    assert outcome(file(*graphs)) == f"f: {reason}."


def test_operators_after_one_that_cannot_be_imported_are_examined():
    tensors = {name: T((1, 8)) for name in "xyz"}
    data = file(Graph(tensors, [Op("ABS", ("x",), ("y",)), Op("RELU", ("y",), ("z",))], outputs=("z",)))
    network = read(data)
    assert [bool(operator.nodes) for operator in network.operators] == [False, True]
    assert network.graph.inputs == ("x", "y")
    with pytest.raises(UsageError, match="ABS"):
        network.session()


def test_a_file_is_loaded_by_its_path(tmp_path):
    path = tmp_path / "n.tflite"
    path.write_bytes(SMALL)
    assert load(path).complete
    path.write_bytes(file(*unary("ABS")))
    with pytest.raises(UsageError, match=r"n\.tflite: operator 0 \(ABS\), output y, is not supported"):
        load(path)
    with pytest.raises(UsageError, match=r"cannot read .*none: No such file or directory\."):
        load(tmp_path / "none")


def test_a_variable_keeps_its_shape():
    graphs = CASES["stream"]
    tensors = graphs[1].tensors | {"v": constant(np.zeros((1, 3, 1, 3)), "INT8", scale=0.05, zero=-9)}
    assert "initial value v must have shape (1, 4, 1, 3), not (1, 3, 1, 3)" in outcome(
        file(graphs[0], Graph(tensors, graphs[1].operators, (), ()))
    )
