"""`systola run`: execution of a task or of a network file on an accelerator."""

import time
from pathlib import Path
from typing import Annotated

import typer

from ..accelerators import registry
from ..compile.pipelining import ORDERS
from ..errors import UsageError
from .options import Json, Preset, Set, err, folder_option, out, save, values
from .run_network import Input, NetworkOptions, PerLayer, Random, Reference, names_file, parameters_of, save_trace
from .run_network import run as run_network


def run(
    name: Annotated[
        str,
        typer.Argument(metavar="TASK|FILE", help="Task (gemm, conv or digits), or network (a TFLite or ONNX file)."),
    ],
    on: Annotated[str, typer.Option(metavar="ACCELERATOR", help="Accelerator: see `systola list`.")] = "systola",
    parameters: Set = None,
    preset: Preset = None,
    order: Annotated[str | None, typer.Option(help="Schedule: serial, reordered, synchronised or overlapped.")] = None,
    executor: Annotated[
        str, typer.Option(help="verilog: simulate the Verilog. model: use the golden model and the cost model.")
    ] = "verilog",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the data.")] = 1,
    latency: Annotated[
        int, typer.Option(min=2, max=1000, help="DRAM latency: cycles from the address to the first beat.")
    ] = 20,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of cycles.")] = 10_000_000,
    input: Input = None,
    random: Random = None,
    reference: Reference = "numpy",
    per_layer: PerLayer = False,
    trace: Annotated[Path | None, folder_option("--trace", help="Write a timeline to DIR: PNG and Perfetto.")] = None,
    json_file: Json = None,
):
    """Run a task or a network on an accelerator, from DRAM to DRAM, and compare its results with NumPy.

    Operators of a network that the accelerator cannot execute run on the host.
    """
    from ..run import executors, report
    from ..run.execute import ExecutionError

    if executor not in executors.EXECUTORS:
        raise UsageError(f"--executor {executor}: it must be {' or '.join(executors.EXECUTORS)}.")
    accelerator = registry.find(on)
    if order is not None and order not in ORDERS:
        raise UsageError(f"--order {order}: it must be {', '.join([*ORDERS][:-1])} or {[*ORDERS][-1]}.")
    if order is not None and "order" not in accelerator.options:
        raise UsageError(f"--order {order}: {accelerator.name} has one schedule only.")
    if trace:
        import matplotlib  # noqa: F401  # an optional dependency, whose absence ends the command before it runs
    networks = NetworkOptions(input, random, reference, per_layer)
    compile_options = {"order": order} if order else {}
    if names_file(name) and name not in report.TASKS:
        settings = values(parameters, preset, accelerator.name)
        machine = parameters_of(accelerator, settings, reference, Path(name))
        place = executors.executor(executor, accelerator, machine, latency=latency, limit=limit)
        return run_network(
            Path(name), place, networks, seed=seed, json_file=json_file, trace=trace, compile_options=compile_options
        )
    if option := networks.first_set():
        raise UsageError(f"{option}: only a network of a file has this option, not the task {name}.")
    machine, task = report.prepare(name, accelerator, values(parameters, preset, accelerator.name))
    started = time.perf_counter()
    try:
        with err.status(f"preparing {name}") as status:
            done = report.run(
                name,
                task,
                accelerator,
                machine,
                seed=seed,
                compile_options=compile_options,
                executor=executor,
                limit=limit,
                latency=latency,
                trace=trace is not None,
                progress=status.update,
            )
    except ExecutionError as error:
        err.print(f"systola: {error}", markup=False)
        raise typer.Exit(1) from None
    done.seconds = time.perf_counter() - started
    report.show(done, out)
    if trace:
        settings = ", ".join(f"{setting}={value}" for setting, value in task)
        save_trace(trace, done.execution.spans, done.execution.cycles, f"{name} {settings}")
    save(json_file, done.data())
    if done.mismatches:
        raise typer.Exit(1)
