"""Timeline of the units of a run: a picture, and a trace file for Perfetto and Chrome."""

import json
from collections.abc import Sequence
from pathlib import Path

from ..compile.timeline import Span

ROWS = ("load", "array", "vector", "store", "sync")
STYLES = {
    "load": ("#0072b2", ""),
    "array": ("#009e73", ""),
    "vector": ("#cc79a7", "///"),
    "store": ("#d55e00", ""),
    "sync": ("#b0b0b0", "..."),
}
"""Colour and hatching of each unit."""
PIXELS = 1600
"""Resolution of a picture in pixels: idle times shorter than one pixel are not drawn."""
ZOOM = 12
"""The enlarged start and end of a run are each at least 1 / ZOOM of its cycles."""


def write(folder: Path, spans: Sequence[Span], cycles: int, title: str) -> list[Path]:
    """Write timeline.json and timeline.png to a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    trace, picture = folder / "timeline.json", folder / "timeline.png"
    trace.write_text(json.dumps(events(spans)) + "\n", encoding="utf-8")
    draw(picture, spans, cycles, title)
    return [trace, picture]


def events(spans: Sequence[Span]) -> dict:
    """Trace events; a cycle is represented as a microsecond."""
    rows = {unit: number for number, unit in enumerate(ROWS)}
    found: list[dict] = [
        {"name": "thread_name", "ph": "M", "pid": 0, "tid": number, "args": {"name": unit}}
        for unit, number in rows.items()
    ]
    found += [
        {"name": s.unit, "ph": "X", "pid": 0, "tid": rows[s.unit], "ts": s.begin, "dur": s.end - s.begin}
        | ({"args": {"instruction": s.pc}} if s.pc else {})
        for s in spans
        if s.unit in rows
    ]
    return {"traceEvents": found, "displayTimeUnit": "ns"}


def draw(path: Path, spans: Sequence[Span], cycles: int, title: str):
    """Draw the timeline of a run and, below it, its start and its end at a larger scale."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.4), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 1, hspace=0.12)
    whole = figure.add_subplot(grid[0])
    below = grid[1].subgridspec(1, 2, wspace=0.06)
    rows(whole, spans, 0, cycles)
    whole.set_title(f"{title}: {cycles:,} cycles", fontsize=10, loc="left", fontweight="bold")
    start, end = ends(spans, cycles)
    for place, name, first, last in zip(
        (below[0], below[1]), ("first", "last"), (0, cycles - end), (start, cycles), strict=True
    ):
        axis = figure.add_subplot(place)
        rows(axis, spans, first, last)
        axis.set_title(f"the {name} {last - first:,} cycles", fontsize=9, loc="left")
        axis.set_xlabel("clock cycles", fontsize=9)
        whole.axvspan(first, last, color="#000000", alpha=0.08, linewidth=0)
    figure.savefig(path, metadata={"Software": None})


def ends(spans: Sequence[Span], cycles: int) -> tuple[int, int]:
    """Number of cycles of the start and of the end that are shown at a larger scale.

    They cover the time before the first and after the last work of the array, plus a quarter. Each is at least 1 /
    `ZOOM` and at most a quarter of the run.
    """
    array = [span for span in spans if span.unit == "array"]
    before = min((span.begin for span in array), default=0)
    after = cycles - max((span.end for span in array), default=cycles)
    start, end = (min(max(each + each // 4, cycles // ZOOM, 1), max(cycles // 4, 1)) for each in (before, after))
    return start, end


def rows(axis, spans: Sequence[Span], first: int, last: int):
    """Draw the busy times of units from cycle `first` to `last`, one row per unit."""
    for number, unit in enumerate(reversed(ROWS)):
        shown = [s for s in spans if s.unit == unit and s.end > first and s.begin < last]
        bars = [(a, b - a) for a, b in merged(shown, (last - first) / PIXELS)]
        colour, hatch = STYLES[unit]
        axis.broken_barh(
            bars, (number - 0.4, 0.8), facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0, clip_on=True
        )
    axis.set(xlim=(first, last), ylim=(-0.6, len(ROWS) - 0.4))
    axis.set_yticks(range(len(ROWS)), reversed(ROWS))
    axis.tick_params(labelsize=8.5)
    axis.spines[["top", "right"]].set_visible(False)
    axis.xaxis.set_major_formatter("{x:,.0f}")


def merged(spans: Sequence[Span], gap: float) -> list[tuple[int, int]]:
    """Busy times in order; those separated by at most `gap` cycles are merged."""
    found: list[list[int]] = []
    for span in sorted(spans, key=lambda span: span.begin):
        if found and span.begin - found[-1][1] <= gap:
            found[-1][1] = max(found[-1][1], span.end)
        else:
            found.append([span.begin, span.end])
    return [(begin, end) for begin, end in found]
