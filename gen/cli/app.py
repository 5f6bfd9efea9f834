"""The `systola` command: list, show, gen, sim, synth and papers; other files of this folder add further commands."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ..accelerators import registry
from ..errors import UsageError
from ..generators import HEADINGS, OTHERS, broken, find, generators
from ..synth.devices import Placer
from ..verilog.names import check_top
from . import coverage, describe, draw, entry, programs, run
from .board import app as board_app
from .describe import plural as _plural
from .network import app as network_app
from .options import (
    HELP_WIDTH,
    Json,
    Name,
    Preset,
    Set,
    alternatives_of,
    component_of,
    err,
    file_option,
    folder_option,
    out,
    save,
)

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=HELP_WIDTH,
    help="Generate, simulate and synthesise AI-accelerator hardware.",
)
app.add_typer(board_app, name="board")
app.add_typer(network_app, name="network")


def _version(requested: bool):
    if requested:
        out.print(f"systola {version('systola')}")
        raise typer.Exit


@app.callback()
def options(
    requested: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
):
    """Generate, simulate and synthesise AI-accelerator hardware."""


@app.command("list")
def list_(json_file: Json = None):
    """List accelerators and components with a summary of each."""
    known = generators()
    width = max(map(len, known))
    for heading in HEADINGS:
        members = [each for each in known.values() if (each.heading if each.heading in HEADINGS else OTHERS) == heading]
        if members:
            out.print(f"[bold]{heading}[/]")
        for generator in members:
            out.print(f"  {generator.name:<{width}}  {escape(generator.summary)}")
    for sentence in broken().values():
        err.print(f"systola: {sentence}", markup=False)
    save(json_file, {name: generator.summary for name, generator in known.items()})


@app.command()
def show(name: Name, json_file: Json = None):
    """Print parameters, ports, cycle law and source of a generator."""
    generator = find(name)
    describe.show(generator, out)
    save(json_file, describe.as_data(generator))


@app.command()
def gen(
    name: Name,
    parameters: Set = None,
    preset: Preset = None,
    folder: Annotated[Path, folder_option("-o", help="Folder to write to.")] = Path("build"),
    top: Annotated[str | None, typer.Option(help="Name of the top module, and prefix of all others.")] = None,
):
    """Generate Verilog: NAME.v, its manifest NAME.json, NAME.core for FuseSoC; `registers` also writes headers."""
    generator, component = component_of(name, parameters, preset)
    if top is not None:
        check_top(top, "--top ")
    with err.status(f"elaborating {name}"):
        design = generator.design(component, top=top)
    try:
        paths = design.write(folder, generator.files(component, design.top))
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}.") from None
    for path in paths:
        out.print(f"{path}  {_size(path.stat().st_size)}", markup=False)
    out.print(f"{design.modules} modules; latency {design.latency} cycles, as defined by `systola show {name}`")


@app.command()
def sim(
    name: Name,
    parameters: Set = None,
    preset: Preset = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of data, gaps and stalls.")] = 1,
    cases: Annotated[int, typer.Option(min=1, help="Random cases to run.")] = 40,
    simulator: Annotated[str, typer.Option(help="verilator or icarus.")] = "verilator",
    waves: Annotated[Path | None, file_option("--waves", help="Record waves: .vcd or .fst.")] = None,
    covered: Annotated[
        bool, typer.Option("--coverage", help="Also report coverage of lines, branches and toggles by module.")
    ] = False,
    lcov: Annotated[
        Path | None,
        file_option("--lcov", help="Write coverage as an lcov tracefile FILE.info, and the Verilog as FILE.v."),
    ] = None,
    limit: Annotated[
        float, typer.Option("--time-limit", min=1, metavar="SECONDS", help="Maximum run time of the simulation.")
    ] = 1800,
    json_file: Json = None,
):
    """Simulate a generator's Verilog with random data, gaps and stalls, and compare it with its golden model."""
    from ...sim.runner.simulate import simulate

    generator, component = component_of(name, parameters, preset)
    if simulator not in ("verilator", "icarus"):
        raise UsageError(f"--simulator {simulator}: it must be verilator or icarus.")
    if waves and waves.suffix not in (".vcd", ".fst"):
        raise UsageError(f"--waves {waves}: the file's name must end in .vcd or .fst.")
    covered = covered or lcov is not None
    if covered:
        coverage.check(simulator, waves, lcov)
    with err.status(f"elaborating {name}") as status:
        design = generator.design(component, sources=covered)
        status.update(f"compiling and running {cases} cases in {simulator}")
        drawn = generator.cases(design.parameters, cases, seed)
        measured = coverage.run(generator, design, drawn, seed=seed, timeout=limit) if covered else None
        if measured:
            outcome = measured.outcome
        else:
            outcome, _ = simulate(design, drawn, simulator=simulator, waves=waves, timeout=limit)
    result = {
        "generator": name,
        "params": design.parameters,
        "seed": seed,
        "simulator": simulator,
        "cases": outcome.cases,
        "checked": outcome.checked,
        "mismatches": outcome.mismatches,
        "cycles": outcome.cycles,
        "macs": outcome.work if design.unit == "MAC" else 0,
        "work": outcome.work,
        "unit": design.unit,
        "utilisation": outcome.work / (outcome.cycles * design.peak),
        "seconds": outcome.seconds,
    }
    for example in outcome.examples[:5]:
        err.print(f"  {example}", markup=False)
    verdict = "[red]FAILED[/]" if outcome.mismatches else "[green]passed[/]"
    out.print(
        f"{verdict}  {outcome.cases} cases, {outcome.checked:,} results compared, {outcome.mismatches:,} mismatches"
    )
    units = _plural(design.unit)
    peak = f"{design.peak} {design.unit if design.peak == 1 else units}"
    work = (
        f", {outcome.work:,} {units}: {result['utilisation']:.1%} of the peak of {peak} per cycle"
        if outcome.work  # accelerators without a counter of their work report none
        else ""
    )
    out.print(f"        {outcome.cycles:,} cycles, gaps and stalls included{work}")
    out.print(f"        {outcome.seconds:.2f} s in {simulator}, {outcome.cycles / outcome.seconds:,.0f} cycles/s")
    if waves:
        out.print(f"        waves in {waves}", markup=False)
    if measured:
        result["coverage"] = coverage.show(measured, out)
        coverage.write(lcov, measured)
    save(json_file, result)
    if outcome.mismatches or (measured and measured.interrupted_mismatches):
        raise typer.Exit(1)


@app.command()
def synth(
    name: Name,
    parameters: Set = None,
    preset: Preset = None,
    device: Annotated[str, typer.Option(help="Device to map to, e.g. ecp5-85k.")] = "ecp5-85k",
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Number of placements; Fmax is their median.")] = 5,
    placer: Annotated[Placer, typer.Option(help="Placer of nextpnr; static may be better for large designs.")] = "heap",
    other: Annotated[
        list[str] | None,
        typer.Option(
            "--compare", metavar="NAME=VALUE", help="Also synthesise this variant; a repeated NAME begins another."
        ),
    ] = None,
    json_file: Json = None,
):
    """Synthesise, place and route out of context: cells per part, and Fmax."""
    from ..synth.synth import DEVICES, synthesise

    generator, component = component_of(name, parameters, preset)
    components = [component]
    components += [component_of(name, parameters, preset, changes)[1] for changes in alternatives_of(other)]
    if device not in DEVICES:
        raise UsageError(f"--device {device}: known devices are {', '.join(DEVICES)}.")
    with err.status(f"synthesising {name} for {device}") as status:
        options = {"seeds": seeds, "placer": placer, "progress": status.update}
        reports = [synthesise(each, generator.name, device, **options) for each in components]
    if other:
        describe.compare(reports, out)
        save(json_file, [report.to_dict() for report in reports])
    else:
        describe.report(reports[0], out)
        save(json_file, reports[0].to_dict())


@app.command()
def papers(
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Measure only this paper; may be repeated.")
    ] = None,
    slow: Annotated[bool, typer.Option("--slow", help="Also measure the claims that take minutes each.")] = False,
    json_file: Json = None,
):
    """Measure claims of papers and compare them with the published values. Exit code 1 if any is outside its band."""
    from ..papers import registry as claims
    from ..papers import table
    from ..papers.claim import UnknownPaper

    more = []
    for accelerator in registry.accelerators().values():
        try:
            more += accelerator.claims()
        except Exception as error:  # raised by a plug-in package
            err.print(f"systola: the claims of {accelerator.name} cannot be read: {error}.", markup=False)
    try:
        results = claims.run(only or (), table.progress(err), more=more, slow=slow)
    except UnknownPaper as error:
        raise UsageError(f"--only: {error}") from None
    table.show(results, out)
    save(json_file, claims.as_data(results))
    if not all(result.within for result in results):
        raise typer.Exit(1)


app.command()(draw.draw)
app.command()(run.run)
app.command()(programs.asm)
app.command()(programs.disasm)


def _size(count: int) -> str:
    return f"{count / 1000:.1f} kB"


def main():
    """Entry point of the command `systola`."""
    entry.main(app)


if __name__ == "__main__":
    main()
