"""Synthesis of a design for a device: Yosys, then nextpnr out of context, both from PyPI.

Only these packages are run, regardless of other tools on the machine. Results are cached.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from ...hw.component import Component
from ...sim.runner import cache, children, extras, folders
from ..verilog.verilog import Design, generate
from .devices import DEVICES, PLACERS, Device, Placer
from .report import SynthesisReport, mhz, report

__all__ = ["DEVICES", "Device", "SynthesisError", "SynthesisReport", "netlist", "synthesise"]

LIMIT = 30 * 60
"""Timeout of a tool in seconds: nextpnr's router occasionally never completes its last wires."""

ALONE = {"YOSYS_MAX_THREADS": "1"}
"""Environment of Yosys: the threads of its pass opt_clean (pyosys 0.70) occasionally deadlock."""

JOBS = 2
"""Number of concurrent nextpnr runs: each needs most of a gigabyte of memory."""

MAPPER = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for line in open(sys.argv[1]):
    design.run_pass(line.strip())
"""
"""Python code that runs the Yosys script given as its argument."""


class SynthesisError(Exception):
    """Synthesis is not possible; the message is one sentence for the user."""


def synthesise(
    component: Component,
    name: str,
    device: str = "ecp5-85k",
    seeds: int = 5,
    folder: Path | None = None,
    progress: Callable[[str], object] = lambda step: None,
    placer: Placer = "heap",
) -> SynthesisReport:
    """Map a component to a device, and place and route it with the seeds 1 to `seeds`.

    The netlist, the logs and the report are written to `folder`. `progress` is called with a line before each step.
    `placer` selects the placer of nextpnr. Raises `SynthesisError` if a package is missing, the device is unknown, the
    design does not fit, or a tool fails.
    """
    target = _device(device)
    target = replace(target, arguments=(*target.arguments, *PLACERS[placer]))
    if seeds < 1:
        raise SynthesisError(f"seeds={seeds}: seeds must be at least 1.")
    progress(f"{name}: generating Verilog")
    design = generate(name, component, device=target.family)
    progress(f"{name}: mapping to {device}")
    mapped = _mapped(design, target)
    for cell, limit in target.limits.items():
        if (needed := _cells(mapped).get(cell, 0)) > limit:
            raise SynthesisError(f"{name} needs {needed} {cell}, and {device} has {limit}.")
    progress(f"{name}: placing and routing, {seeds} seeds")
    placed = []
    with ThreadPoolExecutor(JOBS) as pool:
        try:
            for run in pool.map(lambda seed: _placed(design, target, mapped, seed), range(1, seeds + 1)):
                placed.append(json.loads((run / "report.json").read_text()))
                if folder is not None:
                    shutil.copytree(run, Path(folder) / f"seed{len(placed)}", dirs_exist_ok=True)
                progress(f"{name}: seed {len(placed)} of {seeds}: {mhz(placed[-1])} MHz")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    mapped_netlist = json.loads((mapped / "netlist.json").read_text())
    result = report(design, device, _tools(target), _cells(mapped), mapped_netlist, placed)
    if folder is not None:
        shutil.copytree(mapped, folder, dirs_exist_ok=True)
        (Path(folder) / "report.json").write_text(result.to_json())
    return result


def netlist(component: Component, name: str, device: str = "ecp5-85k") -> str:
    """Synthesise a component to cells of a device; return the netlist with the simulation models of its cells.

    The Verilog can be simulated without further files. Its ports are those of `generate(name, component)`. Raises
    `SynthesisError` under the conditions of :func:`synthesise`, and if a cell has no model.
    """
    target = replace(_device(device), pins=False)  # only placement needs pins
    mapped = _mapped(generate(name, component, device=target.family), target)
    own = files("systola.sim") / "models"
    sources = [*(files("pyosys") / "share" / model for model in target.models), *own.iterdir()]
    texts = [source.read_text() for source in sources if source.name.endswith((".v", ".vh"))]
    text = re.sub(r"(?s)^\s*specify\b.*?\bendspecify$", "", "\n".join(texts), flags=re.M)
    models = {match[1]: match[0] for match in re.finditer(r"(?ms)^module (\w+)\b.*?^endmodule", text)}
    macros = re.findall(r"(?m)^`(?:define|ifdef|ifndef|else|endif)\b.*$", "\n".join(map(_head, texts)))
    parts, pending = ["\n".join(macros), (mapped / "netlist.v").read_text()], list(_cells(mapped))
    while pending:
        cell = pending.pop(0)
        if cell not in models:
            raise SynthesisError(f"The cell {cell} of {device} has no simulation model.")
        parts.append(models.pop(cell))
        inside = [other for other in models if re.search(rf"(?m)^\s*{other}\b", parts[-1])]
        pending += [other for other in inside if other not in pending]
    return "\n\n".join(parts) + "\n"


def _head(models: str) -> str:
    """Text before the first model of a file: macros that the models use."""
    return re.split(r"(?m)^(?:\(\*.*\*\)\s*)?module\b", models, maxsplit=1)[0]


def run_yosys(directory: Path, limit: float | None = None):
    """Run `script.ys` in a directory, for at most `limit` seconds (default: :data:`LIMIT`). Raises `SynthesisError`."""
    run_tool("pyosys", MAPPER, ["script.ys"], directory, log="yosys.log", limit=limit)


def yosys_version() -> str:
    """Name and version of Yosys. Raises `SynthesisError` if it is not installed."""
    return f"pyosys {_version('pyosys')}"


def _device(name: str) -> Device:
    if name not in DEVICES:
        raise SynthesisError(f"device={name}: device must be {', '.join(DEVICES)}.")
    return DEVICES[name]


def _mapped(design: Design, device: Device) -> Path:
    """Directory in the cache with the netlist (as JSON and Verilog) and its statistics."""

    def fill(directory: Path):
        (directory / "design.v").write_text(design.verilog)
        (directory / "harness.v").write_text(harness(design))
        (directory / "script.ys").write_text(_script(design, device))
        run_yosys(directory)

    return cache.once("synth", _identity(design, device), fill)


def _placed(design: Design, device: Device, mapped: Path, seed: int) -> Path:
    """Directory in the cache with the report of place and route."""
    arguments = [
        *device.arguments,
        "--timing-allow-fail",
        "--seed",
        str(seed),
        "--json",
        _placed_netlist(device),
        "--report",
        "report.json",
    ]

    def fill(directory: Path):
        shutil.copy(mapped / _placed_netlist(device), directory)  # the WebAssembly tool has another /tmp
        if device.constraints:
            (directory / "pins.cst").write_text(device.constraints)
        name = device.place.replace("_", "-")
        run_tool(f"yowasp-{name}", f"yowasp_{device.place}:run_{device.place}", arguments, directory, log=f"{name}.log")
        (directory / _placed_netlist(device)).unlink()

    return cache.once("place", [*_identity(design, device), *arguments], fill)


def _script(design: Design, device: Device) -> str:
    synth = device.synth
    if "SB_MAC16 #(" in design.verilog:  # with -dsp each becomes a 16 x 16 multiplier, regardless of its settings
        synth = synth.replace(" -dsp", "")
    return (
        "\n".join(
            [
                "read_verilog design.v",
                f"{synth} -top {design.top}",
                "delete t:$scopeinfo",
                "attrmap -remove src",  # paths of this machine
                "write_json netlist.json",
                "write_verilog -noattr netlist.v",
                "tee -q -o statistics.json stat -json",
                *(_HARNESSED if device.pins else ()),
            ]
        )
        + "\n"
    ).replace("SYNTH", synth)


_HARNESSED = ["design -reset", "read_verilog design.v harness.v", "SYNTH -top harness", "write_json harness.json"]


def _placed_netlist(device: Device) -> str:
    return "harness.json" if device.pins else "netlist.json"


def harness(design: Design) -> str:
    """Verilog of a harness that connects the ports of a design to shift registers and adds no longer path.

    It has five pins for any number of ports, for tools that cannot place a design without pins. Its cells are not
    counted.
    """
    widths = {"input": 0, "output": 0}
    connections = []
    for port, (direction, width) in design.ports.items():
        if port in ("clk", "rst"):
            connections.append(f".{port}({port})")
            continue
        low = widths[direction]
        widths[direction] += width
        bits = {"input": "in", "output": "out"}[direction]
        connections.append(f".{port}({bits}[{low + width - 1}:{low}])")
    n, m = max(2, widths["input"]), max(2, widths["output"])
    return f"""module harness (input clk, input rst, input i, input load, output o);
  reg [{n - 1}:0] in;
  wire [{m - 1}:0] out;
  reg [{m - 1}:0] seen;
  assign o = seen[0];
  always @(posedge clk) begin
    in <= {{in[{n - 2}:0], i}};
    seen <= load ? out : {{i, seen[{m - 1}:1]}};
  end
  {design.top} dut ({", ".join(connections)});
endmodule
"""


def _identity(design: Design, device: Device) -> list[str]:
    tools = [f"{tool} {number}" for tool, number in _tools(device).items()]
    return [design.verilog, _script(design, device), *tools]


def _tools(device: Device) -> dict[str, str]:
    return {package: _version(package) for package in ("pyosys", f"yowasp-{device.place.replace('_', '-')}")}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        raise SynthesisError(extras.missing(package) or f"the Python package {package} was not found.") from None


def run_tool(package: str, code: str, arguments: list[str], directory: Path, *, log: str, limit: float | None = None):
    """Run a tool of a Python package in `directory`, for at most `limit` seconds; write its output to the file `log`.

    `code` is Python code, or MODULE:FUNCTION of a function that takes the arguments. Raises `SynthesisError` if the
    tool fails.
    """
    _version(package)
    limit = LIMIT if limit is None else limit
    tool = log.removesuffix(".log").replace("yosys", "Yosys")
    if ":" in code.splitlines()[0]:
        module, function = code.split(":")
        code = f"import sys; sys.argv[0] = {tool!r}; from {module} import {function} as run; "
        code += "sys.exit(run(sys.argv[1:]) if run.__name__ != 'main' else run())"
    command = [sys.executable, "-c", code, *arguments]
    environment = folders.tool_environment() | ALONE
    with (directory / log).open("wb") as out:
        streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": subprocess.STDOUT}
        try:
            status = children.run(command, cwd=directory, env=environment, timeout=limit, **streams).returncode
        except subprocess.TimeoutExpired:
            seed = f" with seed {arguments[arguments.index('--seed') + 1]}" if "--seed" in arguments else ""
            raise SynthesisError(f"{tool} did not end within {limit:g} s{seed}.") from None
    if status:
        lines = (directory / log).read_text(errors="replace").strip().splitlines() or ["it printed no message."]
        reason = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
        raise SynthesisError(f"{tool} failed: {reason.removeprefix('ERROR: ')}")


def _cells(mapped: Path) -> dict[str, int]:
    return json.loads((mapped / "statistics.json").read_text())["design"]["num_cells_by_type"]
