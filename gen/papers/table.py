"""Output of `systola papers`: one line per claim during the measurement, then a table of all claims."""

from collections.abc import Callable, Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .claim import Claim, ClaimResult

WIDTH = 120
"""Minimum width of the table in characters if the output is not a terminal."""


def progress(err: Console) -> Callable[[int, int, Claim], None]:
    """Callback for `registry.run` that prints a line before each measurement."""

    def line(number: int, count: int, claim: Claim):
        err.print(f"[{number}/{count}] {claim.paper}: {claim.text}", markup=False)

    return line


def show(results: Iterable[ClaimResult], out: Console):
    """Print a table of the claims, the reasons of claims outside their bands, and a summary."""
    results = list(results)
    table = Table("paper", "claim, and its command", box=box.SIMPLE_HEAD)
    for name in ("published", "measured", "band"):
        table.add_column(name, justify="right")
    table.add_column("within")
    for result in results:
        claim = result.claim
        table.add_row(
            claim.paper,
            Text(f"{claim.text}\n").append(claim.command, "dim"),
            number(claim.published),
            f"{number(result.measured)} {claim.unit}" if result.measured is not None else "error",
            " to ".join(dict.fromkeys(number(end) for end in claim.band)),
            "[green]yes[/]" if result.within else "[red]no[/]",
        )
    width = out.width
    out.width = width if out.is_terminal else max(width, WIDTH)
    out.print(table)
    out.width = width
    for result in results:
        if result.error:
            out.print(f"{result.claim.paper}: {result.claim.text}\n    not measured: {result.error}", markup=False)
        elif not result.within:
            out.print(f"{result.claim.paper}: {result.claim.text}\n    {result.claim.reason}", markup=False)
    inside = sum(result.within for result in results)
    seconds = sum(result.seconds for result in results)
    out.print(f"{inside} of {len(results)} claims are within their bands; measured in {seconds:.0f} s")


def number(value: float) -> str:
    """Text of a number with four significant digits; integers are written with all digits."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
