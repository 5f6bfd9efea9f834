"""Prose lint: reports the habits of `habits.toml` in Markdown pages, docstrings, comments and strings of the sources.

    python tests/prose/lint.py [FILE OR FOLDER ...]

Without arguments it checks the whole repository. The exit code is 1 if anything was found. Code blocks, code spans and
link targets are skipped. `prose: allow NAME` in a comment on the same line permits a habit there; NAME is the habit's
name in `habits.toml`.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HABITS = Path(__file__).with_name("habits.toml")
CHECKED = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "hw", "sim", "gen", "tests", "examples", "setup.py")
WORDS = 3
"""Strings with fewer words are names, not prose."""

ALLOW = re.compile(r"prose: allow ([\w-]+(?:, ?[\w-]+)*)")
CODE = re.compile(r"``[^`]+``|`[^`]+`|\]\([^)\s]*\)|<!--.*?-->|https?://\S+", re.DOTALL)
FENCE = re.compile(r"^[ ]*(```|~~~).*?^[ ]*\1[ ]*$", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?<=\n\n)(?:(?: {4}|\t).*\n|\n(?= {4}|\t))+")
COMMENT = r"#[^\n]*(?:\n[ \t]*#[^\n]*)*"
STRING = (
    r"""(?:\b[a-zA-Z]{1,2})?(?:\"{3}(?:\\.|(?!\"{3}).)*\"{3}|'{3}(?:\\.|(?!'{3}).)*'{3}"""
    r"""|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
)
TOKEN = re.compile(rf"{COMMENT}|{STRING}(?:\s*{STRING})*", re.DOTALL)
"""Adjacent comment lines, or adjacent strings."""
MARKS = re.compile(
    r"\\.|^#|(?<=\n)[ \t]*#|\b[a-zA-Z]{1,2}(?=[\"'])|\"{3}|'{3}|\"|(?<!\w)'|'(?!\w)|\{[^{}]*\}", re.DOTALL
)
"""Parts of a string or a comment that are no text: quotes, prefixes, escapes, expressions in braces."""


@dataclass(frozen=True)
class Habit:
    """One row of `habits.toml`: a pattern, why it is rejected, and what to write."""

    name: str
    pattern: re.Pattern
    exempt: re.Pattern
    reason: str
    write: str
    bad: tuple[str, ...]
    good: tuple[str, ...]

    def matches(self, text: str) -> list[re.Match]:
        """Places in a text where the habit occurs."""
        return [match for match in self.pattern.finditer(text) if not self.exempt.search(match[0])]


@dataclass(frozen=True)
class Finding:
    """One match of a habit."""

    file: Path
    line: int
    text: str
    habit: Habit

    def __str__(self) -> str:
        return f'{self.file}:{self.line}: "{self.text}" ({self.habit.name}): {self.habit.reason}; {self.habit.write}'


def habits(file: Path = HABITS) -> list[Habit]:
    """Habits of a data file. A space in a pattern matches any white space, line ends included."""
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    never = r"(?!)"
    return [
        Habit(
            name,
            _compiled(row["pattern"]),
            _compiled(row.get("exempt", never)),
            row["reason"],
            row["write"],
            tuple(row["bad"]),
            tuple(row["good"]),
        )
        for name, row in sorted(table.items())
    ]


def _compiled(pattern: str) -> re.Pattern:
    def widened(part: re.Match) -> str:
        return r"\s+" if part[0] == " " else part[0].replace(" ", r"\s")  # a lookbehind has a fixed width

    return re.compile(re.sub(r"\(\?<[!=][^)]*\)| ", widened, pattern))


def blank(match: re.Match, by: str = "_") -> str:
    """Text of the same shape without letters: line ends kept."""
    return re.sub(r"[^\n]", by, match[0])


def passages(source: str, suffix: str) -> Iterator[tuple[int, str]]:
    """Running texts of a source and their offsets. Code is blanked, not removed, so that offsets are kept."""
    if suffix == ".md":
        yield 0, CODE.sub(blank, INDENTED.sub(blank, FENCE.sub(blank, source)))
        return
    for token in TOKEN.finditer(source):
        text = MARKS.sub(lambda part: blank(part, "0" if part[0].startswith("{") else " "), CODE.sub(blank, token[0]))
        if token[0].startswith("#") or len(text.split()) >= WORDS:
            yield token.start(), text


def check(source: str, suffix: str, rules: list[Habit], file: Path = Path()) -> list[Finding]:
    """Findings in one source, in the order of lines."""
    lines = source.splitlines()
    found = []
    for start, text in passages(source, suffix):
        for rule in rules:
            for match in rule.matches(text):
                at = start + match.start() + len(match[0]) - len(match[0].lstrip())
                line = source.count("\n", 0, at) + 1
                allowed = {name.strip() for each in ALLOW.findall(lines[line - 1]) for name in each.split(",")}
                if rule.name not in allowed:
                    found.append(Finding(file, line, " ".join(match[0].split()), rule))
    return sorted(found, key=lambda finding: finding.line)


def files(paths: list[Path]) -> Iterator[Path]:
    """Python and Markdown files at and under the paths."""
    for path in paths:
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.suffix in (".py", ".md") and file.is_file())


def main(arguments: list[str]) -> int:
    """Print the findings; the number of findings goes to standard error."""
    paths = [Path(each).resolve() for each in arguments] or [ROOT / each for each in CHECKED]
    rules = habits()
    found = []
    for file in files(paths):
        name = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
        found += check(file.read_text(encoding="utf-8"), file.suffix, rules, name)
    for finding in found:
        print(finding)
    if found:
        print(f"{len(found)} findings", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
