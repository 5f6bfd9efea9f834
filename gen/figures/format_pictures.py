"""Panels of number formats: each panel has one row per format, with the most precise format on top."""

from .style import BLUE, NOTE, ORANGE, SMALL, number


def area(axes, section):
    """Transistors of each format, those of the decoders separately, and the clock frequency."""
    cell, share, clock = (section.columns.index(name) for name in ("transistors/cell", "decoders", "Fmax MHz (median)"))
    rows = _rows(section)
    whole = [number(row[cell]) for row in rows]
    decoders = [n * number(row[share] or 0) / 100 for n, row in zip(whole, rows, strict=True)]
    _names(axes, rows)
    axes.barh(range(len(rows)), whole, 0.7, color=BLUE, label="cells, delays, streams")
    axes.barh(
        range(len(rows)), decoders, 0.7, color=ORANGE, hatch="////", edgecolor="black", linewidth=0, label="decoders"
    )
    for index, row in enumerate(rows):
        place = {"textcoords": "offset points", "va": "center", "fontsize": SMALL - 1}
        axes.annotate(f"{number(row[clock]):.0f} MHz", (whole[index], index), (3, 0), **place)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:,.0f}k")
    axes.set(xlabel="transistors per cell (Yosys's estimate)", title="Area and Fmax, 8 x 8")
    axes.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.35, -0.1))
    axes.margins(x=0.2)


def price(axes, section):
    """Transistors for one product per cycle."""
    cell, rate = (section.columns.index(name) for name in ("transistors/cell", "MAC/cycle"))
    rows = _rows(section)
    _dots(axes, [number(row[cell]) * 64 / number(row[rate]) for row in rows], "{:,.0f}")
    axes.set(xlabel="transistors per product and cycle", title="Cost of a product")


def error(axes, section):
    """Quantisation error of normally distributed weights, and accuracy of the digits network."""
    loss, digits = (section.columns.index(name) for name in ("error, normal", "digits"))
    rows = _rows(section)
    _dots(axes, [number(row[loss]) for row in rows], "{:.3g} %")
    for index, row in enumerate(rows):
        place = {"xycoords": ("axes fraction", "data"), "va": "center", "ha": "right", "fontsize": SMALL - 1}
        axes.annotate(row[digits], (1.14, index), **place, color=NOTE)
    axes.annotate("digits\nright", (1.14, -1.1), **place, color=NOTE, annotation_clip=False)
    axes.set(xlabel="error of normal weights, % of the mean square", title="Precision")


def _rows(section) -> list[list]:
    at = section.columns.index("error, normal")
    return sorted(section.rows, key=lambda row: number(row[at]))


def _names(axes, rows):
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _dots(axes, values: list[float], text: str):
    """Draw a dot with its value per row, on a logarithmic scale."""
    axes.set_xscale("log")
    axes.hlines(range(len(values)), min(values) / 3, values, color="#cccccc", linewidth=1)
    axes.plot(values, range(len(values)), "o", color=BLUE, markersize=5)
    for index, value in enumerate(values):
        place = {"textcoords": "offset points", "va": "center", "fontsize": SMALL - 1}
        axes.annotate(text.format(value), (value, index), (6, 0), **place)
    axes.set_yticks(range(len(values)), [""] * len(values))
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.set_xlim(min(values) / 3, max(values) * 40)
    axes.tick_params(axis="y", length=0)
