"""Build of a board's files: a complete vendor project, the plan of an open flow, and (slow) a bitstream."""

import json

import pytest

from systola.gen.board.build import BoardTop, _adapted, build, design
from systola.gen.board.targets import TARGETS, find
from systola.gen.generators import UsageError
from systola.gen.synth.synth import SynthesisError


@pytest.mark.slow
def test_a_vendors_project_is_written(tmp_path):
    steps = []
    built = build(find("arty-a7-35"), tmp_path, progress=steps.append, bytes=4096)
    assert built.bitstream is None
    assert len(steps) == len(built.steps) == 1
    assert {"board.tcl", "board.xdc", "bringup.v", "build_board.sh"} <= set(built.files)
    assert "create_clock" in (tmp_path / "board.xdc").read_text()
    assert "module bringup (" in (tmp_path / "bringup.v").read_text()


@pytest.fixture(scope="module")
def made():
    """One design for all boards: only the shell around it is checked."""
    return design(find("icebreaker"), bytes=4096)


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.flow == "open"])
def test_every_board_has_its_pins_clock_and_tools(made, name):
    target = find(name)
    plan = target.make().prepare(BoardTop(target, made), "board", **target.options)
    pins = next(text for file, text in plan.files.items() if file.endswith((".lpf", ".pcf", ".cst")))
    for wire in ("rx", "tx"):
        assert f"uart_0__{wire}__io" in str(pins)
    programs = [command[0] for command in json.loads(plan.files["build_board.json"])["commands"]]
    assert programs[0] == "yosys"
    assert len(programs) == 3
    assert PLLS[name] in _bytes(plan.files["board.il"]).decode()


PLLS = {
    "colorlight-5a-75b": "EHXPLLL",
    "icebreaker": "SB_PLL40_PAD",  # the pin of its clock is that of the PLL
    "tang-nano-9k": "rPLL",
    "ulx3s-12f": "EHXPLLL",
    "ulx3s-85f": "EHXPLLL",
    "upduino": "SB_PLL40_CORE",
}


def _bytes(content) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def test_arguments_for_gowin_are_those_of_himbaechel():
    old = "--quiet --log board.tim --seed 3 --device D --family F --json in.json --cst pins.cst --write out.json"
    assert " ".join(_adapted("nextpnr-gowin", old.split())) == (
        "--device D --json in.json --write out.json --seed 3 --log board.tim --timing-allow-fail "
        "--vopt family=F --vopt cst=pins.cst"
    )


@pytest.mark.parametrize(("seed", "used"), [(None, "7"), (3, "3")])
def test_a_board_has_its_own_seed(tmp_path, monkeypatch, seed, used):
    def run_tool(package, code, arguments, folder, *, log):
        if log == "nextpnr-ice40.log":
            raise SynthesisError(f"seed {arguments[arguments.index('--seed') + 1]}")

    monkeypatch.setattr("systola.gen.board.build.run_tool", run_tool)
    monkeypatch.setattr("systola.gen.board.build._area_breakdown", lambda folder, target: {})
    target = find("icebreaker")
    with pytest.raises(SynthesisError, match=f"^seed {used}$"):
        build(type(target)(**target.__dict__ | {"seed": 7}), tmp_path, seed=seed, bytes=4096)


def test_mistakes():
    with pytest.raises(UsageError, match="unknown board 'ulx4s': known boards are arty-a7-35, "):
        find("ulx4s")
    target = find("icebreaker")
    shell = BoardTop(type(target)(**target.__dict__ | {"clock": 25_100_000}), design(target, bytes=4096))
    with pytest.raises(SynthesisError, match=r"icebreaker has no clock of 25.1 MHz\."):
        target.make().prepare(shell, "board")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["icebreaker", "ulx3s-12f", "tang-nano-9k"])
def test_a_bitstream(tmp_path, name):
    built = build(find(name), tmp_path)
    assert (tmp_path / built.bitstream).stat().st_size > 10_000
    assert built.fmax_mhz > 1.1 * built.clock_mhz
    assert {"uart", "link", "memory"} < set(built.area_breakdown)
