"""Discovery of golden models by entry point: successful ones, and one sentence per failure."""

from importlib.metadata import EntryPoint

import pytest

from systola.sim.golden import plugins

POINTS = {
    "one": "fractions:Fraction.numerator",
    "pi": "math:pi",
    "absent": "systola_absent:X",
    "wrong": "math:__name__",
}


@pytest.fixture
def loaded(monkeypatch):
    points = [EntryPoint(name, value, "test.group") for name, value in POINTS.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point for point in points if point.group == group])
    plugins.load.cache_clear()
    yield plugins.load("test.group", float)
    plugins.load.cache_clear()


def test_a_failure_does_not_affect_the_others(loaded):
    assert loaded[0] == {"pi": pytest.approx(3.14159, abs=1e-4)}
    assert loaded[1]["absent"] == (
        "plug-in 'absent' (systola_absent:X) cannot be loaded: ModuleNotFoundError: No module named 'systola_absent'."
    )
    assert loaded[1]["wrong"] == "plug-in 'wrong' (math:__name__) is not an instance of builtins.float."
    assert set(loaded[1]) == {"one", "absent", "wrong"}
