"""Panels of memories and of the DMA engine."""

from . import style
from .style import BLUE, GREY, OURS, SMALL, VERMILION, number

NAMES = {"scratchpad": "scratchpad,\n4 banks", "multiport": "multi-port"}


def logic_by_ports(axes, section):
    _by_ports(axes, section, 3, "LUT4 equivalents", "Logic by ports")


def blocks_by_ports(axes, section):
    _by_ports(axes, section, 5, "block memories (DP16KD)", "Memories by ports")


def clock_by_ports(axes, section):
    _by_ports(axes, section, 6, "Fmax, MHz (median of 5)", "Clock frequency by ports")


def logic_by_banks(axes, section):
    _by_banks(axes, section, 3, "LUT4 equivalents", "Logic by banks, 4 ports")


def clock_by_banks(axes, section):
    _by_banks(axes, section, 6, "Fmax, MHz (median of 5)", "Clock frequency by banks, 4 ports")


def _by_ports(axes, section, column: int, label: str, title: str):
    ends = []
    for index, (kind, colour) in enumerate((("scratchpad", BLUE), ("multiport", VERMILION))):
        rows = sorted((row for row in section.rows if row[0] == kind and row[2] in (4, None)), key=lambda row: row[1])
        values = [number(row[column]) for row in rows]
        axes.plot([row[1] for row in rows], values, **style.stroke(index))
        ends.append((rows[-1][1], values[-1], NAMES[kind], colour))
    _scales(axes, (1, 2, 4, 8), "ports", label, title)
    style.name_lines(axes, ends, 0.16)
    axes.set_xlim(0.85, 22)


def _by_banks(axes, section, column: int, label: str, title: str):
    rows = sorted((row for row in section.rows if row[:2] == ["scratchpad", 4]), key=lambda row: row[2])
    axes.plot([row[2] for row in rows], [number(row[column]) for row in rows], **style.stroke(0))
    _scales(axes, [row[2] for row in rows], "banks", label, title)


def _scales(axes, ticks, xlabel: str, ylabel: str, title: str):
    axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.1)
    axes.grid()


def conflicts(axes, section):
    """Accesses per cycle with random addresses, measured and theoretical."""
    rows = [row for row in section.rows if row[2] == "uniform random"]
    spots = range(len(rows))
    measured = [number(row[3]) for row in rows]
    axes.bar(spots, measured, 0.66, color=OURS, label="measured")
    for index, value in enumerate(measured):
        axes.text(index, 0.2, f"{value:.2f}", ha="center", color="white", fontsize=SMALL - 0.5)
    axes.plot(spots, [number(row[4]) for row in rows], "_", color="black", markersize=20, label="theory")
    free = [min(row[0], row[1]) for row in rows]
    axes.plot(spots, free, "v", color=GREY, markeredgecolor="#555555", label="without conflicts")
    axes.set_xticks(spots, [f"{row[0]}x{row[1]}" for row in rows])
    axes.set(xlabel="ports x banks", ylabel="accesses per cycle", title="Random addresses", ylim=(0, 8.8))
    axes.legend(loc="upper left")


def transfers(axes, section):
    """Bus utilisation, compared with that of the peer."""
    rows = [row for row in section.rows if row[7]]
    ours, peers = ([number(row[column]) for row in rows] for column in (6, 7))
    style.bars(axes, [n - 0.2 for n in range(len(rows))], ours, label="Systola")
    style.bars(axes, [n + 0.2 for n in range(len(rows))], peers, peer=True, label="axi_cdma")
    axes.set_xticks(range(len(rows)), [str(row[1]) for row in rows])
    groups: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(row[0].replace(" and 64 KiB out", " and out"), []).append(index)
    for name, spots in groups.items():
        middle = sum(spots) / len(spots)
        place = {"xycoords": ("data", "axes fraction"), "xytext": (0, -30), "textcoords": "offset points"}
        axes.annotate(name, (middle, 0), **place, ha="center", fontsize=SMALL)
    axes.set(ylim=(0, 124), ylabel="beats per cycle, %", title="From descriptor to status, 64-bit bus")
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel("latency of the memory, cycles\n", labelpad=1)
    axes.xaxis.set_label_coords(0.5, -0.19)
    axes.legend(loc="upper center", ncols=2)


def features(axes, section):
    """LUT4 equivalents and clock frequency of each configuration."""
    rows = [row for row in section.rows if "peer" not in row[0]]
    axes.barh([row[0] for row in rows], [row[1] for row in rows], 0.7, color=OURS)
    axes.invert_yaxis()
    for index, row in enumerate(rows):
        place = {"textcoords": "offset points", "va": "center", "fontsize": SMALL - 0.5}
        axes.annotate(f"{row[1]:,}; {number(row[5]):.0f} MHz", (row[1], index), (3, 0), **place)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set(xlabel="LUT4 equivalents; Fmax (ECP5 85k, median of 5)", ylabel="dimensions", title="Cost of features")
    axes.margins(x=0.32)
