"""References to files of the repository and to code without a page become plain text; all others must resolve.

A link to a file or folder that exists beside `docs/`, and a role such as :class:`.Skid` whose name is defined in `hw/`,
`sim/` or `gen/`, are no broken links. Types of other packages in signatures are not looked up: the build is offline.
"""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def defined() -> set[str]:
    """Names of all classes and functions of the package."""
    nodes = (
        node
        for room in ("hw", "sim", "gen")
        for file in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    )
    return {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)}


def resolve(app, env, node, content):
    """The text of a reference that needs no page; None for one that is broken."""
    if node.get("refdomain") == "py":
        name = node["reftarget"]
        known = name.rsplit(".", 1)[-1] in defined() or not name.startswith((".", "systola"))
        return content if known else None
    if node.get("reftype") == "myst":
        page = Path(env.doc2path(node["refdoc"])).parent
        return content if (page / node["reftarget"].partition("#")[0]).exists() else None
    return None


def setup(app):
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
