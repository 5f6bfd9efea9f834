"""Pictures of figures."""

from pathlib import Path

OURS, PEER = "#1f5fa8", "#b8b8b8"


def figures(sections: dict, path: Path):
    """Utilisation of matrix products beside SCALE-Sim's, and area against clock rate. Writes a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    picture, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    _utilisation(left, sections["gemm"])
    _area(right, sections["area"])
    picture.savefig(path, dpi=150, metadata={"Software": None})
    plt.close(picture)


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
