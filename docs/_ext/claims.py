"""`papers.rst`: the claims of papers, with the values that `systola papers --json docs/papers.json` measured."""

import json
import sys
from functools import partial
from itertools import groupby
from pathlib import Path

from rst import heading, literal, plain, table, write

from systola.gen.accelerators.registry import accelerators
from systola.gen.papers.claim import Claim
from systola.gen.papers.registry import claims
from systola.gen.papers.table import number

INTRO = """\
Published figures, and the same quantities measured on the hardware that Systola generates. A claim holds if the
measured value is within its band. ``systola papers`` measures all claims, ``systola papers --only NAME`` those of one
paper; ``--slow`` adds claims that take minutes each. :doc:`/sources` has versions of the compared projects.
"""


def page(every: list[Claim], measured: dict[tuple[str, str], dict]) -> str:
    parts = [heading("Papers"), INTRO]
    for paper, members in groupby(every, lambda claim: claim.paper):
        group = list(members)
        rows = [row(claim, measured) for claim in group]
        parts += [heading(paper, "-"), *citation(group[0]), table(HEAD, rows, "40 15 15 15 15")]
    return "\n".join(parts)


def citation(claim: Claim) -> list[str]:
    """First line of the docstring of the module that defines a claim; it names the paper."""
    measure = claim.measure.func if isinstance(claim.measure, partial) else claim.measure
    lines = (sys.modules[measure.__module__].__doc__ or "").splitlines()
    return [f"{plain(lines[0])}\n"] if lines else []


HEAD = ("claim", "published", "measured", "band", "command")


def row(claim: Claim, measured: dict[tuple[str, str], dict]) -> tuple[str, ...]:
    found = measured.get((claim.paper, claim.text))
    value = f"{number(found['measured'])} {claim.unit}" if found and found["measured"] is not None else "not measured"
    if found and found["measured"] is not None and not claim.within(found["measured"]):
        value += ", outside the band"
    band = " to ".join(dict.fromkeys(number(end) for end in claim.band))
    reason = f" {plain(claim.reason)}" if claim.reason else ""
    return plain(claim.text) + reason, plain(claim.stated), plain(value), band, literal(claim.command)


def load(path: Path) -> dict[tuple[str, str], dict]:
    """Measured claims by paper and text."""
    return {(each["paper"], each["text"]): each for each in json.loads(path.read_text())} if path.exists() else {}


def build(app):
    source = Path(app.srcdir)
    own = [each for each in accelerators().values() if type(each).__module__.startswith("systola.")]
    more = [claim for accelerator in own for claim in accelerator.claims()]
    write(source / "papers.rst", page(claims(more), load(source / "papers.json")))


def setup(app):
    app.connect("builder-inited", build)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
