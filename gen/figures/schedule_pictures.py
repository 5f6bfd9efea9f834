"""Panels of the lecture's schedules: cycles, and busy times of each unit."""

from collections.abc import Callable, Sequence

from ..compile.timeline import Span
from ..run import trace
from . import style
from .style import SMALL

ORDERS = ("serial", "reordered", "synchronised", "overlapped")


def kept(spans: Sequence[Span]) -> dict[str, str]:
    """Timeline of a run for figures.json: busy times "begin-end" of each unit; close ones are merged."""
    longest = max(span.end for span in spans)
    return {
        unit: " ".join(
            f"{a}-{b}" for a, b in trace.merged([s for s in spans if s.unit == unit], longest / trace.PIXELS)
        )
        for unit in trace.ROWS
    }


def cycles(axes, section):
    """Cycles of each schedule, measured and according to the lecture's formula."""
    rows = section.rows
    measured = [(n - 0.2 * bool(row[2]), row[1]) for n, row in enumerate(rows)]
    formula = [(n + 0.2, row[2]) for n, row in enumerate(rows) if row[2]]
    style.bars(axes, *zip(*measured, strict=True), label="measured", text="{:,.0f}")
    style.bars(axes, *zip(*formula, strict=True), peer=True, label="formula", text="")
    axes.set_xticks(range(len(rows)), [f"{row[0]}\n{row[4]} x" for row in rows])
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set(ylabel="cycles", title="The lecture's schedules, eight tiles", xlim=(-0.6, len(rows) - 0.4))
    axes.legend(loc="upper right")


def panels() -> list[Callable]:
    """Timeline panels, one per schedule."""
    return [lambda axes, section, order=order: _timeline(axes, section, order) for order in ORDERS]


def _timeline(axes, section, order: str):
    (cycles,) = (row[1] for row in section.rows if row[0] == order)
    spans = [
        Span(unit, *map(int, times.split("-")))
        for unit, texts in section.data[order].items()
        for times in texts.split()
    ]
    trace.rows(axes, spans, 0, cycles)
    axes.set_title(f"{order}: {cycles:,} cycles", loc="left")
    axes.axvline(cycles, color="#333333", linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_xlim(0, 1.01 * max(row[1] for row in section.rows))
    if order == ORDERS[-1]:
        axes.set_xlabel("clock cycles")
    axes.tick_params(axis="both", labelsize=SMALL)
