"""The output of `systola papers`."""

import io

import pytest
from rich.console import Console

from systola.gen.papers import table
from systola.gen.papers.claim import Claim


def claim(measure, text="A claim.") -> Claim:
    values = {"paper": "example", "published": 2, "unit": "x", "band": (1.5, 2), "reason": "Because."}
    return Claim(**values, text=text, measure=measure, command="systola list")


def printed(function, *arguments) -> str:
    console = Console(file=io.StringIO(), width=120, highlight=False)
    function(console, *arguments)
    return console.file.getvalue()


def test_one_line_of_progress_per_claim():
    assert printed(lambda out: table.progress(out)(3, 17, claim(lambda: 2))) == "[3/17] example: A claim.\n"


def test_the_table_shows_every_claim_and_the_reason_of_a_failure():
    def fail():
        raise RuntimeError("no [simulator]")

    claims = [claim(lambda: 2), claim(lambda: 1.23456, "Another."), claim(fail, "A third.")]
    text = printed(lambda out: table.show([each.check() for each in claims], out))
    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert "example A claim. 2 2 x 1.5 to 2 yes" in rows
    assert "example Another. 2 1.235 x 1.5 to 2 no" in rows
    assert "example A third. 2 error 1.5 to 2 no" in rows
    assert rows.count("systola list") == 3
    assert rows[-5:-1] == [
        *("example: Another.", "Because."),
        *("example: A third.", "not measured: RuntimeError: no [simulator]"),
    ]
    assert rows[-1].startswith("1 of 3 claims are within their bands")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (16, "16"), (150528, "150,528"), (0.25, "0.25"), (3.449368, "3.449"), (97.25, "97.25")],
)
def test_numbers(value, text):
    assert table.number(value) == text
