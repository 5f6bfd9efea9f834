"""Functions of the public interface; see the docstring of the package `gen`."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..hw.component import Component
from . import generators
from .accelerators import registry
from .errors import UsageError
from .verilog.verilog import Design

if TYPE_CHECKING:
    from .run.model import Model

UNREGISTERED = "no bench"
"""Value of `Design.bench` for a component that belongs to no generator."""
MATRIX_ENGINES = ("broadcast", "systolic")
"""Generators whose streams carry the tiles of :func:`matmul`."""
DATAFLOWS = ("ws", "os", "is")
"""Weight, output and input stationary."""


def generate(name: str | Component, *, top: str | None = None, **parameters) -> Design:
    """Generate the Verilog of a generator, given by name, or of a component; return a :class:`.Design`.

    `top` is the name of the top module, by default that of the generator. `design.write(folder)` writes the Verilog and
    its manifest.

    Raises :class:`.UsageError` for an unknown name, :class:`.ParameterError` for an illegal parameter.
    """
    if isinstance(name, Component):
        if parameters:
            raise UsageError(
                f"{min(parameters)}={parameters[min(parameters)]}: a component has its parameters already."
            )
        for generator in generators.generators().values():
            if type(name) is generator.component:
                return generator.design(name, top=top)
        design = generators.Generator(type(name).__name__.lower(), type(name)).design(name, top=top)
        return replace(design, bench=UNREGISTERED)
    return generators.find(name).design(top=top, **parameters)


def simulate(design: str | Design, cases: int | list = 40, *, seed: int = 1, **options):
    """Simulate a design in its test bench and compare it with its golden model; return (outcome, results).

    `design` is a result of :func:`generate` or the name of a generator. `cases` is a number of random cases, drawn with
    `seed`, or a list of cases. `options` are those of `sim.runner.simulate.simulate`: `simulator` ("verilator" or
    "icarus"), `waves` (a .vcd or .fst file), `keep` (return the results), `timeout` in seconds.

    `outcome` is an :class:`.Outcome`: cycles, results compared, mismatches. `results` are empty unless `keep` is set.
    Raises :class:`.UsageError` if the design has no bench, `SimulatorError` if the simulation itself fails.
    """
    from ..sim.runner.simulate import simulate as execute

    design = generate(design) if isinstance(design, str) else design
    _check_bench(design)
    if isinstance(cases, int):
        cases = generators.find(design.name).cases(design.parameters, cases, seed)
    return execute(design, cases, **options)


def _check_bench(design: Design):
    if design.bench == UNREGISTERED:
        raise UsageError(
            f"component '{design.name}' has no bench: name one in a Generator (`bench`, `stimulus`), which a package "
            f"offers by an entry point of group {generators.GROUP}."
        )
    if design.bench and not _is_module(design.bench):
        raise UsageError(f"generator '{design.name}': its bench {design.bench} is not a module that can be imported.")


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a parent package is missing
        return False


def synthesise(name: str, *, device: str = "ecp5-85k", seeds: int = 5, **parameters):
    """Synthesise, place and route a generator out of context; return a :class:`.SynthesisReport`.

    The report has the cells by type and by part, and Fmax in MHz for each of `seeds` placements. `device` is a name of
    `gen.synth.devices.DEVICES`.

    Raises :class:`.UsageError` for an unknown generator, :class:`.ParameterError` for an illegal parameter,
    `SynthesisError` for an unknown device, a missing package, or a design that does not fit.
    """
    from .synth.synth import synthesise as execute

    generator = generators.find(name)
    return execute(generator.component(**parameters), generator.name, device, seeds=seeds)


def run(task: str, on: str = "systola", *, seed: int = 1, **settings):
    """Run a task on the Verilog of an accelerator, from DRAM to DRAM, and compare with NumPy; return a report.

    `task` is "gemm", "conv" or "digits"; `on` is the name of the accelerator. `settings` are parameters of the task
    (such as `m`, `k` and `n`, in elements) and of the accelerator. The report is a :class:`.RunReport`, whose
    `execution.cycles` counts from start to interrupt.

    Raises :class:`.UsageError` for an unknown name or parameter, :class:`.ParameterError` for an illegal value.
    """
    from .run import report

    accelerator = registry.find(on)
    parameters, kind = report.prepare(task, accelerator, {key: str(value) for key, value in settings.items()})
    return report.run(task, kind, accelerator, parameters, seed=seed)


def load(path: str | Path, on: str = "systola", *, executor: str = "model", **settings) -> Model:
    """Load a trained network of a TFLite or ONNX file for an accelerator; return a :class:`.Model`.

    `model.predict(x)` returns the outputs for NumPy arrays, exactly as the machine computes them; `model.reset()`
    resets the state of streaming networks. `executor` "model" is the golden model of the accelerator, "verilog" the
    simulation of its Verilog, which ends with `model.close()`. `settings` are parameters of the accelerator.

    Raises :class:`.UsageError` for files, networks and names that cannot be used, :class:`.ParameterError`.
    """
    from .importers import load as imported
    from .run import executors, interpreters
    from .run.model import Model

    accelerator = registry.find(on)
    kind = accelerator.component.Parameters
    given = {key: str(value) for key, value in settings.items()}
    parameters = kind.parse(interpreters.settings(kind, path) | given)
    machine = executors.executor(executor, accelerator, parameters)
    return Model(imported(path, rounding=interpreters.rounding(path, "numpy", parameters)), machine)


def matmul(design: str | Design, a, w, **options):
    """Multiply two matrices on a matrix engine's Verilog; return (product, outcome).

    The product is A @ W for integers A (M, K) and W (K, N) in the ranges of `a_format` and `w_format`. Both are split
    into tiles that enter without a pause; NumPy adds the sums of the K-tiles, each modulo 2^acc_width. `design` is a
    result of :func:`generate` for "systolic" or "broadcast", or one of these names. `options` are those of
    :func:`simulate`.

    Raises :class:`.UsageError` for another generator, for formats that are not integers, and for operands of wrong
    shape or range.
    """
    import numpy as np

    from ..sim.golden import integer
    from ..sim.stimulus import gemm
    from ..sim.stimulus.systolic import SystolicCase

    design = generate(design) if isinstance(design, str) else design
    if design.name not in MATRIX_ENGINES:
        raise UsageError(f"generator '{design.name}': matmul needs one of {', '.join(MATRIX_ENGINES)}.")
    parameters = design.parameters
    operands = {"a": np.asarray(a), "w": np.asarray(w)}
    for name, operand in operands.items():
        form = parameters[f"{name}_format"]
        if not re.fullmatch(r"u?int\d+", form):
            raise UsageError(f"{name}_format={form}: matmul needs an integer format, such as int8.")
        low, high = integer.limits(form)
        if operand.ndim != 2 or not operand.size or not np.issubdtype(operand.dtype, np.integer):
            raise UsageError(f"{name}: it must be a matrix of integers, not {operand.dtype} of shape {operand.shape}.")
        if operand.min() < low or operand.max() > high:
            raise UsageError(f"{name}: values must be from {low} to {high}, the range of {form}.")
    a, w = operands.values()
    if a.shape[1] != w.shape[0]:
        raise UsageError(f"a of shape {a.shape} and w of shape {w.shape}: columns of a must equal rows of w.")
    engine = parameters["rows"], parameters["cols"], parameters.get("dataflow", "ws")
    outcome, (results,) = simulate(design, [SystolicCase(gemm.tiles(a, w, *engine))], **{**options, "keep": True})
    return gemm.assemble(results, a, w, *engine), outcome


def tiles(a, w, rows: int, cols: int, dataflow: str = "ws") -> list:
    """Cut matrices A (M, K) and W (K, N) into the tiles of a matrix engine; return pairs (tile of A, tile of W).

    The engine has `rows` x `cols` multipliers. Tiles are in the order in which the engine takes them: the K-tiles of a
    result are consecutive. Edges are filled with zeros. Shapes of a pair: "ws" (M, rows) and (rows, cols); "os"
    (rows, K) and (K, cols); "is" (cols, rows) and (rows, N).

    Raises :class:`.UsageError` for an unknown dataflow, sizes below 1, or operands that are no matrices of a product.
    """
    from ..sim.stimulus import gemm

    return gemm.tiles(*_product(a, w, rows, cols, dataflow), rows, cols, dataflow)


def assemble(results, a, w, rows: int, cols: int, dataflow: str = "ws"):
    """Assemble the product (M, N) from the results of :func:`tiles`, given in the same order and with its arguments.

    Each result is the product of its pair of tiles. The results of K-tiles are added, as an accumulator memory does.

    Raises :class:`.UsageError` as :func:`tiles` does, and if the number of results is not the number of tiles.
    """
    from ..sim.stimulus import gemm

    a, w = _product(a, w, rows, cols, dataflow)
    if len(results) != (count := len(gemm.tiles(a, w, rows, cols, dataflow))):
        raise UsageError(f"results: there must be {count} results, one per tile, not {len(results)}.")
    return gemm.assemble(list(results), a, w, rows, cols, dataflow)


def _product(a, w, rows: int, cols: int, dataflow: str):
    """Operands of a product as arrays, after a check of all arguments."""
    import numpy as np

    if dataflow not in DATAFLOWS:
        raise UsageError(f"dataflow={dataflow}: dataflow must be one of {', '.join(DATAFLOWS)}.")
    for name, size in (("rows", rows), ("cols", cols)):
        if size < 1:
            raise UsageError(f"{name}={size}: {name} must be at least 1.")
    a, w = np.asarray(a), np.asarray(w)
    for name, operand in (("a", a), ("w", w)):
        if operand.ndim != 2 or not operand.size:
            raise UsageError(f"{name}: it must be a matrix, not an array of shape {operand.shape}.")
    if a.shape[1] != w.shape[0]:
        raise UsageError(f"a of shape {a.shape} and w of shape {w.shape}: columns of a must equal rows of w.")
    return a, w
