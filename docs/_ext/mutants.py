"""`mutants.rst`: the scores of all benches, as `make mutants` wrote them to docs/mutants.json."""

from pathlib import Path

from rst import heading, plain, table, write

from systola.gen.generators import generators
from systola.gen.mutants.__main__ import FILE, load
from systola.gen.mutants.score import CASES, Score

INTRO = """\
A mutant is a design in which one bit of one cell is inverted, constant, or inverted depending on another bit; Yosys
chooses them evenly over modules, cells and source lines. ``make mutants`` runs the bench of each generator on mutants
of its small instance, with {cases} cases each. A mutant is noticed if the bench reports a mismatch, an error, or a
design that does not respond. For the others, Yosys tries to prove that their outputs equal those of the unmodified
design for all inputs; some are equivalent for a reason that is stated below, and those that remain are survivors. The
share is that of the noticed mutants among these and the survivors. ``make mutants NAME=dma`` measures one generator.
"""
HEAD = ("generator", "mutants", "noticed", "proven equivalent", "explained", "survivors", "share", "minutes")


def page(scores: dict[str, Score]) -> str:
    rows = [
        (
            f":doc:`{each.name} <gallery/{each.name}>`",
            each.mutants,
            each.noticed,
            len(each.equivalents),
            len(each.explained),
            len(each.survivors),
            f"{each.share:.1%}",
            f"{each.seconds / 60:.1f}",
        )
        for each in scores.values()
    ]
    parts = [heading("Mutants"), INTRO.format(cases=CASES), table(HEAD, rows, "25 10 10 10 10 10 10 10")]
    explained = [(name, f"{text}: {why}") for name, each in scores.items() for text, why in each.explained.items()]
    if explained:
        rows = [(name, plain(text)) for name, text in explained]
        parts += [heading("Equivalent for a reason", "-"), table(("generator", "mutant and reason"), rows, "20 80")]
    survivors = [(name, text) for name, each in scores.items() for text in each.survivors]
    if survivors:
        parts += [
            heading("Survivors", "-"),
            LEFT,
            table(("generator", "mutant"), [(n, plain(t)) for n, t in survivors], "20 80"),
        ]
    return "\n".join(parts)


LEFT = """\
Each line gives the module, the port and bit of the cell, the damage, and the line of the generated Verilog.
Some are equivalent without a proof, for example where the induction would need an invariant; the others are gaps of the
bench.
"""


def build(app):
    source = Path(app.srcdir)
    known = generators()
    write(source / "mutants.rst", page({name: each for name, each in load(source / FILE).items() if name in known}))


def setup(app):
    app.connect("builder-inited", build)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
