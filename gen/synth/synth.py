"""Cells and clock rate of a design on a device: Yosys, then nextpnr out of context, both from PyPI.

Nothing but these packages is ever run, whatever the machine has installed. Results are kept in the cache.
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
"""Seconds after which a tool is given up: now and then nextpnr's router works on its last wires without an end."""

ALONE = {"YOSYS_MAX_THREADS": "1"}
"""For Yosys's environment: threads of its opt_clean (pyosys 0.70) now and then wait for each other without an end."""

JOBS = 2
"""nextpnr runs at the same time: each takes most of a gigabyte."""

MAPPER = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for line in open(sys.argv[1]):
    design.run_pass(line.strip())
"""
"""Python that runs the Yosys script whose name it is given."""


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

    `folder` receives the netlist, the logs and the report; `progress` a line for each step; `placer` is
    nextpnr's. Raises `SynthesisError` if a package is missing, the device is not known, the design does not
    fit, or a tool fails.
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
    """The design as cells of a device, with the models of these cells: Verilog that simulates by itself.

    Its ports are those of `generate(name, component)`. Raises `SynthesisError` as :func:`synthesise` does,
    and if a cell has no model.
    """
    target = replace(_device(device), pins=False)  # which placement alone needs
    mapped = _mapped(generate(name, component, device=target.family), target)
    own = files("systola.sim") / "models"
    sources = [*(files("pyosys") / "share" / model for model in target.models), *own.iterdir()]
    texts = [source.read_text() for source in sources if source.name.endswith((".v", ".vh"))]
    text = re.sub(r"(?s)^\s*specify\b.*?\bendspecify$", "", "\n".join(texts), flags=re.M)
    models = {match[1]: match[0] for match in re.finditer(r"(?ms)^module (\w+)\b.*?^endmodule", text)}
    macros = re.findall(r"(?m)^`(?:define|ifdef|ifndef|else|endif)\b.*$", "\n".join(map(_head, texts)))
    parts, wanted = ["\n".join(macros), (mapped / "netlist.v").read_text()], list(_cells(mapped))
    while wanted:
        cell = wanted.pop(0)
        if cell not in models:
            raise SynthesisError(f"The cell {cell} of {device} has no simulation model.")
        parts.append(models.pop(cell))
        inside = [other for other in models if re.search(rf"(?m)^\s*{other}\b", parts[-1])]
        wanted += [other for other in inside if other not in wanted]
    return "\n\n".join(parts) + "\n"


def _head(models: str) -> str:
    """What stands before the first model: macros that models use."""
    return re.split(r"(?m)^(?:\(\*.*\*\)\s*)?module\b", models, maxsplit=1)[0]


def run_yosys(directory: Path):
    """Run `script.ys` in a directory. Raises `SynthesisError`."""
    run_tool("pyosys", MAPPER, ["script.ys"], directory, log="yosys.log")


def yosys_version() -> str:
    """Raises `SynthesisError` if there is none."""
    return f"pyosys {_version('pyosys')}"


def _device(name: str) -> Device:
    if name not in DEVICES:
        raise SynthesisError(f"device={name}: device must be {', '.join(DEVICES)}.")
    return DEVICES[name]


def _mapped(design: Design, device: Device) -> Path:
    """A directory with the netlist (as JSON and Verilog) and its statistics."""

    def fill(directory: Path):
        (directory / "design.v").write_text(design.verilog)
        (directory / "harness.v").write_text(harness(design))
        (directory / "script.ys").write_text(_script(design, device))
        run_yosys(directory)

    return cache.once("synth", _identity(design, device), fill)


def _placed(design: Design, device: Device, mapped: Path, seed: int) -> Path:
    """A directory with the report of place and route."""
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
        shutil.copy(mapped / _placed_netlist(device), directory)  # WebAssembly sees its own /tmp
        if device.constraints:
            (directory / "pins.cst").write_text(device.constraints)
        name = device.place.replace("_", "-")
        run_tool(f"yowasp-{name}", f"yowasp_{device.place}:run_{device.place}", arguments, directory, log=f"{name}.log")
        (directory / _placed_netlist(device)).unlink()

    return cache.once("place", [*_identity(design, device), *arguments], fill)


def _script(design: Design, device: Device) -> str:
    synth = device.synth
    if "SB_MAC16 #(" in design.verilog:  # -dsp makes each of them another 16 x 16 multiplier, whatever it was
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
    """A design among registers that shift: four pins, however many ports it has, and no path longer than its own.

    It is for tools that know no placement without pins; its cells are not counted.
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


def run_tool(package: str, code: str, arguments: list[str], directory: Path, *, log: str):
    """Run a tool of a Python package in `directory`, its output into `log`.

    `code` is Python, or MODULE:FUNCTION that takes the arguments. Raises `SynthesisError` if it fails.
    """
    _version(package)
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
            status = children.run(command, cwd=directory, env=environment, timeout=LIMIT, **streams).returncode
        except subprocess.TimeoutExpired:
            seed = f" with seed {arguments[arguments.index('--seed') + 1]}" if "--seed" in arguments else ""
            raise SynthesisError(f"{tool} did not end within {LIMIT // 60} minutes{seed}.") from None
    if status:
        lines = (directory / log).read_text(errors="replace").strip().splitlines() or ["it said nothing."]
        reason = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
        raise SynthesisError(f"{tool} failed: {reason.removeprefix('ERROR: ')}")


def _cells(mapped: Path) -> dict[str, int]:
    return json.loads((mapped / "statistics.json").read_text())["design"]["num_cells_by_type"]
