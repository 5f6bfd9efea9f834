"""The table of proofs in the documentation has every proof: its component, and how far it reaches."""

import importlib
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "concepts" / "verification.md"
SUITES = [path.stem for path in sorted(HERE.glob("test_*.py")) if "\nPROOFS = " in path.read_text()]


def reach(proof) -> str:
    return "unbounded" if proof.induction else f"{proof.bounded} cycles"


@pytest.mark.parametrize("suite", SUITES)
def test_the_table_has_every_proof(suite):
    proofs = importlib.import_module(f".{suite}", __package__).PROOFS.values()
    rows = [row.split("|") for row in PAGE.read_text().splitlines() if f"`{suite}`" in row]
    found = {(name, how.strip()) for _, _, _, names, how, *_ in rows for name in re.findall(r"`(\w+)`", names)}
    assert found == {(proof.component.__name__, reach(proof)) for proof in proofs}
