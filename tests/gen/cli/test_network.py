"""`systola network` as a user runs it."""

import json

import pytest

from ..importers.cases import CASES, unary
from ..importers.files import Graph, Op, T, file


@pytest.fixture
def show(systola, tmp_path):
    """Run `systola network show` on the file of a case; return the process and its JSON."""

    def run(graphs, *arguments):
        (tmp_path / "n.tflite").write_bytes(file(*graphs))
        done = systola("network", "show", "n.tflite", *arguments, "--json", "n.json")
        return done, json.loads((tmp_path / "n.json").read_text())

    return run


def test_operators_with_their_places(show):
    done, data = show(CASES["residual"])
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["operator", "output", "shapes", "runs", "on", "parameters", "MACs", "bytes", "reason"]
    assert lines[1].split() == ["0", "CONV_2D", "x", "1x6x5x6", "->", "1x6x5x6", "systola", "330", "9,720", "708"]
    assert "5 operators: 4 on systola, 1 on the host" in done.stdout
    assert "9,744 MACs; 100.0% on systola" in done.stdout
    assert "354 parameters, 372 bytes" in done.stdout
    assert "input x: 1x6x5x6 int8, scale 0.05, zero point -5" in done.stdout
    assert [(each["type"], each["on"]) for each in data["operators"]] == [
        ("CONV_2D", "systola"),
        ("ADD", "systola"),
        ("MEAN", "systola"),
        ("FULLY_CONNECTED", "systola"),
        ("SOFTMAX", "host"),
    ]
    assert data["operators"][4]["reason"] == "it has no instruction for softmax"
    assert (data["macs"], data["macs_on_accelerator"], data["parameters"]) == (9744, 9744, 354)


def test_the_places_depend_on_the_machine(show):
    _, data = show(CASES["residual"], "-p", "rounding=single")
    assert data["operators"][0]["reason"] == "it rounds as gemmlowp, but rounding=single"
    assert data["machine"]["rounding"] == "single"
    _, data = show(CASES["residual"], "--on", "outer_product")
    assert data["places"] == {"outer_product": 0, "host": 5, "none": 0, "unsupported": 0}


def test_state(show):
    done, data = show(CASES["stream"])
    assert "8 operators: 2 on systola, 4 on the host, 2 without work at run time" in done.stdout
    assert "state old: 1x4x1x3 int8, scale 0.05, zero point -9" in done.stdout
    assert [each["on"] for each in data["operators"][:3]] == ["none", "none", "host"]
    assert data["states"] == [
        {"name": "old", "shape": [1, 4, 1, 3], "type": "int8", "scale": 0.05000000074505806, "zero_point": -9}
    ]


def test_an_operator_that_is_not_supported(show):
    tensors = {name: T((1, 8)) for name in "xyz"}
    graph = Graph(tensors, [Op("ABS", ("x",), ("y",)), Op("RELU", ("y",), ("z",))], outputs=("z",))
    done, data = show([graph])
    assert done.returncode == 2
    assert done.stderr == (
        "systola: n.tflite: operator 0 (ABS), output y, is not supported: its type is unknown to the importer.\n"
    )
    assert "2 operators: 1 on the host, 1 unsupported" in done.stdout
    assert [each["on"] for each in data["operators"]] == ["unsupported", "host"]


def test_names_are_printed_as_they_are(show):
    tensors = {"x": T((1,), name="[red]a"), "y": T((1,), name="b\n" + "c" * 60)}
    done, _ = show([Graph(tensors, [Op("RELU", ("x",), ("y",))])])
    assert "input [red]a: 1 int8" in done.stdout
    assert f"b?{'c' * 35}..." in done.stdout


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b"PK\3\4" + bytes(40),
            "n.tflite is neither a TFLite file nor an ONNX file: neither identifier is at its beginning.",
        ),
        (file(*unary("RELU"))[:200], "n.tflite is damaged: it cannot be decoded as a TFLite file."),
        (None, "cannot read n.tflite: No such file or directory."),
    ],
)
def test_files_that_cannot_be_read(refused, tmp_path, data, sentence):
    if data is not None:
        (tmp_path / "n.tflite").write_bytes(data)
    assert refused("network", "show", "n.tflite", "--json", "n.json") == sentence


def test_a_group_without_a_command(systola):
    done = systola("network")
    assert done.returncode == 2
    assert "show" in done.stdout + done.stderr


@pytest.mark.parametrize(("package", "data"), [("tflite", file(*unary("RELU"))), ("onnx", b"\x08\x08")])
def test_without_the_package(systola, tmp_path, monkeypatch, package, data):
    (tmp_path / "n").write_bytes(data)
    monkeypatch.setitem(__import__("sys").modules, package, None)
    done = systola("network", "show", "n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"systola: the Python package {package} was not found: run pip install -e '.[networks]' in a clone of "
        "Systola.\n"
    )


def test_an_onnx_file(systola, tmp_path):
    pytest.importorskip("onnx")
    from ..importers.onnx.cases import model

    (tmp_path / "n.onnx").write_bytes(model("residual floating").SerializeToString())
    done = systola("network", "show", "n.onnx", "-p", "rounding=float32", "--json", "n.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 operators: 4 on systola, 5 on the host, 1 without work at run time" in done.stdout
    data = json.loads((tmp_path / "n.json").read_text())
    found = [(each["type"], each["on"]) for each in data["operators"]]
    assert found[:3] == [("QuantizeLinear", "host"), ("Transpose", "host"), ("Conv", "systola")]
    assert ("Flatten", "none") in found
    assert data["operators"][0]["reason"] == "input in floating point: the host quantises it"
    assert "input x_q: 1x6x6x5 int8, scale 0.05, zero point -5" in done.stdout
