"""Pictures of networks: latency against load, and the links as a map."""

FIRST = 7
"""Columns of the table of loads before those of the loads."""
HIGHEST = 60
"""Cycles at which curves are cut off."""


def virtual_channels(axes, section):
    """Uniform traffic, by VCs; beside it the last stable loads of the peer."""
    for row in section.rows:
        network, vcs, rounds, pattern = row[:4]
        if pattern != "uniform":
            continue
        style, label = "o-" if network == "torus" else "s--", f"{network}, {vcs} VCs"
        if rounds > 1:
            style, label = "^-", f"{label}, {rounds} rounds"
        (line,) = axes.plot(*_curve(section, row), style, ms=4, label=label)
        if rounds == 1:
            axes.axvline(row[6], color=line.get_color(), ls=":", lw=1)
    axes.plot([], [], ":", color="black", lw=1, label="BookSim 2: last stable load")
    _finish(axes, "Uniform traffic, 8 x 8")


def patterns(axes, section):
    """The patterns with 4 VCs, torus beside mesh."""
    rows = [row for row in section.rows if row[1:3] == [4, 1]]
    names = list(dict.fromkeys(row[3] for row in rows))
    for row in rows:
        torus = row[0] == "torus"
        style, label = ("o-", row[3]) if torus else ("s--", None)
        axes.plot(*_curve(section, row), style, ms=4, color=f"C{names.index(row[3])}", label=label)
    axes.plot([], [], "s--", color="black", ms=4, label="the same on a mesh")
    _finish(axes, "Patterns, 4 VCs, 8 x 8")


def _curve(section, row) -> tuple[list[float], list[float]]:
    points = [
        (float(load), float(cell)) for load, cell in zip(section.columns[FIRST:], row[FIRST:], strict=True) if cell
    ]
    return [load for load, _ in points], [latency for _, latency in points]


def _finish(axes, title: str):
    axes.set(xlabel="flits made a node and cycle", ylabel="mean latency, cycles", title=title)
    axes.set(xlim=(0, 1), ylim=(0, HIGHEST))
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=8)


def torus(axes, section):
    _map(axes, section, "torus")


def mesh(axes, section):
    _map(axes, section, "mesh")


def _map(axes, section, kind: str):
    """Each link as an arrow, as dark as it is busy: uniform traffic."""
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    rows = [row for row in section.rows if row[0] == kind and row[1] == "uniform"]
    every = [int(share) for row in section.rows if row[1] == "uniform" for cell in row[3:] for share in cell.split()]
    norm, colors = Normalize(0, max(every)), colormaps["YlOrRd"]
    for row in rows:
        y = row[2]
        for x, cell in enumerate(row[3:]):
            axes.plot(x, y, "s", color="#444444", ms=5)
            for share, (dx, dy) in zip(map(int, cell.split()), ((1, 0), (-1, 0), (0, 1), (0, -1)), strict=True):
                if share:
                    start = x + 0.12 * dx + 0.09 * dy, y + 0.12 * dy - 0.09 * dx
                    style = {"arrowstyle": "-|>", "color": colors(norm(share)), "lw": 2, "shrinkA": 0, "shrinkB": 0}
                    axes.annotate("", xytext=start, xy=(start[0] + 0.62 * dx, start[1] + 0.62 * dy), arrowprops=style)
    own = [int(share) for row in rows for cell in row[3:] for share in cell.split() if int(share)]
    mean = sum(own) / len(own)
    axes.set(xlim=(-0.9, 7.9), ylim=(7.9, -0.9), aspect="equal", xticks=range(8), yticks=range(8))
    axes.set_title(f"{kind}: links busy {mean:.0f} % on average, {max(own)} % at most")
