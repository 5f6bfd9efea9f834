"""Table of figures, and formats of its values."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

err = Console(stderr=True, highlight=False)


@dataclass
class Section:
    """Table of figures: title, note on the measurement, columns and rows.

    `data` is additional data for pictures.
    """

    title: str
    note: str
    columns: list[str]
    rows: list[list] = field(default_factory=list)
    data: dict = field(default_factory=dict)

    def table(self, style) -> Table:
        table = Table(*self.columns, box=style)
        for row in self.rows:
            table.add_row(*(text(value) for value in row))
        return table


def percent(ratio: float) -> str:
    return f"{ratio:.1%}"


def text(value) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def step(message: str):
    """Print a step of a measurement as progress."""
    err.print(f"  {message}", markup=False)
