"""`systola board`: build for a board, load the bitstream, test the board, run a network on it."""

import json
import math
import shutil
import subprocess
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from ..accelerators import registry
from ..board.targets import TARGETS, Target, find
from ..errors import UsageError
from .options import Json, Preset, Set, err, out, output_folder, save, values
from .run_network import Input, NetworkOptions, PerLayer, Random, Reference
from .run_network import run as run_network

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Build designs for FPGA boards, load bitstreams, test boards, run networks.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Board: see `systola board list`.")]
Folder = Annotated[Path | None, typer.Option("-o", metavar="DIR", help="Folder of the build; by default build/BOARD.")]
Baud = Annotated[int, typer.Option(min=9600, help="Baud rate of the UART.")]
Port = Annotated[str, typer.Option(help="Serial port of the board.")]


@app.command("list")
def list_():
    """List the supported boards."""
    table = Table(
        "board", "clock", "memory", "array", "GMAC/s", "flow", "name", box=None, pad_edge=False, header_style="bold"
    )
    for target in TARGETS.values():
        table.add_row(
            target.name,
            f"{target.clock / 1e6:g} MHz",
            f"{target.memory // 1024} KiB",
            "{0} x {0}".format(math.isqrt(target.peak)),
            f"{target.peak * target.clock / 1e9:g}",
            target.flow,
            target.title,
        )
    out.print(table)


@app.command()
def build(
    name: Name,
    folder: Folder = None,
    seed: Annotated[
        int | None, typer.Option(min=1, help="Seed of the placement; by default that of the board.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Number of placements; Fmax is their median.")] = 1,
    json_file: Json = None,
):
    """Build a board's bitstream, or write the project for the vendor's tool."""
    from ..board.build import build as build_board

    target, folder = find(name), output_folder("-o", _folder(name, folder))
    try:
        with err.status(f"building for {name}"):
            built = build_board(
                target, folder, seed=seed, seeds=seeds, progress=lambda step: out.print(step, markup=False)
            )
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}.") from None
    if built.used:
        table = Table("cells", "used", "of", "", box=None, pad_edge=False, header_style="bold")
        for cell, (used, available) in built.used.items():
            table.add_row(escape(cell), f"{used:,}", f"{available:,}", f"{used / available:.0%}" if available else "")
        out.print(table)
    if built.area_breakdown:
        table = Table("part", "LUT4", "FF", "DSP", "RAM", box=None, pad_edge=False, header_style="bold")
        for part, cells in built.area_breakdown.items():
            table.add_row(escape(part), *(f"{count:,}" for count in cells.values()))
        out.print(table)
    slow = built.fmax_mhz is not None and built.fmax_mhz < built.clock_mhz
    if built.fmax_mhz is not None and built.path is not None:
        margin = built.fmax_mhz / built.clock_mhz - 1
        path = built.path
        out.print(
            f"critical path: from {path['from']} to {path['to']}, {path['levels']} levels, "
            f"{path['logic_ns']} ns of logic and {path['routing_ns']} ns of wires",
            markup=False,
        )
        out.print(f"{built.fmax_mhz:.1f} MHz reached, {built.clock_mhz:g} MHz needed: {margin:+.0%}")
    where = f"{folder / built.bitstream}" if built.bitstream else f"{folder}: build_board.sh runs the vendor's tool"
    out.print(where, markup=False)
    save(json_file, json.loads(json.dumps(built.__dict__, default=str)))
    if slow:
        err.print("systola: the design is too slow for the board's clock: try another --seed")
        raise typer.Exit(1)


@app.command()
def flash(name: Name, folder: Folder = None):
    """Load a board's bitstream with openFPGALoader."""
    target, folder = find(name), _folder(name, folder)
    bitstream = next((path for end in ("bit", "bin", "fs") for path in folder.glob(f"board.{end}")), None)
    if bitstream is None:
        raise UsageError(f"{folder} has no bitstream: run systola board build {name} first.")
    loader = shutil.which("openFPGALoader")
    if loader is None:
        raise UsageError("openFPGALoader was not found: install it (Debian: apt-get install openfpgaloader).")
    raise typer.Exit(subprocess.run([loader, *target.loader, str(bitstream)]).returncode)


@app.command("test")
def run_tests(
    port: Port,
    baud: Baud = 1_000_000,
    limit: Annotated[int, typer.Option(min=256, help="Maximum number of bytes of memory to test.")] = 1 << 16,
    images: Annotated[int, typer.Option(min=1, max=898, help="Number of digit images to classify.")] = 8,
    json_file: Json = None,
):
    """Test a board: identity, registers, memory, data rate of the link, matrix products, digits."""
    from ..board.board import Board
    from . import board_test as check

    with Board.open(port, baud) as board:
        table = Table("check", "", "found", "s", box=None, pad_edge=False, header_style="bold")
        results = []
        with err.status("testing") as status:
            for result in check.run(board, baud, limit=limit, images=images):
                status.update(f"testing: {result.name} done")
                results.append(result)
                verdict = "[green]passed[/]" if result.passed else "[red]FAILED[/]"
                table.add_row(result.name, verdict, escape(result.found), f"{result.seconds:.1f}")
        counts = board.link.counts
    out.print(table)
    out.print(f"link: {counts.requests} requests, {counts.repeated} sent again, {counts.damaged} frames damaged")
    save(json_file, [result.__dict__ for result in results])
    if not all(result.passed for result in results):
        raise typer.Exit(1)


@app.command()
def run(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Network: a TFLite or ONNX file.")],
    port: Port,
    baud: Baud = 1_000_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of random inputs.")] = 1,
    input: Input = None,
    random: Random = None,
    reference: Reference = "numpy",
    per_layer: PerLayer = False,
    json_file: Json = None,
):
    """Run a network on the accelerator of a board, and compare its results with NumPy."""
    from ..board.board import Board
    from ..board.executor import BoardExecutor

    with Board.open(port, baud) as board:
        options = NetworkOptions(input, random, reference, per_layer)
        run_network(source, BoardExecutor(board), options, seed=seed, json_file=json_file)


BIT = 12
"""Maximum number of cycles per bit of a virtual board's UART. The clock frequency of the design is reduced to this, so
that fewer cycles are simulated per byte."""


@app.command()
def virtual(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Board whose design is simulated.")] = "icebreaker",
    on: Annotated[
        str | None, typer.Option(metavar="ACCELERATOR", help="Accelerator; by default that of the board.")
    ] = None,
    parameters: Set = None,
    preset: Preset = None,
    noise: Annotated[float, typer.Option(min=0, max=0.1, help="Probability per byte of a transmission error.")] = 0.0,
    baud: Annotated[int | None, typer.Option(min=9600, help="Baud rate; by default that of the board.")] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0, help="Duration of the simulation; by default until interrupted.")
    ] = None,
):
    """Simulate a board's design in Verilator, and print the port at which it is available."""
    from ...sim.runner.virtual_board import Faults

    target = find(name)
    carried = _carried(target, on, parameters, preset)
    with err.status("compiling"):
        baud = baud or target.baud
        design: dict[str, Any] = {"clock": min(target.clock, BIT * baud), "baud": baud}
        board = start(target, Faults(noise / 3, noise / 3, noise / 3), **(carried | design))
    with board:
        out.print(f"{board.port}")
        try:
            time.sleep(seconds if seconds is not None else 1e9)
        except KeyboardInterrupt:
            return


def _carried(target: Target, on: str | None, parameters: list[str] | None, preset: Path | None) -> dict:
    """Parameters of a board's design with accelerator `on`, by default in its preset `board`."""
    if on is None and not parameters and preset is None:
        return {}
    accelerator = registry.find(on or target.engine[0])
    if preset is None and "board" in accelerator.presets:
        preset = Path("board")
    sizes = accelerator.component.Parameters.parse(values(parameters, preset, accelerator.name))
    return target.carrying(accelerator.name, dict(sizes))


def start(target: Target, faults=None, *, cells: str | None = None, **parameters):
    """Start a virtual board: the design of `systola board build` in Verilator, connected to a pseudo-terminal.

    `cells`: name of a device; the design is first synthesised to the cells of that device.
    """
    from ...hw.systems.board import Bringup
    from ...sim.runner.virtual_board import VirtualBoard
    from ...sim.runner.virtual_board import build as compile_board
    from ..synth.synth import netlist
    from ..verilog.verilog import generate

    component = Bringup(**target.design | parameters)
    divisor = component.p.divisor
    verilog = netlist(component, "bringup", cells) if cells else generate("bringup", component).verilog
    return VirtualBoard(compile_board(verilog, "bringup"), divisor, faults)


def _folder(name: str, folder: Path | None) -> Path:
    return folder or Path("build") / name
