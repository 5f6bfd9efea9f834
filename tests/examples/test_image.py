"""The image example: runs as its docstring states, and produces the correct pixels."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "image.py"


def test_the_example_loads_a_padded_tile(tmp_path):
    run = subprocess.run([sys.executable, EXAMPLE, "--out", tmp_path / "out"], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "34,848 bytes in the local memory, 0 wrong" in run.stdout
    assert "4,096 beats of 8 bytes" in run.stdout
    assert (tmp_path / "out" / "image.png").read_bytes().startswith(b"\x89PNG")
