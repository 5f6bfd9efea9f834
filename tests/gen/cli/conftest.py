"""Command line: in this process, or in a separate process as a user runs it."""

import contextlib
import gc
import io
import subprocess
import sys
import warnings

import pytest
from amaranth.hdl import UnusedElaboratable

from systola.gen.cli.app import main


@pytest.fixture
def process(tmp_path):
    """Run `systola` with arguments in an empty folder, in a process of its own, which takes a second to start."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "systola.gen", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture
def systola(tmp_path, monkeypatch):
    """Run `systola` with arguments in an empty folder, in this process."""

    def run(*arguments):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["systola", *map(str, arguments)])
        out, err, status = io.StringIO(), io.StringIO(), 0
        gc.freeze()  # files that existed before are not checked
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("ignore", UnusedElaboratable)  # after a mistake
            try:
                main()
            except SystemExit as end:
                status = end.code or 0
            gc.collect()
        gc.unfreeze()
        return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def refused(systola, tmp_path):
    """Run `systola` with wrong arguments: exit code 2, nothing on standard output, no new file."""

    def run(*arguments) -> str:
        before = sorted(path.name for path in tmp_path.iterdir())
        done = systola(*arguments)
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert sorted(path.name for path in tmp_path.iterdir()) == before
        return done.stderr.removeprefix("systola: ").rstrip("\n")

    return run
