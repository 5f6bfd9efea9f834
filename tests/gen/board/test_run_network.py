"""`systola board run` on a virtual board: a network with parts on the accelerator and on the host, bit for bit."""

import json

import pytest
from typer.testing import CliRunner

from systola.gen.accelerators.registry import find as accelerator
from systola.gen.board.targets import find
from systola.gen.cli.app import app
from systola.gen.cli.board import start

from ..importers.files import file
from ..run.networks import two_programs

BAUD = 3_000_000


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_network_runs_on_a_virtual_board(tmp_path):
    target, small = find("icebreaker"), accelerator("systola").preset("small")
    design = target.carrying("systola", dict(small)) | {"bytes": 65536, "baud": BAUD, "style": "block"}
    source, found = tmp_path / "n.tflite", tmp_path / "n.json"
    source.write_bytes(file(*two_programs()))
    with start(target, **design) as virtual:
        line = ["--port", virtual.port, "--baud", str(BAUD), "--random", "2", "--per-layer", "--json", str(found)]
        done = CliRunner().invoke(app, ["board", "run", str(source), *line])
    assert done.exit_code == 0, done.output
    assert "cycles per input on systola on the board, in 2 programs" in done.output
    data = json.loads(found.read_text())
    assert (data["executor"], data["inputs"], data["mismatches"]) == ("board", 2, 0)
    assert data["cycles"] > 0
    assert data["dram_read"] > data["dram_written"] > 0
    assert [(each["on"], each["cycles"]) for each in data["operators"]] == [
        ("systola", None),
        ("host", 0),
        ("systola", None),
    ]
    assert [each["checked"] for each in data["operators"]] == [10, 10, 6]
