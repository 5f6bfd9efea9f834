"""Discovery by entry point: the first plug-in of a name counts, and a failure does not affect the others.

Effects on accelerators and generators are tested in tests/gen/test_plugins.py.
"""

from importlib.metadata import EntryPoint

import pytest

from systola.hw import plugins
from systola.hw.formats.decoder import Format

POINTS = {
    "absent": "systola_absent:X",
    "wrong": "math:pi",
    "other": "here:FORMAT",
}


class Point(EntryPoint):
    """An entry point to an object of this module, or to a module that is imported."""

    def load(self):
        return Format("other8", 8, 8) if self.name.startswith("other") else super().load()


@pytest.fixture
def loaded(monkeypatch):
    points = [Point(name, value, "test.group") for name, value in (POINTS | {"other8": "here:FORMAT"}).items()]
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point for point in points if point.group == group])
    plugins.load.cache_clear()
    yield plugins.load("test.group", Format)
    plugins.load.cache_clear()


def test_a_failure_does_not_affect_the_others(loaded):
    assert list(loaded.found) == ["other8"]
    assert loaded.broken["absent"] == (
        "plug-in 'absent' (systola_absent:X) cannot be loaded: ModuleNotFoundError: No module named 'systola_absent'."
    )
    assert loaded.broken["wrong"] == (
        "plug-in 'wrong' (math:pi) is not an instance of systola.hw.formats.decoder.Format."
    )
    assert loaded.broken["other"].endswith("has name='other8', which must be that of the entry point.")
    assert set(loaded.broken) == {"absent", "wrong", "other"}
