"""References to files of the repository and to code without a page become plain text; all others must resolve.

A link to a file that exists outside `docs/`, and a role such as :class:`.StreamSkid` whose name is defined in `hw/`,
`sim/` or `gen/`, are no broken links. Types of other packages in signatures are not looked up: the build is offline.
"""

import ast
import re
from functools import cache
from pathlib import Path

DOCS = Path(__file__).parents[1]
LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\((\.\./[^)#\s]*)\)")


def unlink(app, page: str, source: list[str]):
    """Replace links to existing files outside `docs/` by their text."""
    folder = Path(app.env.doc2path(page)).parent

    def text(link: re.Match) -> str:
        target = (folder / link[2]).resolve()
        return link[1] if target.exists() and not target.is_relative_to(DOCS) else link[0]

    source[0] = LINK.sub(text, source[0])


@cache
def defined() -> set[str]:
    """Names of all classes, functions and type variables of the package."""
    nodes = [
        node
        for package in ("hw", "sim", "gen")
        for file in (DOCS.parent / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    ]
    found = {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)}
    calls = [node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
    return found | {ast.unparse(node.targets[0]) for node in calls if ast.unparse(node.value.func).endswith("TypeVar")}


def resolve(app, env, node, content):
    """The text of a reference to code that needs no page; None for one that is broken."""
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"]
    known = name.rsplit(".", 1)[-1] in defined() or not name.startswith((".", "systola"))
    return content if known else None


def setup(app):
    app.connect("source-read", unlink)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
