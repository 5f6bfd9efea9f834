"""Files that cannot be imported: one sentence, never a traceback."""

import numpy as np
import pytest

from systola.gen.accelerators.registry import find
from systola.gen.errors import UsageError
from systola.gen.importers import read

from ..outcomes import outcome
from .cases import model
from .files import Net, helper, types
from .networks import conv, one

SYSTOLA = find("systola")


def small() -> bytes:
    """Dense layer with a limit: the smallest file with most kinds of fields."""
    net = Net()
    real = net.add("Gemm", net.input("x", (1, 3)), net.weights("s", (2, 3)), net.bias("s", 2, 0.0005), transB=1)
    return net.model(net.quantise(net.add("Clip", real, net.constant(np.float32(0)), ""))).SerializeToString()


SMALL = small()


def of(net: Net, *outputs) -> str:
    return outcome(net.model(*outputs).SerializeToString())


@pytest.mark.parametrize("flip", [0xFF, 0x01, 0x80, 0x08])
def test_each_damaged_byte_ends_in_a_sentence_or_a_graph(flip):
    found = {outcome(SMALL[:at] + bytes([SMALL[at] ^ flip]) + SMALL[at + 1 :]) for at in range(len(SMALL))}
    assert len(found) > 10


def test_each_truncated_file_ends_in_a_sentence():
    assert outcome(SMALL) == ""
    for end in range(len(SMALL)):
        assert outcome(SMALL[:end]) or end > len(SMALL) - 24  # the versions of the operators are at the end


def test_random_bytes_after_the_version():
    for seed in range(200):
        assert outcome(b"\x08\x08" + np.random.default_rng(seed).bytes(400))


def test_a_float_network():
    net = Net()
    net.declare("x", (1, 4), "float32")
    assert of(net, net.add("Relu", "x")) == (
        "f: input x is float, and networks must be quantised to int8: quantise it with "
        "quantize_static of ONNX Runtime, format QDQ; see the page Networks."
    )


@pytest.mark.parametrize(
    ("shape", "found"), [(("n", 4), ""), ((1, "w"), "[1, 'w']"), ((None, None), "[None, None]"), ((1, -1), "[1, -1]")]
)
def test_a_dynamic_shape(shape, found):
    net = Net()
    y = net.quantise(net.add("Relu", net.input("x", shape)))
    expected = f"f: input x has the dynamic shape {found}: only the first size, the batch, may have no number."
    if found == "[1, -1]":
        expected = "f: x has shape (1, -1): it must have 1 to 268,435,456 elements."
    assert of(net, y) == (expected if found else "")


def test_an_input_without_a_shape():
    net = Net()
    net.inputs.append(helper.make_tensor_value_info("x", types.FLOAT, None))
    y = net.quantise("x")
    assert of(net, y) == "f: input x has no shape: sizes must be static."


def weights(**fields):
    net = Net()
    return net, net.add("Conv", net.input("x", (1, 3, 4, 4)), net.weights("w", (2, 3, 1, 1), **fields))


def bias(scale):
    net = Net()
    inputs = net.input("x", (1, 3, 4, 4)), net.weights("w", (2, 3, 1, 1)), net.bias("w", 2, scale)
    return net, net.add("Conv", *inputs)


def product_of_activations():
    net = Net()
    return net, net.add("MatMul", net.input("x", (3, 3)), net.input("y", (3, 3)))


def float_between():
    net = Net()
    real = net.add("Conv", net.input("x", (1, 3, 4, 4)), net.weights("w", (2, 3, 1, 1)))
    return net, net.add("MaxPool", real, kernel_shape=[2, 2])


def without_scale():
    net = Net()
    net.declare("x", (1, 3))
    return net, net.add("Relu", net.add("DequantizeLinear", "x", net.declare("s", (), "float32")))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (one("Erf", (1, 3)), "operator 1 (Erf), output t1, is not supported: its type is unknown to the importer"),
        (
            one("Gelu", (1, 3), domain="com.x"),
            "operator 1 (com.x.Gelu), output t1, is not supported: its type is unknown to the importer",
        ),
        (
            one("MatMulInteger", (1, 3)),
            "operator 1 (MatMulInteger), output t1, is not supported: scales at run time are not supported: quantise "
            "it with quantize_static of ONNX Runtime, format QDQ; see the page Networks",
        ),
        (
            conv("f", (1, 3, 4, 4), (4, 2, 3, 3), bias=False),
            "operator 2 (Conv), output q0, is not supported: w_f has 2 channels, and a group of x:2 has 3",
        ),
        (
            conv("f", (1, 3, 2, 2), (4, 3, 3, 3), bias=False),
            "operator 2 (Conv), output q0, is not supported: a window of 3 rows is larger than the padded image of "
            "2 rows",
        ),
        (
            conv("f", (1, 3, 4, 4, 4), (4, 3, 1, 1, 1), bias=False),
            "operator 2 (Conv), output q0, is not supported: x must have 3 or 4 axes, not shape (1, 3, 4, 4, 4)",
        ),
        (
            conv("f", (1, 3, 4, 4), (4, 3, 1, 1), strides=2.5, bias=False),
            "operator 2 (Conv), output t2, is not supported: its attribute strides has another type",
        ),
        (
            conv("f", (1, 3, 4, 4), (4, 3, 1, 1), pads=[0, 0], bias=False),
            "operator 2 (Conv), output q0, is not supported: pads [0, 0] must be 4 integers",
        ),
        (
            one("MaxPool", (1, 3, 5, 5), kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
            "operator 1 (MaxPool), output t1, is not supported: ceil_mode=1 must be 0",
        ),
        (
            one("Reshape", (1, 6), np.array([4, -1])),
            "operator 1 (Reshape), output t1, is not supported: x of shape (1, 6) does not reshape to (4, 1)",
        ),
        (
            one("Slice", (1, 6), np.array([5]), np.array([0]), np.array([1]), np.array([-1])),
            "operator 1 (Slice), output t1, is not supported: steps [-1] must be positive",
        ),
        (
            one("Pad", (1, 6), np.array([0, 1, 0, 1]), np.float32(0.013)),
            "operator 1 (Pad), output t1, is not supported: its value 0.013000000268220901 has no integer with the "
            "scale of x",
        ),
    ],
)
def test_operators_that_cannot_be_imported(made, reason):
    net, outputs = made
    assert of(net, *outputs) == f"f: {reason}."


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (weights(type="uint8", zero=7), "w_w is uint8 with zero point 7: that of weights must be 128"),
        (weights(zero=7), "w_w is int8 with zero point 7: that of weights must be 0"),
        (weights(scale=np.float32([0.1, 0.2, 0.3]), axis=1), "w_w has 3 scales for 2 filters"),
        (weights(scale=np.float32([-0.1, 0.2])), "w_w has a scale that is negative or not finite"),
        (
            bias(0.1),
            "b_w must have zero point 0, and the product of the scales of input and weights as its scale",
        ),
        (product_of_activations(), "its weights must be a quantised constant"),
    ],
)
def test_constants_that_cannot_be_imported(made, reason):
    net, real = made
    sentence = of(net, net.quantise(real))
    assert sentence.startswith("f: operator ")
    assert sentence.endswith(f", output q0, is not supported: {reason}.")


def test_tensors_of_other_types():
    net = Net("int16")
    assert of(net, net.quantise(net.add("Relu", net.input("x", (1, 3), 0.1, 0)), 0.1, 0)) == (
        "f: input x is int16, which is not supported: it must be float, int8 or uint8."
    )
    net, real = without_scale()
    assert "its scale s must be a constant of float32" in of(net, net.quantise(real))


def test_a_result_that_is_not_quantised():
    net, real = float_between()
    assert of(net, net.quantise(real)) == (
        "f: operator 2 (Conv), output t2, is not supported: its result t2 is not quantised."
    )
    net = Net()
    assert of(net, net.add("Softmax", net.quantise(net.add("Relu", net.input("x", (1, 4)))))) == (
        "f: operator 4 (Softmax), output t4, is not supported: its result t4 is not quantised."
    )


def test_operators_after_one_that_cannot_be_imported_are_examined():
    made = one("Erf", (1, 8))[0]
    made.inputs.append(helper.make_tensor_value_info("unused", types.FLOAT, (1,)))
    found = made.add("DequantizeLinear", "q0", *made.parameters(0.04, 3))
    last = made.quantise(made.add("Relu", found))
    data = made.model(last)
    data.graph.value_info.append(helper.make_tensor_value_info("q0", types.INT8, (1, 8)))
    network = read(data.SerializeToString())
    assert [(operator.type, bool(operator.nodes)) for operator in network.operators if operator.index < 7] == [
        ("Erf", False),
        ("Relu", True),
    ]
    assert network.graph.inputs == ("x", "q0")
    with pytest.raises(UsageError, match="Erf"):
        network.session()


def test_a_tensor_in_another_file():
    data = model("gemm")
    data.graph.initializer[0].data_location = types.EXTERNAL
    assert outcome(data.SerializeToString()) == (
        "f: tensor c0 is in another file, which is not supported: save the network in one file."
    )


def test_another_rounding():
    with pytest.raises(UsageError, match=r"rounding=gemmlowp: rounding must be float32 for ONNX files\."):
        read(SMALL, rounding="gemmlowp")
