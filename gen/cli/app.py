"""The `systola` command: list, show, gen, sim, synth, asm, disasm, board."""

import json
import sys
import time
import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ...hw.component import Component, ParameterError
from ...hw.cores.systola.isa import ISA
from ...hw.cores.systola.parameters import CoreParameters
from ..accelerators.systola.assembler import assemble
from ..accelerators.systola.program import Program, ProgramError
from ..generators import GENERATORS, Generator, UsageError, find
from ..synth.devices import Placer
from . import describe
from .board import app as board_app

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Generate, simulate and synthesise AI-accelerator hardware.",
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Name = Annotated[str, typer.Argument(help="Generator: see `systola list`.")]
Set = Annotated[list[str] | None, typer.Option("-p", metavar="NAME=VALUE", help="Set a parameter; may be repeated.")]
Preset = Annotated[Path | None, typer.Option("-c", metavar="FILE", help="TOML file with a [parameters] table.")]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write the result as JSON.")]


app.add_typer(board_app, name="board")


@app.command("list")
def list_(json_file: Json = None):
    """The generators, a line each."""
    table = Table.grid(padding=(0, 2))
    for generator in GENERATORS.values():
        table.add_row(f"[bold]{generator.name}[/]", generator.summary)
    out.print(table)
    _save(json_file, {g.name: g.summary for g in GENERATORS.values()})


@app.command()
def show(name: Name, json_file: Json = None):
    """Parameters, ports, cycle law and source of a generator."""
    generator = find(name)
    describe.show(generator, out)
    _save(json_file, describe.as_data(generator))


@app.command()
def gen(
    name: Name,
    parameters: Set = None,
    preset: Preset = None,
    folder: Annotated[Path, typer.Option("-o", metavar="DIR", help="Where to write.")] = Path("build"),
    top: Annotated[str | None, typer.Option(help="Name of the top module, and prefix of all others.")] = None,
):
    """Write NAME.v, NAME.json, NAME.core, and what else belongs to the generator."""
    from ..verilog.verilog import generate

    generator, component = _component(name, parameters, preset)
    if top is not None and not (top.isascii() and top.isidentifier()):
        raise UsageError(f"--top {top}: a module name is letters, digits and underscores, not first a digit.")
    with err.status(f"elaborating {name}"):
        design = generate(generator.name, component, top=top)
    try:
        paths = design.write(folder, generator.files(component, design.top))
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}.") from None
    for path in paths:
        out.print(f"{path}  {_size(path.stat().st_size)}")
    out.print(f"{design.modules} modules, {design.latency} cycles from input to output")


@app.command()
def sim(
    name: Name,
    parameters: Set = None,
    preset: Preset = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of data, gaps and stalls.")] = 1,
    cases: Annotated[int, typer.Option(min=1, help="Random cases to run.")] = 40,
    simulator: Annotated[str, typer.Option(help="verilator or icarus.")] = "verilator",
    waves: Annotated[Path | None, typer.Option(metavar="FILE", help="Record waves: .vcd or .fst.")] = None,
    json_file: Json = None,
):
    """Run a generator's Verilog against its golden model on random data, with random gaps and stalls."""
    from ...sim.runner.simulate import simulate
    from ...sim.runner.simulator import SimulatorError, ToolMissing
    from ..verilog.verilog import generate

    generator, component = _component(name, parameters, preset)
    if simulator not in ("verilator", "icarus"):
        raise UsageError(f"--simulator {simulator}: it must be verilator or icarus.")
    if waves and waves.suffix not in (".vcd", ".fst"):
        raise UsageError(f"--waves {waves}: the file's name must end in .vcd or .fst.")
    try:
        with err.status(f"elaborating {name}") as status:
            design = generate(generator.name, component)
            status.update(f"compiling and running {cases} cases in {simulator}")
            outcome, _ = simulate(
                design, generator.cases(design.parameters, cases, seed), simulator=simulator, waves=waves
            )
    except ToolMissing as error:
        raise UsageError(str(error)) from None
    except SimulatorError as error:
        err.print(f"systola: {error}", markup=False)
        raise typer.Exit(1) from None
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
    out.print(
        f"        {outcome.cycles:,} cycles, {outcome.work:,} {_plural(design.unit)}, gaps and stalls included: "
        f"{result['utilisation']:.1%} of {design.peak} a cycle"
    )
    out.print(f"        {outcome.seconds:.2f} s in {simulator}, {outcome.cycles / outcome.seconds:,.0f} cycles/s")
    if waves:
        out.print(f"        waves in {waves}")
    _save(json_file, result)
    if outcome.mismatches:
        raise typer.Exit(1)


@app.command()
def run(
    name: Annotated[str, typer.Argument(metavar="TASK", help="gemm, conv or digits.")],
    parameters: Set = None,
    order: Annotated[str, typer.Option(help="serial, reordered, synchronised or overlapped.")] = "overlapped",
    executor: Annotated[str, typer.Option(help="verilog, or model: golden model and cost model.")] = "verilog",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the data.")] = 1,
    latency: Annotated[int, typer.Option(min=2, max=1000, help="Cycles of DRAM to the first beat.")] = 20,
    limit: Annotated[int, typer.Option(min=1, help="Cycles after which the program is stopped.")] = 10_000_000,
    trace: Annotated[Path | None, typer.Option(metavar="DIR", help="Write a timeline: picture and Perfetto.")] = None,
    json_file: Json = None,
):
    """Schedule a task for the core, run it, and compare its results with NumPy."""
    from ...sim.runner.simulator import SimulatorError, ToolMissing
    from ..compile.pipelining import ORDERS
    from ..run.execute import EXECUTORS, ExecutionError
    from ..run.report import Report, prepare, save_trace, show
    from ..run.report import run as execute

    for option, value, legal in (("order", order, ORDERS), ("executor", executor, EXECUTORS)):
        if value not in legal:
            raise UsageError(f"--{option} {value}: it must be {', '.join([*legal][:-1])} or {[*legal][-1]}.")
    settings = _settings(parameters)
    core, kind = prepare(name, settings)
    started = time.perf_counter()
    try:
        with err.status(f"scheduling {name}") as status:
            task = kind.task(core, order, seed)
            status.update(f"running {len(task.program):,} instructions")
            execution, mismatches = execute(
                task, executor=executor, limit=limit, latency=latency, trace=trace is not None
            )
    except (ToolMissing, ValueError) as error:
        raise UsageError(str(error)) from None
    except (SimulatorError, ExecutionError) as error:
        err.print(f"systola: {error}", markup=False)
        raise typer.Exit(1) from None
    facts = kind.facts(task, execution.dram) if hasattr(kind, "facts") else {}
    report = Report(name, dict(kind), task, execution, executor, mismatches, time.perf_counter() - started, facts)
    show(report, out)
    if trace:
        try:
            paths = save_trace(report, trace)
        except OSError as error:
            raise UsageError(f"cannot write to {trace}: {error.strerror}.") from None
        out.print(f"        timeline in {' and '.join(str(path) for path in paths)}")
    _save(json_file, report.data())
    if mismatches:
        raise typer.Exit(1)


@app.command()
def synth(
    name: Name,
    parameters: Set = None,
    preset: Preset = None,
    device: Annotated[str, typer.Option(help="Device to map to, e.g. ecp5-85k.")] = "ecp5-85k",
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Placements to try; Fmax is their median.")] = 5,
    placer: Annotated[Placer, typer.Option(help="Of nextpnr: static may be better for large designs.")] = "heap",
    other: Annotated[
        list[str] | None, typer.Option("--compare", metavar="NAME=VALUE", help="And so set, side by side.")
    ] = None,
    json_file: Json = None,
):
    """Synthesise, place and route out of context: cells, by part, and Fmax."""
    from ..synth.synth import DEVICES, SynthesisError, synthesise

    generator, component = _component(name, parameters, preset)
    components = [component]
    if other:
        components.append(_component(name, [*(parameters or []), *other], preset)[1])
    if device not in DEVICES:
        raise UsageError(f"--device {device}: known devices are {', '.join(DEVICES)}.")
    try:
        with err.status(f"synthesising {name} for {device}") as status:
            options = {"seeds": seeds, "placer": placer, "progress": status.update}
            reports = [synthesise(each, generator.name, device, **options) for each in components]
    except SynthesisError as error:
        raise UsageError(str(error)) from None
    if other:
        describe.compare(reports, out)
        _save(json_file, [report.to_dict() for report in reports])
    else:
        describe.report(reports[0], out)
        _save(json_file, reports[0].to_dict())


@app.command()
def asm(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Program as text.")],
    target: Annotated[Path, typer.Option("-o", metavar="FILE", help="Where its bytes go.")],
    parameters: Set = None,
    preset: Preset = None,
):
    """Assemble a program for a core with these parameters, if it is found to be right for it."""
    machine = CoreParameters.parse(_values(parameters, preset, "core"))
    try:
        code = assemble(Program.parse(source.read_text(encoding="utf-8")), machine)
    except UnicodeDecodeError:
        raise UsageError(f"{source} is not text: see `systola disasm`.") from None
    except (OSError, ProgramError) as error:
        raise UsageError(f"{source}: {getattr(error, 'strerror', None) or error}") from None
    try:
        target.write_bytes(code)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}.") from None
    out.print(f"{target}  {len(code) // ISA.slot} instructions")


@app.command()
def disasm(source: Annotated[Path, typer.Argument(metavar="FILE", help="Program as bytes.")]):
    """The text of a program for a core."""
    try:
        program = Program.decode(source.read_bytes())
    except (OSError, ProgramError) as error:
        raise UsageError(f"{source}: {getattr(error, 'strerror', None) or error}") from None
    out.print(program.text(), markup=False, end="")


def _component(name: str, settings: list[str] | None, preset: Path | None) -> tuple[Generator, Component]:
    generator = find(name)
    values = _values(settings, preset, name)
    return generator, generator.component(**dict(generator.component.Parameters.parse(values)))


def _values(settings: list[str] | None, preset: Path | None, name: str) -> dict[str, str]:
    """Parameters of generator `name` as texts."""
    values = _preset(preset, name) if preset else {}
    return values | _settings(settings)


def _settings(settings: list[str] | None) -> dict[str, str]:
    """What -p NAME=VALUE says, as often as it is given."""
    values = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"-p {setting}: a parameter is set as NAME=VALUE.")
        values[key.strip()] = value.strip()
    return values


def _preset(path: Path, name: str) -> dict[str, str]:
    try:
        preset = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from None
    if unknown := set(preset) - {"generator", "parameters"}:
        raise UsageError(f"{path}: unknown key '{min(unknown)}'; a preset has 'generator' and a [parameters] table.")
    if preset.get("generator", name) != name:
        raise UsageError(f"{path} is a preset of {preset['generator']}, not of {name}.")
    parameters = preset.get("parameters", {})
    if not isinstance(parameters, dict):
        raise UsageError(f"{path}: 'parameters' must be a table.")
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in parameters.items()}


def _save(path: Path | None, data: dict):
    if path:
        try:
            path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}.") from None


def _plural(unit: str) -> str:
    return f"{unit}es" if unit.endswith("s") else f"{unit}s"


def _size(count: int) -> str:
    return f"{count / 1000:.1f} kB"


def main():
    """Entry point: a user's mistake is one sentence on standard error and exit code 2."""
    try:
        app()
    except (UsageError, ParameterError) as error:
        err.print(f"systola: {error}", markup=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
