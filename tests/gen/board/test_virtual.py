"""`systola board test` on a virtual board: success, also over a bad cable; failures are one sentence each."""

import json
import random
import subprocess
import sys

import pytest

from systola.gen.board.board import Board
from systola.gen.board.targets import find
from systola.gen.cli import board_test as check
from systola.gen.cli.board import start
from systola.gen.host.link import BoardError
from systola.sim.runner.virtual_board import Faults

DESIGN = {"bytes": 16384, "baud": 3_000_000, "style": "block"}
BAUD = 3_000_000


def systola(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "systola.gen", "board", *map(str, arguments)], cwd=cwd, capture_output=True, text=True
    )


@pytest.mark.slow
def test_the_command_runs_unchanged(tmp_path):
    with start(find("icebreaker"), **DESIGN) as virtual:
        line = ("--port", virtual.port, "--baud", BAUD)
        run = systola("test", *line, "--limit", 1024, "--images", 1, "--json", "found.json", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    found = {result["name"]: result for result in json.loads((tmp_path / "found.json").read_text())}
    assert all(result["passed"] for result in found.values())
    assert "memory march" in run.stdout
    assert found["digits"]["found"].startswith("1 of 1 correct")


@pytest.mark.slow  # cycles in which the host process does not run
def test_the_link_takes_nine_tenths_of_the_uart():
    with start(find("icebreaker"), **DESIGN) as virtual, Board.open(virtual.port, BAUD) as board:
        found = {result.name: result.found for result in check.run(board, BAUD, limit=1024, images=1)}
    for name in ("link, writes", "link, reads"):
        assert float(found[name].split(" of the UART")[0].split()[-1].removesuffix("%")) >= 90


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"engine": None}, {}], ids=["memory", "engine"])
def test_a_bad_cable_costs_only_time(options):
    with start(find("icebreaker"), Faults(flip=3e-4, drop=3e-4, double=3e-4), **DESIGN, **options) as virtual:
        with Board.open(virtual.port, BAUD) as board:
            results = list(check.run(board, BAUD, limit=2048, images=1))
            assert all(result.passed for result in results), results
            assert board.link.counts.repeated > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_megabytes_over_a_bad_cable():
    size, rng, moved = DESIGN["bytes"], random.Random(7), 0
    faults = Faults(flip=1e-4, drop=1e-4, double=1e-4)
    with start(find("icebreaker"), faults, engine=None, **DESIGN) as virtual, Board.open(virtual.port, BAUD) as board:
        while moved < 10_000_000:
            data = rng.randbytes(size)
            board.write(0, data)
            assert board.read(0, size) == data
            moved += 2 * size
        assert board.link.counts.damaged > 1000


def test_a_pulled_cable_and_a_second_program():
    with start(find("icebreaker"), Faults(after=3000), engine=None, **DESIGN) as virtual:
        with Board.open(virtual.port, BAUD) as board:
            with pytest.raises(BoardError, match="is in use: close the other program that has it open"):
                Board.open(virtual.port, BAUD)
            with pytest.raises(BoardError, match=r"(is disconnected|no longer responds): check the cable\."):
                list(map(board.read, [0] * 40, [1024] * 40))


def test_mistakes_are_one_sentence(tmp_path):
    for arguments, sentence in (
        (("test", "--port", "/dev/none"), "/dev/none cannot be opened: there is no such port; known ports: "),
        (("build", "icebraker"), "unknown board 'icebraker': known boards are "),
        (("flash", "icebreaker"), "build/icebreaker has no bitstream: run systola board build icebreaker first."),
    ):
        run = systola(*arguments, cwd=tmp_path)
        assert run.returncode == 2
        assert run.stderr.startswith(f"systola: {sentence}")
        assert run.stderr.count("\n") == 1
