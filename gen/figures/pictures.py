"""Pictures of figures."""

import math
from pathlib import Path

import numpy as np

from . import network_pictures as networks

OURS, OTHER, PEER = "#1f5fa8", "#c8641e", "#b8b8b8"


TITLES = {
    "figures.png": "utilisation, area and clock frequency",
    "memories.png": "ports, banks and conflicts",
    "transfers.png": "bus utilisation of the DMA engine",
    "core.png": "roofline of the core, and the lecture's schedules",
    "networks.png": "latency and load",
    "links.png": "link utilisation of torus and mesh",
    "collectives.png": "collectives: cycles against bytes and against the lower bound",
    "formats.png": "area and error of number formats",
}
HEIGHTS = {"formats.png": 5.5}


def panels(sections: dict) -> dict[str, tuple]:
    """The pictures whose sections there are: for each its panels, and the section that each shows."""
    pictures = {
        "figures.png": ((_utilisation, "gemm"), (_area, "area")),
        "memories.png": ((_ports, "memories"), (_banks, "memories"), (_conflicts, "conflicts")),
        "transfers.png": ((_transfers, "transfers"), (_features, "dma")),
        "core.png": ((_roofline, "systola"), (_pipelining, "pipelining")),
        "networks.png": ((networks.virtual_channels, "loads"), (networks.patterns, "loads")),
        "links.png": ((networks.torus, "links"), (networks.mesh, "links")),
        "collectives.png": ((_collectives, "collectives"), (_bounds, "collectives")),
        "formats.png": ((_format_area, "precision"), (_format_error, "precision")),
    }
    return {name: each for name, each in pictures.items() if all(section in sections for _, section in each)}


def draw(sections: dict, folder: Path) -> list[Path]:
    """Write the pictures whose sections there are; return their paths."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    paths = []
    for name, shown in panels(sections).items():
        picture, axes = plt.subplots(
            1, len(shown), figsize=(5.5 * len(shown), HEIGHTS.get(name, 4.2)), layout="constrained"
        )
        for axis, (panel, section) in zip(axes, shown, strict=True):
            panel(axis, sections[section])
        picture.savefig(folder / name, dpi=150, metadata={"Software": None})
        plt.close(picture)
        paths.append(folder / name)
    return paths


def _utilisation(axes, section):
    number = lambda text: float(text.rstrip("%"))  # noqa: E731
    rows = [row for row in section.rows if row[5]]
    for index, row in enumerate(rows):
        axes.bar(index - 0.2, number(row[3]), 0.38, color=OURS, label="Systola, RTL" if index == 0 else None)
        axes.bar(index + 0.2, number(row[5]), 0.38, color=PEER, label="SCALE-Sim 3.0, model" if index == 0 else None)
        axes.text(index - 0.2, number(row[3]) + 1, f"{number(row[3]):.1f}", ha="center", fontsize=8)
        axes.text(index + 0.2, number(row[5]) + 1, f"{number(row[5]):.1f}", ha="center", fontsize=8, color="#666666")
    axes.set_xticks(range(len(rows)), [f"{row[0].split()[-1]}\n{row[1].replace('^3', '³')}" for row in rows])
    axes.set(ylim=(0, 112), ylabel="multipliers busy, %", title="Matrix products on 16 x 16, int8")
    axes.legend(loc="upper center", ncols=2, frameon=False, bbox_to_anchor=(0.5, -0.14))


def _area(axes, section):
    for row in section.rows:
        luts, fmax, peer = float(row[1]), float(row[4]), "(peer)" in row[0]
        axes.scatter(luts, fmax, color=PEER if peer else OURS, zorder=3)
        axes.annotate(
            row[0].replace(" (peer)", "").replace("... ", ""),
            (luts, fmax),
            xytext=(6, 4),
            textcoords="offset points",
            fontsize=8,
            color="#666666" if peer else "black",
        )
    axes.set(
        xlabel="LUT4 equivalents a MAC",
        ylabel="Fmax, MHz (ECP5 85k, median of 5)",
        title="Area against clock rate",
        xlim=(0, 160),
        ylim=(0, 230),
    )
    axes.grid(alpha=0.25)


def _ports(axes, section):
    """Area against ports, in logic and in block memories."""
    memory = axes.twinx()
    for kind, color in (("scratchpad", OURS), ("multiport", OTHER)):
        rows = sorted((row for row in section.rows if row[0] == kind and row[2] in (4, None)), key=lambda row: row[1])
        ports = [row[1] for row in rows]
        label = "scratchpad, 4 banks" if kind == "scratchpad" else "multi-port"
        axes.plot(ports, [row[3] for row in rows], "o-", color=color, label=f"{label}: LUT4 equivalents")
        memory.plot(ports, [row[5] for row in rows], "s--", color=color, alpha=0.6, label=f"{label}: DP16KD")
    axes.set(xlabel="ports", ylabel="LUT4 equivalents", title="A port's price", xticks=[1, 2, 4, 8])
    axes.margins(y=0.35)
    memory.set(ylabel="DP16KD")
    memory.spines["right"].set_visible(True)
    _legend(axes, memory, "upper left")
    axes.set_ylim(bottom=0)
    memory.set_ylim(bottom=0)
    axes.grid(alpha=0.25)


def _banks(axes, section):
    """Logic and clock rate against banks."""
    pads = sorted((row for row in section.rows if row[0] == "scratchpad"), key=lambda row: row[2])
    rows = [row for row in pads if row[1] == 4]
    banks = [row[2] for row in rows]
    axes.plot(banks, [row[3] for row in rows], "o-", color=OURS, label="LUT4 equivalents, 4 ports")
    rate = axes.twinx()
    rate.plot(banks, [float(row[6]) for row in rows], "s--", color=OTHER, label="Fmax, 4 ports")
    rate.set(ylabel="Fmax, MHz (median of 5)", ylim=(0, 200))
    rate.spines["right"].set_visible(True)
    axes.set(xlabel="banks", ylabel="LUT4 equivalents", title="A bank's price", xticks=banks)
    axes.set_ylim(bottom=0)
    _legend(axes, rate, "upper left")
    axes.grid(alpha=0.25)


def _legend(left, right, where: str):
    """One legend for both scales of a panel."""
    (ours, names), (others, further) = (axes.get_legend_handles_labels() for axes in (left, right))
    left.legend(ours + others, names + further, frameon=False, fontsize=8, loc=where)


def _conflicts(axes, section):
    """Accesses a cycle, measured and in theory."""
    rows = [row for row in section.rows if row[2] == "uniform random"]
    names = [f"{row[0]} x {row[1]}" for row in rows]
    axes.bar(names, [float(row[3]) for row in rows], 0.6, color=OURS, label="measured, random")
    axes.plot(names, [float(row[4]) for row in rows], "_", color="black", markersize=26, label="theory")
    axes.plot(names, [min(row[0], row[1]) for row in rows], "v", color=PEER, label="no conflicts")
    for index, row in enumerate(rows):
        axes.text(index, float(row[3]) / 2, row[3], ha="center", color="white", fontsize=8)
    axes.set(xlabel="ports x banks", ylabel="accesses a cycle", title="What random addresses leave")
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _transfers(axes, section):
    """Beats over all cycles, beside the peer's."""
    rows = [row for row in section.rows if row[7]]
    for index, row in enumerate(rows):
        ours, peer = (float(row[n].rstrip("%")) for n in (6, 7))
        axes.bar(index - 0.2, ours, 0.38, color=OURS, label="Systola" if index == 0 else None)
        axes.bar(index + 0.2, peer, 0.38, color=PEER, label="axi_cdma" if index == 0 else None)
        axes.text(index - 0.2, ours + 1, f"{ours:.1f}", ha="center", fontsize=8)
        axes.text(index + 0.2, peer + 1, f"{peer:.1f}", ha="center", fontsize=8, color="#666666")
    axes.set_xticks(range(len(rows)), [f"{row[0].split(' and')[0].split(',')[0]}\nlatency {row[1]}" for row in rows])
    axes.tick_params(axis="x", labelsize=8)
    axes.set(ylim=(0, 115), ylabel="beats a cycle, %", title="From descriptor to status, 64-bit bus")
    axes.legend(loc="upper center", ncols=2, frameon=False, bbox_to_anchor=(0.5, -0.14))


def _features(axes, section):
    """Logic of each configuration."""
    rows = [row for row in section.rows if "peer" not in row[0]][::-1]
    axes.barh([row[0] for row in rows], [row[1] for row in rows], color=OURS)
    for index, row in enumerate(rows):
        axes.text(row[1] + 40, index, f"{float(row[5]):.0f} MHz", va="center", fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.set(xlabel="LUT4 equivalents (ECP5 85k)", title="What the DMA engine's features cost")
    axes.margins(x=0.15)


def _roofline(axes, section):
    """Measured points below the roof: MACs a byte and MACs a cycle of 256; a direction of the bus moves 8 bytes."""
    intensity = [float(row[3]) for row in section.rows]
    rate = [256 * float(row[2].rstrip("%")) / 100 for row in section.rows]
    roof = [0.1, 16, 1000]  # reading and writing at once: 16 bytes a cycle
    axes.plot(roof, [min(256, 16 * x) for x in roof], color="#333333", linewidth=1, label="16 bytes a cycle, both ways")
    axes.plot([0.1, 32], [0.8, 256], color="#999999", linewidth=1, linestyle=":", label="8 bytes, one way")
    axes.scatter(intensity, rate, color=OURS, zorder=3, label="measured")
    near = {}  # points that lie on each other share a label
    for number, point in enumerate(zip(intensity, rate, strict=True), 1):
        near.setdefault(tuple(round(10 * math.log2(each)) // 3 for each in point), []).append((number, point))
    for points in near.values():
        label = ", ".join(str(number) for number, _ in points)
        axes.annotate(label, points[0][1], xytext=(0, -13), textcoords="offset points", fontsize=8, ha="center")
    names = "\n".join(f"{number}: {row[0].replace(' x ', 'x')}" for number, row in enumerate(section.rows, 1))
    axes.text(0.55, 760, names, fontsize=7, va="top")
    axes.set(xscale="log", yscale="log", xlim=(0.5, 1000), ylim=(4, 900), xlabel="MACs a byte that must be moved")
    axes.set(ylabel="MACs a cycle", title="Roofline, 16 x 16")
    axes.legend(loc="lower right", frameon=False, fontsize=8)


def _pipelining(axes, section):
    for index, row in enumerate(section.rows):
        axes.bar(index - 0.2, row[1], 0.38, color=OURS, label="measured" if index == 0 else None)
        if row[2]:
            axes.bar(index + 0.2, row[2], 0.38, color=PEER, label="formula" if index == 0 else None)
        axes.text(index, row[1] + 600, f"{row[4]} x", ha="center", fontsize=8)
    axes.set_xticks(range(len(section.rows)), [row[0] for row in section.rows])
    axes.set(ylabel="cycles", title="The lecture's schedules, the same eight tiles")
    axes.legend(frameon=False)


def _collectives(axes, section):
    """Cycles against bytes on the larger torus, with the fitted lines."""
    from matplotlib import colormaps

    sizes = [int(column.split()[0]) for column in section.columns[2 : section.columns.index("alpha, cycles")]]
    largest = section.rows[-1][0]
    for index, row in enumerate(row for row in section.rows if row[0] == largest):
        color = colormaps["tab10"](index)
        alpha, beta = float(row[2 + len(sizes)]), float(row[3 + len(sizes)])
        axes.plot(sizes, row[2 : 2 + len(sizes)], "o", color=color, label=row[1], markersize=5)
        axes.plot(sizes, [alpha + beta * size for size in sizes], "-", color=color, linewidth=1)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set(xlabel="KiB a node", ylabel="cycles", title=f"{largest} torus, and alpha + beta x bytes")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    axes.grid(alpha=0.25)


def _bounds(axes, section):
    """Bound over measured at the largest size."""
    torus = list(dict.fromkeys(row[0] for row in section.rows))
    names = list(dict.fromkeys(row[1] for row in section.rows))
    for number, (side, color) in enumerate(zip(torus, (OURS, OTHER), strict=True)):
        for index, name in enumerate(names):
            (row,) = (row for row in section.rows if row[:2] == [side, name])
            ratio, at = float(row[-1].rstrip("%")), index + 0.4 * number - 0.2
            axes.bar(at, ratio, 0.38, color=color, label=f"{side} torus" if index == 0 else None)
            axes.text(at, ratio + 0.5, f"{ratio:.0f}", ha="center", fontsize=8)
    axes.axhline(90, color="#888888", linewidth=0.8, linestyle="--")
    axes.set_xticks(range(len(names)), [name.replace("-", "-\n", 1) for name in names], fontsize=8)
    axes.set(ylim=(0, 115), ylabel="bound / measured, %", title="64 KiB a node")
    axes.legend(frameon=False, fontsize=8, loc="upper left", ncols=2)


def _format_area(axes, section):
    """Transistors of each format, those of the decoders apart."""
    at = {name: section.columns.index(name) for name in ("transistors/cell", "decoders", "Fmax MHz (median)")}
    rows = section.rows[::-1]
    whole = [float(row[at["transistors/cell"]]) for row in rows]
    shares = [float((row[at["decoders"]] or "0%").rstrip("%")) / 100 for row in rows]
    names = [row[0] for row in rows]
    axes.barh(names, whole, color=OURS, label="cells, delays, streams")
    axes.barh(names, [n * share for n, share in zip(whole, shares, strict=True)], color=OTHER, label="decoders")
    for index, (row, n) in enumerate(zip(rows, whole, strict=True)):
        axes.text(n + 40, index, f"{float(row[at['Fmax MHz (median)']]):.0f} MHz", va="center", fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.set(xlabel="transistors a cell (Yosys's estimate)", title="What a format costs, 8 x 8")
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    axes.margins(x=0.15)


def _format_error(axes, section):
    """Transistors for one product a cycle against the error of normal values."""
    cost, rate, error = (section.columns.index(name) for name in ("transistors/cell", "MAC/cycle", "error, normal"))
    points = sorted((float(row[error]), float(row[cost]) * 64 / float(row[rate]), row[0]) for row in section.rows)
    axes.scatter([price for _, price, _ in points], [loss for loss, _, _ in points], color=OURS, zorder=3)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="transistors for a product a cycle",
        ylabel="error of normal weights, % of the mean square",
        title="Precision against cost",
    )
    axes.margins(0.08)
    axes.grid(alpha=0.25, which="both")
    # Names stand at the right, each as near to its point's height as its neighbours let it.
    bottom, top = np.log10(axes.get_ylim())
    heights, gap = [], 0.048
    for loss, _, _ in points:
        wanted = (np.log10(loss) - bottom) / (top - bottom)
        heights.append(max([wanted, *(height + gap for height in heights[-1:])]))
    for index in reversed(range(len(heights))):
        heights[index] = min([heights[index], 1.0, *(height - gap for height in heights[index + 1 : index + 2])])
    for (loss, price, name), height in zip(points, heights, strict=True):
        line = {"arrowstyle": "-", "color": "#aaaaaa", "linewidth": 0.6, "relpos": (0, 0.5)}
        where = {"xytext": (1.06, height), "textcoords": "axes fraction", "va": "center"}
        axes.annotate(name, (price, loss), **where, fontsize=8, arrowprops=line)
