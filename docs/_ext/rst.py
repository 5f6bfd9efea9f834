"""Pieces of reStructuredText, and files that are written only if their text changes."""

import re
from pathlib import Path


def heading(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}\n"


def table(head: tuple[str, ...], rows: list[tuple], widths: str = "auto") -> str:
    """A list-table; cells are reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in (head, *rows):
        for number, cell in enumerate(row):
            lines.append(f"   {'  -' if number else '* -'} {' '.join(str(cell).split())}".rstrip())
    return "\n".join(lines) + "\n"


def literal(text) -> str:
    """Text in the style of code."""
    return f"``{text}``" if str(text) else ""


def plain(text) -> str:
    """Text without markup but `code`."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:  # a backtick that is none of a pair
        return re.sub(r"([\\*`|_])", r"\\\1", str(text))
    return "".join(literal(part) if n % 2 else re.sub(r"([\\*|_])", r"\\\1", part) for n, part in enumerate(parts))


def write(path: Path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
