"""Faults of broken designs: every fault still applies to its design, also after changes of the design."""

import importlib
from pathlib import Path

import pytest

from .breaks import Breaks

TESTS = Path(__file__).parent
SUITES = [path for path in sorted(TESTS.rglob("test_*.py")) if "\ndef test_broken_designs" in path.read_text()]


def _tables(suite: Path) -> list[Breaks]:
    module = ".".join(suite.relative_to(TESTS).with_suffix("").parts)
    values = vars(importlib.import_module(f".{module}", __package__)).values()
    each = [one for value in values for one in (value if type(value) is list else [value])]
    return [one for one in each if type(one) is Breaks]


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: str(path.relative_to(TESTS)))
def test_every_fault_changes_its_design(suite):
    tables = _tables(suite)
    assert any(what for breaks in tables for what in breaks)
    for breaks in tables:
        for what in breaks:
            breaks.broken(what)


def test_a_fault_that_changes_nothing_is_reported():
    table = {"absent": ("no such text", ""), "the same": (r"\bmodule\b", "module")}
    breaks = Breaks("bitbrick", table)
    with pytest.raises(AssertionError, match="does not occur"):
        breaks.broken("absent")
    with pytest.raises(AssertionError, match="equal to its replacement"):
        breaks.broken("the same")
