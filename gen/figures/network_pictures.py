"""Panels of networks and collectives: latency against load, map of the links, cycles against bytes."""

import numpy as np

from . import style
from .style import GREY, OURS, SMALL, VERMILION, number

FIRST = 7
"""Index of the first load column in the table of loads."""


def latency(axes, section):
    """Mean latency with uniform traffic up to the last stable load. Networks with the same curve share one line."""
    curves: dict[tuple, list] = {}
    for row in section.rows:
        if row[3] == "uniform":
            curves.setdefault((row[0], row[2], *_curve(section, row)), []).append(row)
    ends, rising = [], []
    for index, ((network, rounds, loads, values), rows) in enumerate(curves.items()):
        look = style.stroke(index)
        axes.plot(loads, values, **look)
        vcs = " or ".join(str(row[1]) for row in rows)
        name = f"{network}, {vcs} VCs" + (f",\n{rounds} rounds" if rounds > 1 else "")
        (ends if network == "torus" else rising).append((loads[-1], values[-1], name, look["color"]))
    axes.set(xlabel="flits offered per node and cycle", ylabel="mean latency, cycles", title="Uniform traffic, 8 x 8")
    axes.set(xlim=(0, 1.22), ylim=(0, 27))
    style.name_lines(axes, ends, 0.1, at=0.84)
    for x, y, name, colour in rising:
        axes.annotate(name, (x, y), (-16, 8), textcoords="offset points", ha="center", color=colour, fontsize=SMALL)
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8])
    axes.grid()


def stable(axes, section):
    """Highest stable load of each network, compared with that of the peer."""
    rows = [row for row in section.rows if row[3] == "uniform"]
    names = [f"{row[0]}\n{row[1]} VCs" + (f", {row[2]} rounds" if row[2] > 1 else "") for row in rows]
    peers = [row[6] if row[2] == 1 else None for row in rows]
    _pairs(axes, names, [row[5] for row in rows], peers, ("Systola", "BookSim 2"))
    axes.set(title="Highest stable load")


def patterns(axes, section):
    """Highest stable load of torus and mesh by pattern, with 4 VCs."""
    rows = {(row[0], row[3]): row[5] for row in section.rows if row[1:3] == [4, 1]}
    names = list(dict.fromkeys(pattern for _, pattern in rows))
    torus, mesh = ([rows[network, name] for name in names] for network in ("torus", "mesh"))
    _pairs(axes, [name.replace("bit ", "bit\n") for name in names], torus, mesh, ("torus", "mesh"), peer=False)
    axes.set(title="Patterns, 4 VCs")


def _pairs(axes, names, first, second, labels, peer: bool = True):
    """Draw two horizontal bars per name, none for a value of None."""
    look = {"color": GREY if peer else VERMILION, "hatch": "///", "edgecolor": "white"}
    axes.barh([n - 0.2 for n in range(len(names))], first, 0.38, color=OURS, label=labels[0])
    axes.barh([n + 0.2 for n in range(len(names))], [value or 0 for value in second], 0.38, label=labels[1], **look)
    for shift, values in ((-0.2, first), (0.2, second)):
        for index, value in enumerate(values):
            if value is not None:
                place = {"textcoords": "offset points", "va": "center", "fontsize": SMALL - 1}
                axes.annotate(f"{value:g}", (value, index + shift), (3, 0), **place)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="flits per node and cycle")
    axes.margins(x=0.15)
    style.legend_below(axes, 2)


def _curve(section, row) -> tuple[tuple[float, ...], tuple[float, ...]]:
    points = [
        (float(load), float(cell)) for load, cell in zip(section.columns[FIRST:], row[FIRST:], strict=True) if cell
    ]
    return tuple(load for load, _ in points), tuple(latency for _, latency in points)


def torus(axes, section):
    _map(axes, section, "torus")


def mesh(axes, section):
    """Map of the mesh, and the colour bar for both maps."""
    colours = _map(axes, section, "mesh")
    bar = axes.figure.colorbar(colours, ax=axes.figure.axes, shrink=0.8)
    bar.set_label("cycles in which a link moves a flit, %")


def _map(axes, section, kind: str):
    """Draw each link as an arrow; colour and thickness show its utilisation with uniform traffic."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    rows = [row for row in section.rows if row[0] == kind and row[1] == "uniform"]
    every = [int(share) for row in section.rows if row[1] == "uniform" for cell in row[3:] for share in cell.split()]
    colours = ScalarMappable(Normalize(0, max(every)), colormaps["YlOrRd"])
    for row in rows:
        y = row[2]
        for x, cell in enumerate(row[3:]):
            axes.plot(x, y, "s", color="#444444", ms=5)
            for share, (dx, dy) in zip(map(int, cell.split()), ((1, 0), (-1, 0), (0, 1), (0, -1)), strict=True):
                if share:
                    start = x + 0.12 * dx + 0.09 * dy, y + 0.12 * dy - 0.09 * dx
                    width = 0.8 + 2.2 * share / max(every)
                    look = {
                        "arrowstyle": "-|>",
                        "color": colours.to_rgba(np.asarray(share)),
                        "lw": width,
                        "shrinkA": 0,
                        "shrinkB": 0,
                    }
                    axes.annotate("", xytext=start, xy=(start[0] + 0.62 * dx, start[1] + 0.62 * dy), arrowprops=look)
    own = [int(share) for row in rows for cell in row[3:] for share in cell.split() if int(share)]
    axes.set(xlim=(-0.9, 7.9), ylim=(7.9, -0.9), aspect="equal", xticks=range(8), yticks=range(8))
    axes.set(xlabel="x of the node", ylabel="y of the node")
    axes.set_title(f"{kind}: {sum(own) / len(own):.0f} % on average, {max(own)} % at most")
    return colours


def collectives(axes, section):
    """Cycles against bytes on the larger torus, with the fitted lines."""
    sizes = [int(column.split()[0]) for column in section.columns[2 : section.columns.index("alpha, cycles")]]
    largest, ends = section.rows[-1][0], []
    for index, row in enumerate(row for row in section.rows if row[0] == largest):
        look = style.stroke(index)
        alpha, beta = float(row[2 + len(sizes)]), float(row[3 + len(sizes)])
        look |= {"markersize": 4 + 2.2 * (index % 2)}  # coincident markers are drawn one inside the other
        axes.plot(sizes, row[2 : 2 + len(sizes)], **look | {"linestyle": "none"})
        axes.plot(sizes, [alpha + beta * size for size in sizes], color=look["color"], linestyle=look["linestyle"])
        ends.append((sizes[-1], row[1 + len(sizes)], row[1], look["color"]))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set(xlabel="KiB per node", ylabel="cycles", title=f"{largest} torus, and alpha + beta x bytes")
    axes.set(xlim=(3.5, 190), ylim=(128, 12000))
    style.name_lines(axes, ends, 0.068, at=88)
    axes.grid()


def bounds(axes, section):
    """Bound relative to the measured cycles, at the largest size."""
    sides = list(dict.fromkeys(row[0] for row in section.rows))
    names = list(dict.fromkeys(row[1] for row in section.rows))
    ratios = {(row[0], row[1]): number(row[-1]) for row in section.rows}
    for shift, side, look in ((-0.2, sides[0], {"color": OURS}), (0.2, sides[1], _second())):
        axes.bar(
            [n + shift for n in range(len(names))],
            [ratios[side, each] for each in names],
            0.38,
            label=f"{side} torus",
            **look,
        )
        for index, name in enumerate(names):
            place = {"textcoords": "offset points", "ha": "center", "fontsize": SMALL - 1}
            axes.annotate(f"{ratios[side, name]:.0f}", (index + shift, ratios[side, name]), (0, 2), **place)
    axes.axhline(90, color="#333333", linewidth=0.8, linestyle="--")
    axes.annotate("90 %", (1.005, 90), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL - 1)
    axes.set_xticks(range(len(names)), [name.replace("-", "-\n", 1) for name in names])
    axes.set(ylim=(0, 108), ylabel="bound / measured cycles, %", title="64 KiB per node", xlim=(-0.6, len(names) - 0.4))
    style.legend_below(axes, 2)


def _second() -> dict:
    return {"color": VERMILION, "hatch": "///", "edgecolor": "white"}
