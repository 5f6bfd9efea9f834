"""The command line in a process of its own, as a user runs it."""

import subprocess
import sys

import pytest


@pytest.fixture
def systola(tmp_path):
    """Run `systola` with arguments in an empty folder."""

    def run(*arguments, env=None):
        return subprocess.run(
            [sys.executable, "-m", "systola.gen", *map(str, arguments)],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture
def refused(systola, tmp_path):
    """Run `systola` with arguments that are wrong: exit code 2, nothing on standard output, no new file."""

    def run(*arguments) -> str:
        before = sorted(path.name for path in tmp_path.iterdir())
        done = systola(*arguments)
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert sorted(path.name for path in tmp_path.iterdir()) == before
        return done.stderr.removeprefix("systola: ").rstrip("\n")

    return run
