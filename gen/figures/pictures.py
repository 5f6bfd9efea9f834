"""Pictures of the figures: panels, sizes and titles."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import array_pictures as arrays
from . import format_pictures as formats
from . import memory_pictures as memories
from . import network_pictures as networks
from . import schedule_pictures as schedules
from . import style


@dataclass(frozen=True)
class Picture:
    """Picture of panels in rows of `columns`. A panel is a function of its axes and of the section that it shows."""

    title: str
    panels: tuple[tuple[Callable, str], ...]
    height: float = 3.9
    columns: int = 0
    ratios: tuple[float, ...] = ()
    shared: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        columns = self.columns or len(self.panels)
        return -(-len(self.panels) // columns), columns


PICTURES = {
    "figures.png": Picture(
        "utilisation, area and clock frequency",
        ((arrays.utilisation, "gemm"), (arrays.area, "area"), (arrays.clock, "area")),
        ratios=(1.7, 1, 1),
    ),
    "memories.png": Picture(
        "ports, banks and conflicts",
        (
            (memories.logic_by_ports, "memories"),
            (memories.blocks_by_ports, "memories"),
            (memories.clock_by_ports, "memories"),
            (memories.logic_by_banks, "memories"),
            (memories.clock_by_banks, "memories"),
            (memories.conflicts, "conflicts"),
        ),
        height=6.4,
        columns=3,
    ),
    "transfers.png": Picture(
        "bus utilisation of the DMA engine",
        ((memories.transfers, "transfers"), (memories.features, "dma")),
        ratios=(1.2, 1),
    ),
    "core.png": Picture(
        "roofline of the core, and the lecture's schedules",
        ((arrays.roofline, "systola"), (schedules.cycles, "pipelining")),
        height=4.6,
        ratios=(1.35, 1),
    ),
    "schedule.png": Picture(
        "timelines of the lecture's schedules, the same eight tiles",
        tuple((panel, "pipelining") for panel in schedules.panels()),
        height=6.0,
        columns=1,
        shared=True,
    ),
    "networks.png": Picture(
        "latency and load",
        ((networks.latency, "loads"), (networks.stable, "loads"), (networks.patterns, "loads")),
        ratios=(1.5, 1, 1),
    ),
    "links.png": Picture(
        "link utilisation of torus and mesh",
        ((networks.torus, "links"), (networks.mesh, "links")),
        height=4.6,
    ),
    "collectives.png": Picture(
        "collectives: cycles against bytes and against the lower bound",
        ((networks.collectives, "collectives"), (networks.bounds, "collectives")),
        ratios=(1, 1.15),
    ),
    "formats.png": Picture(
        "area and error of number formats",
        ((formats.area, "precision"), (formats.price, "precision"), (formats.error, "precision")),
        height=5.4,
    ),
}
TITLES = {name: picture.title for name, picture in PICTURES.items()}


def panels(sections: dict) -> dict[str, Picture]:
    """Pictures whose sections are available, by name."""
    return {name: each for name, each in PICTURES.items() if all(section in sections for _, section in each.panels)}


def draw(sections: dict, folder: Path) -> list[Path]:
    """Write the pictures whose sections are available; return their paths."""
    plt, paths = style.use(), []
    for name, shown in panels(sections).items():
        drawn = figure(shown, sections)
        drawn.savefig(folder / name, dpi=130, metadata={"Software": None})
        plt.close(drawn)
        paths.append(folder / name)
    return paths


def figure(picture: Picture, sections: dict):
    """Draw a picture as a figure of matplotlib."""
    from matplotlib import pyplot as plt
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    rows, columns = picture.shape
    drawn, axes = plt.subplots(
        rows,
        columns,
        figsize=(style.WIDTH, picture.height),
        layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08),
        squeeze=False,
        sharex=picture.shared,
        width_ratios=picture.ratios or None,
    )
    for axis, (panel, section) in zip(axes.flat, picture.panels, strict=True):
        panel(axis, sections[section])
    return drawn
