"""`systola run FILE`: execution of a trained network of a file."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...hw.component import Parameters
from ..accelerators.base import Accelerator
from ..errors import UsageError, suggestion
from .files import read_bytes
from .options import err, out, save

if TYPE_CHECKING:
    from ..compile.timeline import Span
    from ..run.executors import Executor
    from ..run.network import NetworkReport

SUFFIXES = (".tflite", ".onnx")

Input = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Inputs of the network: .npy, or .npz with one array per input.")
]
Random = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Random inputs of the network; 1 without --input.")
]
Reference = Annotated[str, typer.Option(help="Reference of the network: numpy, tflm, xnnpack, ort or none.")]
PerLayer = Annotated[bool, typer.Option("--per-layer", help="Compare the whole output of every operator.")]


@dataclass(frozen=True)
class NetworkOptions:
    """Options of `systola run` and `systola board run` for networks only."""

    input: Path | None
    random: int | None
    reference: str
    per_layer: bool

    def first_set(self) -> str | None:
        """Name of the first option that is set; None if there is none."""
        given = {
            "--input": self.input,
            "--random": self.random,
            "--reference": self.reference != "numpy",
            "--per-layer": self.per_layer,
        }
        return next((name for name, value in given.items() if value), None)


def names_file(name: str) -> bool:
    """Whether an argument of `systola run` names a file rather than a task."""
    try:
        return Path(name).suffix in SUFFIXES or "/" in name or Path(name).is_file()
    except OSError:  # the name is too long
        return False


def parameters_of(accelerator: Accelerator, settings: dict[str, str], reference: str, source: Path) -> Parameters:
    """Parameters of a machine. Its rounding is that of the reference, or of the kind of the file, unless set.

    Raises :class:`.UsageError`.
    """
    from ..run import interpreters

    machine = accelerator.component.Parameters
    if unknown := next((key for key in settings if key not in machine.model_fields), None):
        raise UsageError(f"unknown parameter '{unknown}': {suggestion(unknown, machine.model_fields)}")
    return machine.parse(interpreters.settings(machine, source, reference) | settings)


def run(
    source: Path,
    executor: "Executor",
    options: NetworkOptions,
    *,
    seed: int,
    json_file: Path | None,
    trace: Path | None = None,
    compile_options: dict | None = None,
):
    """Run a network on inputs, and print and save the report. Exit code 1 if a value is wrong."""
    from ..run import network
    from ..run.execute import ExecutionError

    started = time.perf_counter()
    try:
        with err.status(f"compiling {source.name}") as status:
            report = _report(source, executor, options, seed, trace is not None, compile_options, status.update)
    except ExecutionError as error:
        err.print(f"systola: {error}", markup=False)
        raise typer.Exit(1) from None
    report.seconds = time.perf_counter() - started
    network.show(report, out, operators=options.per_layer)
    if trace and report.cycles:
        save_trace(trace, report.spans, report.cycles, source.name)
    save(json_file, report.data())
    if report.mismatches:
        raise typer.Exit(1)


def _report(
    source: Path,
    executor: "Executor",
    options: NetworkOptions,
    seed: int,
    trace: bool,
    compile_options: dict | None,
    update: Callable[[str], None],
) -> "NetworkReport":
    """Read, compile and run a network; `update` receives the progress."""
    from ..importers import read
    from ..run import interpreters, network
    from ..run.model import Model
    from .network_inputs import inputs

    make = interpreters.find(options.reference)
    try:
        data = read_bytes(source)
    except OSError as error:
        raise UsageError(f"cannot read {source}: {error.strerror}.") from None
    rounding = interpreters.rounding(source, options.reference, executor.parameters)
    imported = read(data, str(source), rounding=rounding)
    imported.check()
    runs = inputs(imported.graph, options.input, options.random, seed)
    reference = make(imported, data) if make else None
    with Model(imported, executor, keep=options.per_layer, options=compile_options) as model:
        return network.run(
            model,
            runs,
            reference,
            name=options.reference,
            trace=trace,
            progress=lambda text: update(f"running {text} of {len(runs)}"),
        )


def save_trace(folder: Path, spans: "Sequence[Span]", cycles: int, title: str):
    """Write the timeline of a run to a folder and print the paths. Raises :class:`.UsageError`."""
    from ..run import trace

    try:
        paths = trace.write(folder, spans, cycles, title)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}.") from None
    out.print(f"        timeline in {' and '.join(str(path) for path in paths)}", markup=False)
