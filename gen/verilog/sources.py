"""Amaranth sources of the statements of generated Verilog.

Yosys writes the source of a value as an attribute `src` before or inside its statement. The attributes are removed, so
that the Verilog is the same with and without them.
"""

import contextlib
import linecache
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import amaranth

_LINE = re.compile(r'(?m)^ *\(\* src = "[^"]*" \*\)\n')
_INSIDE = re.compile(r'\(\* src = "([^"]*)" \*\) ?')
_STATEMENT = re.compile(r"  (assign|always|function)\b")
_NAME = re.compile(r"(?<![\w'.])[A-Za-z_]\w*|\\\S+ ")
_CONDITION = re.compile(r"(?:= |if \()!?(\w+)(?: \?|\))")
_PACKAGE = Path(__file__).parents[2]
_PYTHON = Path(contextlib.__file__).parent
_OUTSIDE = (str(Path(amaranth.__file__).parent), str(_PACKAGE / "gen"), str(_PACKAGE / "hw" / "component.py"))


def separate(module: str) -> tuple[str, list[str]]:
    """Text of a module without its attributes, and the source of each of its statements, "" if unknown."""
    found, before, inside = [], "", False
    for line in module.splitlines():
        sources = _INSIDE.findall(line)
        if _STATEMENT.match(line):
            found.append(before or _first(sources))
            before, inside = "", True
        elif inside and sources and not _LINE.match(f"{line}\n"):
            found[-1] = found[-1] or _first(sources)
        else:
            before = _first(sources)
    return _INSIDE.sub("", _LINE.sub("", module)), found


def locate(verilog: str, marks: dict[str, list[str]]) -> dict[int, str]:
    """Source of each line: that of its statement, else of its condition, its result, or an operand.

    `marks` has the sources of the statements of each module, as :func:`separate` returns them.
    """
    located = {}
    lines = verilog.splitlines()
    for name, first, last in _modules(lines):
        statements = list(_statements(lines, first, last))
        sources = dict(zip((line for line, _, _ in statements), marks[name], strict=True))
        drives = {target: line for line, targets, _ in statements for target in targets}
        uses: dict[str, list[int]] = {}
        for line, targets, text in statements:
            for used in set(_NAME.findall(text)) - targets:
                uses.setdefault(used, []).append(line)
        targets_of = {line: targets for line, targets, _ in statements}
        for line, _, text in statements:
            source = sources[line] or _driven(_CONDITION.findall(text), drives, sources)
            source = source or _ahead(line, targets_of, uses, sources) or _driven(_NAME.findall(text), drives, sources)
            for n in range(line, line + text.count("\n") + 1):
                located[n] = source
    return {line: source for line, source in located.items() if source}


def code(source: str) -> str:
    """Line of Python at a source, without the spaces around it; "" if it cannot be read."""
    file, _, line = source.rpartition(":")
    path = next((path for path in (Path(folder, file) for folder in (_PACKAGE, *sys.path)) if path.is_file()), None)
    return linecache.getline(str(path), int(line)).strip() if path else ""


def _modules(lines: list[str]) -> Iterator[tuple[str, int, int]]:
    """Name, first and last line of each module; lines are counted from 1."""
    name, first = "", 0
    for number, line in enumerate(lines, 1):
        if line.startswith("module "):
            name, first = line.split()[1], number
        elif line == "endmodule":
            yield name, first, number


def _statements(lines: list[str], first: int, last: int) -> Iterator[tuple[int, set[str], str]]:
    """First line, driven names and text of each statement."""
    starts = [n for n in range(first, last) if _STATEMENT.match(lines[n - 1])]
    for start in starts:
        end = start + 1
        while end < last and re.match(r"    |  endfunction", lines[end - 1]):
            end += 1
        text = "\n".join(lines[start - 1 : end - 1])
        yield start, _targets(text), text


def _targets(text: str) -> set[str]:
    kind = text.split()[0]
    if kind == "function":
        return set(re.findall(r"(\w+);$", text.splitlines()[0]))
    if kind == "assign":
        return set(_NAME.findall(text.split("=", 1)[0])) - {"assign"}
    return {name for left in re.findall(r"(\S[^;()]*?)<=", text) for name in _NAME.findall(left)} - {"else"}


def _driven(names: list[str], drives: dict[str, int], sources: dict[int, str]) -> str:
    """Source of the first of the names whose statement has one."""
    return next((sources[drives[name]] for name in names if name in drives and sources[drives[name]]), "")


def _ahead(line: int, targets: dict[int, set[str]], uses: dict[str, list[int]], sources: dict[int, str]) -> str:
    """Source of the nearest statement that depends on a statement."""
    near, known = [line], {line}
    for each in near:
        if sources[each]:
            return sources[each]
        following = [user for name in targets[each] for user in uses.get(name, []) if user not in known]
        known.update(following)
        near += following
    return ""


def _first(sources: list[str]) -> str:
    """First source in a design, relative to this package or to the folder of imports.

    Amaranth is not part of a design, nor are Python's library, which runs Amaranth's context managers, and the
    functions that place components.
    """
    for place in (place for source in sources for place in source.split("|")):
        if Path(place).parent != _PYTHON and not place.startswith(_OUTSIDE):
            return _short(place)
    return ""


@cache
def _short(place: str) -> str:
    folders = [str(_PACKAGE), *sorted(filter(None, sys.path), key=len, reverse=True)]
    folder = next((each for each in folders if place.startswith(f"{each}/")), None)
    return place[len(folder) + 1 :] if folder else place
