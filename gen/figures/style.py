"""Style of all pictures: colours that also differ in greyscale, sizes for the width of a page, names next to lines."""

import math

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, GREY = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#56b4e9",
    "#b0b0b0",
)
"""Colours of Okabe and Ito, which the colour-blind can distinguish."""
OURS, PEER = BLUE, GREY
NOTE = "#555555"
MARKS = ("o", "s", "^", "D", "v", "x")
STROKES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
SMALL = 8.5
WIDTH = 10.0
"""Width of a picture in inches; a page shows it about 8 inches wide."""


def use():
    """Set the style of all further pictures, and return pyplot."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams.update(
        {
            "font.size": 10,
            "axes.titlesize": 10.5,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": 9.5,
            "xtick.labelsize": SMALL,
            "ytick.labelsize": SMALL,
            "legend.fontsize": SMALL,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "grid.alpha": 0.3,
            "hatch.linewidth": 0.6,
        }
    )
    return plt


def number(text) -> float:
    """Number in a cell of a table: 95.1 for "95.1%"."""
    return float(str(text).rstrip("%"))


def stroke(index: int) -> dict:
    """Colour, marker and dash of a series; each of the three identifies it."""
    colours = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
    style = {"color": colours[index % 6], "marker": MARKS[index % 6], "linestyle": STROKES[index % 6]}
    return style | {"markersize": 5, "linewidth": 1.5, "markerfacecolor": "none"}


def name_lines(axes, ends: list[tuple], gap: float = 0.075, at: float | None = None):
    """Write names of lines to the right of their last points, given as (x, y, name, colour).

    Names are at least `gap` of the height of the axes apart. With `at` all names start at that x, and a thin line
    connects each with its point.
    """
    low, high = axes.get_ylim()
    scale, back = (math.log, math.exp) if axes.get_yscale() == "log" else (float, float)
    share = lambda y: (scale(y) - scale(low)) / (scale(high) - scale(low))  # noqa: E731
    ordered = sorted(ends, key=lambda end: (end[1], -end[0]))
    heights = _apart([share(y) for _, y, _, _ in ordered], gap)
    for (x, y, name, colour), height in zip(ordered, heights, strict=True):
        place = (at or x, back(scale(low) + height * (scale(high) - scale(low))))
        line = {"arrowstyle": "-", "color": colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3, "relpos": (0, 0.5)}
        text = {"color": colour, "fontsize": SMALL, "va": "center"}
        if at:
            axes.annotate(name, (x, y), place, arrowprops=line, **text)
        else:
            axes.annotate(name, place, (7, 0), textcoords="offset points", **text)


def _apart(heights: list[float], gap: float) -> list[float]:
    """Move sorted heights as little as possible so that adjacent ones are at least `gap` apart."""
    heights = list(heights)
    for _ in range(200):
        for n in range(len(heights) - 1):
            short = gap - (heights[n + 1] - heights[n])
            if short > 1e-6:
                heights[n] -= short / 2
                heights[n + 1] += short / 2
    lift = max(0.0, gap / 2 - heights[0]) if heights else 0.0
    return [height + lift for height in heights]


def bars(axes, positions, values, *, peer: bool = False, width: float = 0.38, label: str | None = None, text="{:.1f}"):
    """Draw bars with their values above; bars of peers are grey and hatched."""
    look = {"color": PEER, "hatch": "///", "edgecolor": "white"} if peer else {"color": OURS}
    axes.bar(positions, values, width, label=label, **look)
    for position, value in zip(positions, values, strict=True):
        shown = text.format(value)
        axes.annotate(shown, (position, value), (0, 2), textcoords="offset points", ha="center", fontsize=SMALL - 0.5)


def levels(axes, names, values, *, colours: str | list[str] = OURS, text="{:,.0f}", label: str = ""):
    """Draw horizontal bars, the first on top, with their values next to them."""
    axes.barh(range(len(names)), values, 0.7, color=colours)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    for index, value in enumerate(values):
        axes.annotate(
            text.format(value), (value, index), (3, 0), textcoords="offset points", va="center", fontsize=SMALL - 0.5
        )
    axes.set_xlabel(label)
    axes.margins(x=0.16)


def legend_below(axes, columns: int):
    axes.legend(loc="upper center", ncols=columns, bbox_to_anchor=(0.5, -0.16))
