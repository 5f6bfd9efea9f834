"""Panels of arrays and of `systola`: utilisation, area, clock frequency, roofline."""

import math

from . import style
from .style import NOTE, OURS, PEER, SMALL, number

PEAK = 256
"""MACs per cycle of 16 x 16."""


def utilisation(axes, section):
    """Multiplier utilisation on RTL and in the peer's model."""
    rows = [row for row in section.rows if row[5]]
    style.bars(axes, [n - 0.2 for n in range(len(rows))], [number(row[3]) for row in rows], label="Systola, RTL")
    peers = [number(row[5]) for row in rows]
    style.bars(axes, [n + 0.2 for n in range(len(rows))], peers, peer=True, label="SCALE-Sim 3.0, model")
    axes.set_xticks(range(len(rows)), [f"{row[0].split()[-1]}\n{row[1].replace('^3', '³')}" for row in rows])
    axes.set(ylim=(0, 112), ylabel="multipliers busy, %", title="Matrix products, int8, 16 x 16")
    style.legend_below(axes, 2)


def area(axes, section):
    """LUT4 equivalents of each design."""
    _designs(axes, section, 1, "LUT4 equivalents per MAC", "Area", "{:.1f}")


def clock(axes, section):
    """Clock frequency of each design."""
    _designs(axes, section, 4, "Fmax, MHz (median of 5)", "Clock frequency", "{:.0f}")
    axes.set_yticklabels([])


def _designs(axes, section, column: int, label: str, title: str, text: str):
    names = [_short(row[0]) for row in section.rows]
    colours = [PEER if "(peer)" in row[0] else OURS for row in section.rows]
    style.levels(axes, names, [number(row[column]) for row in section.rows], colours=colours, text=text, label=label)
    axes.set_title(title)


def _short(name: str) -> str:
    """Name of a design in two lines."""
    first, *rest = name.replace(" (peer)", "").replace("... ", "").split(" ", 1)
    return "\n".join([first, *rest])


def roofline(axes, section):
    """Roofline with measured points: MACs per byte, MACs per cycle. The bus moves 8 bytes per direction and cycle."""
    roof = (0.5, PEAK / 16, 1000)  # concurrent reads and writes: 16 bytes per cycle
    axes.plot(roof, [min(PEAK, 16 * x) for x in roof], color="#333333", linewidth=1.3)
    axes.plot((0.5, PEAK / 8), (4, PEAK), color="#333333", linewidth=1, linestyle=":")
    axes.set(xscale="log", yscale="log", xlim=(0.5, 1000), ylim=(4, 3000))
    _along(axes, 2.7, 1.25 * 16 * 2.7, "16 bytes per cycle, both directions")
    _along(axes, 4.6, 8 * 4.6 / 1.3, "8 bytes per cycle, one direction")
    points = [(number(row[3]), PEAK * number(row[2]) / 100, row[0]) for row in section.rows]
    axes.scatter([x for x, _, _ in points], [y for _, y, _ in points], color=OURS, zorder=3, s=26)
    high = sorted(point for point in points if point[1] > 0.7 * PEAK)
    low = [point for point in points if point[1] <= 0.7 * PEAK]
    # Names of points at the roof are placed above it, next to each other; a line connects a point and its name.
    step, last = 0.155, -math.inf
    for x, y, name in high:
        last = max(math.log10(x) - 0.12, last + step)
        line = {"arrowstyle": "-", "color": "#999999", "linewidth": 0.6, "shrinkB": 3}
        place = {"xytext": (10**last, 345), "rotation": 55, "rotation_mode": "anchor", "va": "center"}
        axes.annotate(name, (x, y), **place, fontsize=SMALL - 1, arrowprops=line)
    for x, y, name in _joined(low):
        several = "\n" in name
        place = {"xytext": (16, -34) if several else (8, -7), "textcoords": "offset points", "va": "center"}
        line = {"arrowstyle": "-", "color": "#999999", "linewidth": 0.6, "relpos": (0.1, 1)} if several else None
        axes.annotate(name, (x, y), **place, fontsize=SMALL - 1, arrowprops=line)
    axes.set(xlabel="MACs per byte that must be moved", ylabel="MACs per cycle", title="Roofline, 16 x 16")


def _joined(points) -> list[tuple]:
    """Merge coincident points into one with all names."""
    found: list[tuple] = []
    for x, y, name in sorted(points):
        if found and abs(math.log(found[-1][0] / x)) < 0.1 and abs(math.log(found[-1][1] / y)) < 0.2:
            found[-1] = (*found[-1][:2], f"{found[-1][2]}\n{name}")
        else:
            found.append((x, y, name))
    return found


def _along(axes, x: float, y: float, name: str):
    """Write a name at a point, along a line of slope one on logarithmic axes."""
    angle = {"rotation": math.degrees(math.atan2(y, x)), "transform_rotates_text": True, "rotation_mode": "anchor"}
    axes.text(x, y, name, **angle, ha="center", va="center", color=NOTE, fontsize=SMALL - 1)
