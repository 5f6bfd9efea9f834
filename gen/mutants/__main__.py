"""`make mutants`: mutation testing of the benches of all generators, or of those that are named."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..cli import entry
from ..cli.options import err, folder_option
from ..errors import UsageError
from ..generators import find, generators
from ..synth.synth import SynthesisError
from .equivalence import LIMIT
from .score import MutationError, Score, score

TITLE = "Mutants that the bench of each generator notices"
FILE = "mutants.json"


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Generators. Default: all.")] = None,
    count: Annotated[int, typer.Option(min=1, max=65_000, help="Mutants per generator.")] = 50,
    seed: Annotated[int, typer.Option(min=1, help="Seed of the choice of mutants.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="Mutants that are simulated concurrently.")] = 2,
    least: Annotated[float, typer.Option(min=0, max=100, help="Lowest accepted share of noticed mutants, in %.")] = 95,
    limit: Annotated[int, typer.Option(min=1, help="Seconds for each of the two proofs of a mutant.")] = LIMIT,
    out: Annotated[
        Path | None, folder_option("--out", help="Folder for mutants.json, to which the scores are added.")
    ] = None,
):
    """Damage the small design of each generator in many places, one at a time, and run its bench on each.

    Yosys then tries to prove that mutants that the bench does not notice are equivalent to the unmodified design; those
    without a proof, or a reason in reasons.py, are survivors. Ends with exit code 1 if a share is below the lowest
    accepted one.
    """
    names = list(dict.fromkeys(find(name).name for name in names or generators()))
    data = out / FILE if out else None
    kept = load(data) if data else {}
    low = []
    for number, name in enumerate(names, 1):
        with err.status(f"[{number}/{len(names)}] {name}") as status:
            try:
                found = score(
                    name,
                    count=count,
                    seed=seed,
                    jobs=jobs,
                    limit=limit,
                    progress=lambda text: status.update(escape(text)),
                )
            except (MutationError, SynthesisError) as error:
                raise UsageError(str(error)) from None
        kept[name] = found
        low += [found] * (100 * found.share < least)
        Console(highlight=False, width=200).print(table([found], title=""))
        for survivor in found.survivors:
            Console(highlight=False, soft_wrap=True).print(f"  survives: {survivor}", markup=False)
        if data:
            data.parent.mkdir(parents=True, exist_ok=True)
            ordered = [kept[each].data() for each in generators() if each in kept]
            data.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
    if low:
        raise typer.Exit(1)


def load(data: Path) -> dict[str, Score]:
    """Read the scores of a file, by name of the generator."""
    scores = json.loads(data.read_text(encoding="utf-8")) if data.exists() else []
    return {each["name"]: Score(**each) for each in scores}


def table(scores: list[Score], title: str = TITLE, style: box.Box = box.SIMPLE_HEAD) -> Table:
    """Table of scores."""
    made = Table(title=title, box=style)
    made.add_column("generator")
    for heading in ("mutants", "noticed", "proven equivalent", "explained", "survivors", "share", "seconds"):
        made.add_column(heading, justify="right")
    for each in scores:
        counts = (each.mutants, each.noticed, len(each.equivalents), len(each.explained), len(each.survivors))
        made.add_row(each.name, *map(str, counts), f"{each.share:.1%}", f"{each.seconds:.0f}")
    return made


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(main)

if __name__ == "__main__":
    entry.main(app)
