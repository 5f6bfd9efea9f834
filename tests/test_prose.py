"""Prose lint: each habit matches its bad sentences and no good one; the lint fails on a planted sentence."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

LINT = Path(__file__).parent / "prose" / "lint.py"
_spec = importlib.util.spec_from_file_location("prose_lint", LINT)
lint = sys.modules["prose_lint"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(lint)

HABITS = lint.habits()
PLANTED = "The router asks for a channel."  # prose: allow speech


def names(source: str, suffix: str) -> list[str]:
    return [finding.habit.name for finding in lint.check(source, suffix, HABITS)]


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.name)
def test_a_habit_matches_its_bad_sentences_and_no_good_one(habit):
    assert habit.bad
    assert habit.good
    assert [text for text in habit.bad if not habit.matches(text)] == []
    assert [text for text in habit.good if habit.matches(text)] == []


@pytest.mark.parametrize(
    "source",
    [
        f'"""{PLANTED}"""\n',
        f"x = 1  # {PLANTED}\n",
        f"x = 1\n# Long comments continue\n# on further lines. {PLANTED}\n",
        f'raise ValueError("{PLANTED}")\n',
        f'print(f"{{x}}: {PLANTED}")\n',
        f'x = (\n    "one and two and "\n    "{PLANTED}"\n)\n',
    ],
)
def test_all_texts_of_a_module_are_checked(source):
    (finding,) = lint.check(source, ".py", HABITS)
    assert finding.habit.name == "speech"
    assert PLANTED in source.splitlines()[finding.line - 1]


def test_names_and_code_are_not_prose():
    assert names("colors = {'color': 'gray'}\n", ".py") == []  # prose: allow spelling
    assert names('"""The value of `asks` and ``who`` here."""\n', ".py") == []
    assert names('x = "a # b"\n', ".py") == []
    page = "See `asks`.\n\n```python\n# it asks\n```\n\n    asks\n\n[text](who.md)\n"  # prose: allow speech
    assert names(page, ".md") == []


def test_a_phrase_is_found_across_a_line_end():
    assert names('"""Accumulates 12 a\n    cycle."""\n', ".py") == ["per-unit"]  # prose: allow per-unit
    assert names("Accumulates 12 a\ncycle.\n", ".md") == ["per-unit"]  # prose: allow per-unit


def test_an_exception_is_allowed_in_place_and_by_name():
    assert names(f'x = "{PLANTED}"  # prose: allow speech\n', ".py") == []
    assert names(f'x = "{PLANTED}"  # prose: allow who\n', ".py") == ["speech"]
    assert names(f"{PLANTED} <!-- prose: allow speech -->\n", ".md") == []
    assert names(f"{PLANTED} <!-- prose: allow who -->\n", ".md") == ["speech"]
    assert names(f"<!-- prose: allow speech -->\n\n{PLANTED}\n", ".md") == ["speech"]


@pytest.mark.parametrize(("name", "line"), [("page.md", PLANTED), ("part.py", f'"""{PLANTED}"""')])
def test_the_lint_fails_on_a_planted_sentence(tmp_path, name, line):
    file = tmp_path / name
    file.write_text("\n")
    assert subprocess.run([sys.executable, LINT, tmp_path], check=False).returncode == 0
    file.write_text(f"\n{line}\n")
    run = subprocess.run([sys.executable, LINT, tmp_path], check=False, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stdout.startswith(f'{file}:2: "asks" (speech): ')  # prose: allow speech
