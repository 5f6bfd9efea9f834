"""`systola run FILE`: execution of a trained network of a file."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer

from ...sim.network.graph import Graph
from ..accelerators.base import Accelerator
from ..errors import UsageError, suggestion
from .files import read_bytes
from .options import err, out, save

SUFFIXES = (".tflite", ".onnx")
RANDOM = 1
"""Random inputs where none are given."""


@dataclass(frozen=True)
class NetworkOptions:
    """Options of the command that concern networks."""

    input: Path | None
    random: int | None
    reference: str
    per_layer: bool

    def unused(self) -> str | None:
        """Option that only a network can have, None if none is set."""
        given = {
            "--input": self.input,
            "--random": self.random,
            "--reference": self.reference != "numpy",
            "--per-layer": self.per_layer,
        }
        return next((name for name, value in given.items() if value), None)


def names_file(name: str) -> bool:
    """Whether the argument of `systola run` is a file rather than a task."""
    return Path(name).suffix in SUFFIXES or "/" in name or Path(name).is_file()


def run(
    source: Path,
    accelerator: Accelerator,
    settings: dict[str, str],
    options: NetworkOptions,
    *,
    seed: int,
    trace: Path | None,
    json_file: Path | None,
    compile_options: dict,
    executor: str,
    latency: int,
    limit: int,
):
    """Run a network on inputs, and print and save the report. Exit code 1 if a value is wrong."""
    from ..importers import read
    from ..run import interpreters, network
    from ..run import trace as timeline
    from ..run.execute import ExecutionError
    from ..run.model import Model

    make = interpreters.find(options.reference)
    fields = accelerator.component.Parameters.model_fields
    if unknown := next((key for key in settings if key not in fields), None):
        raise UsageError(f"unknown parameter '{unknown}': {suggestion(unknown, fields)}")
    rounding = interpreters.ROUNDINGS.get(options.reference)
    if rounding and "rounding" in fields:
        settings = {"rounding": rounding} | settings
    parameters = accelerator.component.Parameters.parse(settings)
    rounding = rounding or getattr(parameters, "rounding", "")
    try:
        data = read_bytes(source)
    except OSError as error:
        raise UsageError(f"cannot read {source}: {error.strerror}.") from None
    started = time.perf_counter()
    try:
        with err.status(f"compiling {source.name}") as status:
            imported = read(data, str(source), rounding="float32" if rounding == "float32" else "gemmlowp")
            imported.check()
            inputs = _inputs(imported.graph, options, seed)
            model = Model(
                imported,
                accelerator,
                parameters,
                executor=executor,
                keep=options.per_layer,
                latency=latency,
                limit=limit,
                options=compile_options,
            )
            with model:
                report = network.run(
                    model,
                    inputs,
                    make(imported, data) if make else None,
                    name=options.reference,
                    trace=trace is not None,
                    progress=_progress(status.update, len(inputs)),
                )
    except ExecutionError as error:
        err.print(f"systola: {error}", markup=False)
        raise typer.Exit(1) from None
    report.seconds = time.perf_counter() - started
    network.show(report, out, operators=options.per_layer)
    if trace:
        try:
            paths = timeline.write(trace, report.spans, report.cycles, source.name)
        except OSError as error:
            raise UsageError(f"cannot write to {trace}: {error.strerror}.") from None
        out.print(f"        timeline in {' and '.join(str(path) for path in paths)}", markup=False)
    save(json_file, report.data())
    if report.mismatches:
        raise typer.Exit(1)


def _progress(update: Callable[[str], None], count: int) -> Callable[[str], None]:
    return lambda text: update(f"running {text} of {count}")


def _inputs(graph: Graph, options: NetworkOptions, seed: int) -> list[dict[str, np.ndarray]]:
    """Inputs of the runs: those of a file, then random ones. Raises :class:`.UsageError`."""
    found = _from_file(graph, options.input) if options.input else []
    generator = np.random.default_rng(seed)
    tensors = [graph[name] for name in graph.inputs]
    for _ in range(options.random if options.random is not None else 0 if found else RANDOM):
        values = {}
        for tensor in tensors:
            low, high = tensor.limits or (0, 0)
            values[tensor.name] = generator.integers(low, high, tensor.shape, tensor.dtype, endpoint=True)
        found.append(values)
    return found


def _from_file(graph: Graph, path: Path) -> list[dict[str, np.ndarray]]:
    """Inputs of a file: one array, or an archive with one per input; a first axis may be added for several runs."""
    try:
        contents = np.load(path, allow_pickle=False)
        arrays = dict(contents) if hasattr(contents, "files") else dict(zip(graph.inputs, [contents], strict=False))
    except OSError as error:
        raise UsageError(f"--input {path}: the file cannot be read: {error.strerror or error}.") from None
    except Exception:  # NumPy raises many types for damaged files
        raise UsageError(f"--input {path}: it must be a file of NumPy, .npy or .npz.") from None
    if set(arrays) != set(graph.inputs):
        raise UsageError(f"--input {path}: it has no arrays for the inputs {', '.join(graph.inputs)}.")
    runs = {name: _runs(graph, name, array, path) for name, array in arrays.items()}
    counts = {name: len(each) for name, each in runs.items()}
    if len(set(counts.values())) > 1:
        raise UsageError(f"--input {path}: the arrays have different numbers of runs: {counts}.")
    return [dict(zip(runs, values, strict=True)) for values in zip(*runs.values(), strict=True)]


def _runs(graph: Graph, name: str, array: np.ndarray, path: Path) -> list[np.ndarray]:
    tensor = graph[name]
    shape = tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape
    if array.dtype != tensor.dtype or array.shape[array.ndim - len(shape) :] != shape or array.ndim > len(shape) + 2:
        text = f"{tensor.type} of shape {tensor.shape}, or several of it"
        raise UsageError(f"--input {path}: {name} must be {text}, not {array.dtype} of shape {array.shape}.")
    return list(array.reshape(-1, *tensor.shape))
