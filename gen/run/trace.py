"""Who was busy when: as a picture, and as a file for Perfetto and Chrome's tracing."""

import json
from collections.abc import Sequence
from pathlib import Path

from ..compile.timeline import Span

ROWS = ("load", "array", "vector", "store", "sync")
COLOURS = {"load": "#1f5fa8", "array": "#2e8b57", "vector": "#8a5fb5", "store": "#c8641e", "sync": "#b8b8b8"}
PIXELS = 1600
"""Resolution of a picture: shorter times without work are not seen."""


def write(folder: Path, spans: Sequence[Span], cycles: int, title: str) -> list[Path]:
    """timeline.json and timeline.png in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    trace, picture = folder / "timeline.json", folder / "timeline.png"
    trace.write_text(json.dumps(events(spans)) + "\n", encoding="utf-8")
    draw(picture, {title: (spans, cycles)})
    return [trace, picture]


def events(spans: Sequence[Span]) -> dict:
    """Trace events; a cycle is a microsecond."""
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


def draw(path: Path, runs: dict[str, tuple[Sequence[Span], int]]):
    """Timelines below each other on one scale of time, by their titles."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 0.5 + 1.5 * len(runs)), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    longest = max(cycles for _, cycles in runs.values())
    axes = figure.subplots(len(runs), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (title, (spans, cycles)) in zip(axes, runs.items(), strict=True):
        for number, unit in enumerate(reversed(ROWS)):
            bars = merged([s for s in spans if s.unit == unit], longest / PIXELS)
            axis.broken_barh([(a, b - a) for a, b in bars], (number - 0.4, 0.8), color=COLOURS[unit], linewidth=0)
        axis.axvline(cycles, color="#333333", linewidth=0.8, linestyle=(0, (4, 3)))
        axis.set_title(f"{title}: {cycles:,} cycles", fontsize=10, loc="left")
        axis.set(xlim=(0, longest * 1.01), ylim=(-0.6, len(ROWS) - 0.4))
        axis.set_yticks(range(len(ROWS)), reversed(ROWS))
        axis.spines[["top", "right"]].set_visible(False)
        axis.xaxis.set_major_formatter("{x:,.0f}")
    axes[-1].set_xlabel("clock cycles")
    figure.savefig(path, metadata={"Software": None})


def merged(spans: Sequence[Span], gap: float) -> list[tuple[int, int]]:
    """Times in order, those closer than `gap` as one."""
    found: list[list[int]] = []
    for span in sorted(spans, key=lambda span: span.begin):
        if found and span.begin - found[-1][1] <= gap:
            found[-1][1] = max(found[-1][1], span.end)
        else:
            found.append([span.begin, span.end])
    return [(begin, end) for begin, end in found]
