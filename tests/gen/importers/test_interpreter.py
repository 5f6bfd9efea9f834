"""Networks against TensorFlow Lite Micro's interpreter, where the package tflite-micro is installed.

It exists as nightly builds only; 0.dev20261023182759 was compared.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest

from .cases import CASES
from .files import file
from .interpreter import compare, random_runs


@pytest.mark.parametrize("name", CASES)
def test_random_inputs(name):
    data = file(*CASES[name])
    count, wrong = compare(data, random_runs(data, 10))
    assert (count > 0, wrong) == (True, {})


@pytest.mark.parametrize("name", ["hey_jarvis", "okay_nabu", "alexa", "hey_mycroft"])
def test_a_wake_word_of_100_steps(name):
    """Streaming networks of the package pymicro-wakeword 2.5.0; every operator, with its state."""
    spec = find_spec("pymicro_wakeword")
    if spec is None or spec.origin is None:
        pytest.skip("pymicro-wakeword is not installed")
    data = (Path(spec.origin).parent / "models" / f"{name}.tflite").read_bytes()
    count, wrong = compare(data, random_runs(data, 100))
    assert count > 100_000
    assert wrong == {}
