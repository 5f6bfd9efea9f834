"""`systola run FILE` as a user runs it."""

import json
from pathlib import Path

import numpy as np
import pytest

from systola.gen.accelerators.registry import find
from systola.gen.cli.network_inputs import runs_of
from systola.gen.run.executors import GoldenExecutor

from ..importers.cases import CASES, unary
from ..importers.files import Graph, Op, T, file
from ..run.networks import imported, two_inputs, two_programs

MODEL = ("-c", "small", "--executor", "model")
SHAPE = (1, 6, 5, 6)


@pytest.fixture
def network(tmp_path):
    (tmp_path / "n.tflite").write_bytes(file(*CASES["residual"]))
    return "n.tflite"


@pytest.fixture
def run(systola, tmp_path, network):
    """Run `systola run n.tflite` on the golden model; return the process and its JSON."""

    def run(*arguments):
        done = systola("run", network, *MODEL, *arguments, "--json", "n.json")
        found = tmp_path / "n.json"
        return done, json.loads(found.read_text()) if found.exists() else None

    return run


def test_json(run):
    done, data = run("--per-layer", "--random", 3)
    assert (done.returncode, done.stderr) == (0, "")
    fields = "network accelerator parameters executor reference inputs checked mismatches cycles macs utilisation"
    assert [*data] == [*fields.split(), "dram_read", "dram_written", "seconds", "operators"]
    assert data["network"] == "n.tflite"
    assert (data["reference"], data["inputs"], data["mismatches"]) == ("numpy", 3, 0)
    assert data["seconds"] > 0
    for each in data["operators"]:
        assert [*each] == ["name", "type", "on", "cycles", "macs", "utilisation", "checked", "mismatches"]
        assert each["checked"] > 0
    assert sum(each["cycles"] for each in data["operators"]) == data["cycles"] > 0
    lines = done.stdout.splitlines()
    assert lines[1].split()[:2] == ["0", "CONV_2D"]
    assert lines[6] == f"passed  {data['checked']:,} values compared with NumPy, 0 wrong"
    assert lines[7].startswith(
        f"        {data['cycles']:,} cycles per input on systola by the cost model, in 1 program; "
    )
    assert lines[-1].startswith("        3 inputs, ")


def test_wrong_values_are_exit_code_1(run, monkeypatch):
    execute = GoldenExecutor.execute

    def wrong(self, job, inputs, **options):
        results, execution = execute(self, job, inputs, **options)
        next(iter(results.values())).flat[0] ^= 4
        return results, execution

    monkeypatch.setattr(GoldenExecutor, "execute", wrong)
    done, data = run("--per-layer")
    assert done.returncode == 1
    assert "FAILED" in done.stdout
    assert data["mismatches"] == sum(each["mismatches"] for each in data["operators"]) > 0
    done, data = run("--reference", "none")
    assert (done.returncode, data["checked"], data["reference"]) == (0, 0, "none")
    assert done.stdout.startswith("done    nothing was compared\n")


def test_inputs_of_a_file(run, tmp_path):
    x = np.random.default_rng(1).integers(-128, 128, (4, *SHAPE[1:]), np.int8)
    np.save(tmp_path / "x.npy", x)
    done, data = run("--input", "x.npy")
    assert (done.returncode, data["inputs"], data["mismatches"]) == (0, 4, 0)
    np.savez(tmp_path / "x.npz", x=x[0])
    done, data = run("--input", "x.npz", "--random", 2)
    assert (done.returncode, data["inputs"], data["mismatches"]) == (0, 3, 0)


def test_shapes_of_inputs():
    graph = imported("residual").graph
    x = np.zeros((4, *SHAPE[1:]), np.int8)
    for value, count in ((x, 4), (x[0], 1), (x[:1], 1), (x[:, None], 4)):
        assert [each.shape for each in runs_of(graph, "x", value, Path("x.npy"))] == [SHAPE] * count


def test_two_inputs(systola, refused, tmp_path):
    (tmp_path / "two.tflite").write_bytes(file(*two_inputs()))
    a = np.zeros((3, 8), np.int8)
    np.savez(tmp_path / "ab.npz", a=a, b=a)
    done = systola("run", "two.tflite", *MODEL, "--input", "ab.npz")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 inputs" in done.stdout
    command = ("run", "two.tflite", *MODEL, "--input")
    np.savez(tmp_path / "ab.npz", a=a, b=a[:2])
    assert refused(*command, "ab.npz") == "--input ab.npz: the arrays have different numbers of runs: a 3, b 2."
    np.save(tmp_path / "a.npy", a)
    sentence = "--input a.npy: it must have the arrays a, b, one per input, in a .npz file."
    assert refused(*command, "a.npy") == sentence


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (np.zeros(SHAPE, np.uint8), "uint8 of shape (1, 6, 5, 6)"),
        (np.zeros((1, 6, 6, 6), np.int8), "int8 of shape (1, 6, 6, 6)"),
        (np.zeros((0, 6, 5, 6), np.int8), "int8 of shape (0, 6, 5, 6)"),
        (np.zeros(6, np.int8), "int8 of shape (6,)"),
        (np.array(None), None),
        (None, None),
    ],
)
def test_wrong_inputs(refused, tmp_path, network, value, found):
    np.save(tmp_path / "x.npy", value, allow_pickle=True) if value is not None else (tmp_path / "x.npy").touch()
    sentence = refused("run", network, *MODEL, "--input", "x.npy")
    if found:
        wanted = f"x must be int8 of shape {SHAPE}, or several of it, not {found}."
        assert sentence == f"--input x.npy: {wanted}"
    else:
        assert sentence == "--input x.npy: it must be a file of NumPy, .npy or .npz."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("none.tflite",), "cannot read none.tflite: No such file or directory."),
        (("folder.tflite",), "cannot read folder.tflite: Is a directory."),
        (("./none",), "cannot read none: No such file or directory."),
        (
            ("empty.tflite",),
            "empty.tflite is neither a TFLite file nor an ONNX file: neither identifier is at its beginning.",
        ),
        (("text",), "text is neither a TFLite file nor an ONNX file: neither identifier is at its beginning."),
        (("cut.tflite",), "cut.tflite is damaged: it cannot be decoded as a TFLite file."),
        (("nosuch",), "unknown task 'nosuch': known are gemm, conv, digits."),
        (("n.tflite", "--reference", "tf"), "--reference tf: it must be numpy, tflm, xnnpack, ort or none."),
        (("n.tflite", "--random", "0"), "--random 0: it must be an integer of at least 1."),
        (("n.tflite", "--input", "none"), "--input none: the file cannot be read: No such file or directory."),
        (("n.tflite", "--executor", "x"), "--executor x: it must be verilog or model."),
        (
            ("n.tflite", "--on", "outer_product", "--order", "serial"),
            "--order serial: outer_product has one schedule only.",
        ),
        (("gemm", "--per-layer"), "--per-layer: only a network of a file has this option, not the task gemm."),
        (("gemm", "--input", "x.npy"), "--input: only a network of a file has this option, not the task gemm."),
    ],
)
def test_sentences(refused, tmp_path, network, arguments, sentence):
    (tmp_path / "folder.tflite").mkdir()
    (tmp_path / "empty.tflite").touch()
    (tmp_path / "text").write_text("a text of any kind")
    (tmp_path / "cut.tflite").write_bytes((tmp_path / network).read_bytes()[:500])
    assert refused("run", *arguments) == sentence


def test_parameters_of_tasks_are_not_those_of_networks(refused, network):
    assert refused("run", network, "-p", "m=5").startswith("unknown parameter 'm': ")


def test_an_operator_that_is_not_supported(refused, tmp_path):
    tensors = {name: T((1, 8)) for name in "xy"}
    (tmp_path / "n.tflite").write_bytes(file(Graph(tensors, [Op("ABS", ("x",), ("y",))])))
    assert refused("run", "n.tflite", *MODEL) == (
        "n.tflite: operator 0 (ABS), output y, is not supported: its type is unknown to the importer."
    )


def test_an_accelerator_that_rejects_everything(systola, network, tmp_path):
    done = systola("run", network, "--on", "outer_product", "--trace", "t", "--json", "n.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no program: nothing runs on outer_product" in done.stdout
    assert "timeline" not in done.stdout
    data = json.loads((tmp_path / "n.json").read_text())
    assert (data["cycles"], data["macs"], data["utilisation"], data["mismatches"]) == (0, 0, 0.0, 0)


def test_limit(systola, network):
    done = systola("run", network, *MODEL, "--limit", 100)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "systola: the cost model reached the limit of 100 cycles.\n"


def test_trace(systola, tmp_path):
    (tmp_path / "two.tflite").write_bytes(file(*two_programs()))
    done = systola("run", "two.tflite", *MODEL, "--trace", "t")
    assert done.returncode == 0, done.stderr
    assert "in 2 programs" in done.stdout
    events = json.loads((tmp_path / "t" / "timeline.json").read_text())["traceEvents"]
    assert {event["name"] for event in events if event["ph"] == "X"} >= {"load", "array", "store"}


def test_states_persist_from_one_input_to_the_next(systola, tmp_path):
    (tmp_path / "s.tflite").write_bytes(file(*CASES["stream"]))
    done = systola("run", "s.tflite", *MODEL, "--random", 4, "--per-layer", "--json", "s.json")
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "s.json").read_text())
    assert (data["inputs"], data["mismatches"]) == (4, 0)


def test_the_rounding_of_the_machine_is_the_references(systola, tmp_path, monkeypatch):
    """A machine with the parameter `rounding` rounds as the reference, unless it is set."""
    from systola.gen.run import interpreters

    monkeypatch.setitem(interpreters.REFERENCES, "xnnpack", interpreters.numpy)
    (tmp_path / "n.tflite").write_bytes(file(*CASES["dense"]))
    for settings, rounding, on in (
        ((), "float32", "systola"),
        (("-p", "rounding=gemmlowp"), "gemmlowp", "host"),
    ):
        done = systola("run", "n.tflite", *MODEL, "--reference", "xnnpack", *settings, "--json", "n.json")
        assert done.returncode == 0, done.stderr
        data = json.loads((tmp_path / "n.json").read_text())
        assert data["parameters"]["rounding"] == rounding
        assert data["operators"][0]["on"] == on
    done = systola("run", "n.tflite", "--on", "outer_product", "--reference", "xnnpack")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "package"), [("tflm", "tflite-micro"), ("xnnpack", "ai-edge-litert")])
def test_without_an_interpreter(refused, network, monkeypatch, name, package):
    monkeypatch.setitem(__import__("sys").modules, package.replace("-", "_"), None)
    assert refused("run", network, *MODEL, "--reference", name) == (
        f"the Python package {package} was not found: run pip install -e '.[interpreters]' in a clone of Systola."
    )


def test_board_run_without_a_board(refused, network):
    assert refused("board", "run", network, "--port", "/dev/none").startswith("/dev/none cannot be opened: ")
    assert refused("board", "run", network) == "--port is missing (serial port of the board)."


def test_the_peak_is_that_of_the_machine(run):
    _, data = run()
    assert data["utilisation"] == data["macs"] / (16 * data["cycles"])
    assert find("systola").peak(find("systola").preset("small")) == 16
    assert data["checked"] < imported("residual").graph.macs


def test_a_network_without_work_for_the_accelerator(systola, tmp_path):
    (tmp_path / "n.tflite").write_bytes(file(*unary("RELU")))
    done = systola("run", "n.tflite", *MODEL)
    assert done.returncode == 0, done.stderr
    assert "no program: nothing runs on systola" in done.stdout
