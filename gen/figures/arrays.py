"""Figures of the arrays: cycles, generation, simulation speed, area."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...hw.array.broadcast import Broadcast
from ...hw.array.systolic import Systolic
from ...sim.runner.simulate import simulate
from ...sim.stimulus import gemm
from ...sim.stimulus.systolic import SystolicCase, draw
from ..run.tasks import GemmTask
from ..synth.synth import synthesise
from ..verilog.verilog import generate
from . import systola
from .section import Section, percent, step, text

SCALE_SIM = {"ws": (1759, 11135, 77311), "os": (1503, 10111, 73215)}
"""Cycles of SCALE-Sim 3.0 for M = N = K = 64, 128 and 256 on 16 x 16 with operands on chip."""


def gemm_cycles() -> Section:
    """Cycles of whole matrix products; every result is compared."""
    section = Section(
        "Matrix products on 16 x 16",
        "int8, M = N = K. Cycles are counted from the first input beat (weights included) to the last output beat, "
        "inclusive. Operands arrive in every cycle; tiles along K are summed outside the array. Measured on the "
        "generated Verilog; every result is compared. SCALE-Sim 3.0 is a model with operands on chip.",
        ["engine", "size", "cycles", "utilisation", "SCALE-Sim cycles", "SCALE-Sim utilisation", "results compared"],
    )
    rng = np.random.default_rng(1)
    for name, component, flow in (
        ("systolic ws", Systolic(), "ws"),
        ("systolic os", Systolic(dataflow="os"), "os"),
        ("systolic is", Systolic(dataflow="is"), "is"),
        ("broadcast", Broadcast(), "ws"),
    ):
        cases = [
            SystolicCase(gemm.tiles(draw(rng, "int8", (n, n)), draw(rng, "int8", (n, n)), 16, 16, flow))
            for n in (64, 128, 256)
        ]
        outcome, _ = simulate(generate(name.split()[0], component), cases)
        if outcome.mismatches:
            raise RuntimeError(f"{name}: {outcome.examples[0]}")
        for n, cycles, beats, peer in zip(
            (64, 128, 256),
            outcome.case_cycles,
            outcome.output_cycles,
            SCALE_SIM.get(flow if "systolic" in name else "", (None,) * 3),
            strict=True,
        ):
            section.rows.append(
                [
                    name,
                    f"{n}^3",
                    cycles,
                    percent(n**3 / 256 / cycles),
                    peer,
                    percent(n**3 / 256 / peer) if peer else None,
                    len(beats) * component.p.cols,
                ]
            )
    return section


def generation() -> Section:
    """Run time of generation, and size of the generated Verilog."""
    section = Section(
        "Generation of Verilog",
        "Run time of the command `systola gen`, the best of three runs with warm caches; it depends on the machine. "
        "NNgen: a 64^3 int8 matrix product on 16 x 16, measured on a machine of the same kind.",
        ["design", "seconds", "kB", "modules"],
    )
    for name, parameters in (
        ("systolic", {"rows": 16, "cols": 16}),
        ("systolic", {"rows": 16, "cols": 16, "dataflow": "os"}),
        ("broadcast", {"rows": 16, "cols": 16}),
        ("systolic", {"rows": 64, "cols": 64}),
        ("systolic", {"rows": 256, "cols": 256}),
    ):
        settings = [word for key, value in parameters.items() for word in ("-p", f"{key}={value}")]
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "systola.gen", "gen", name, *settings, "-o", folder]
            seconds = min(
                _seconds(lambda: subprocess.run(command, check=True, capture_output=True))  # noqa: B023
                for _ in range(3)
            )
            manifest = json.loads((Path(folder) / f"{name}.json").read_text())
            size = (Path(folder) / f"{name}.v").stat().st_size
        section.rows.append(
            [
                f"{name} {' '.join(map(str, parameters.values()))}",
                f"{seconds:.2f}",
                f"{size / 1000:.1f}",
                manifest["modules"],
            ]
        )
    section.rows.append(["NNgen (peer)", "16.2", "8500", None])
    return section


def speed() -> Section:
    """Simulated cycles per second."""
    section = Section(
        "Simulation speed",
        "16 x 16 in Verilator, the fastest of three runs. Arrays: with cocotb, all streams busy in every cycle, "
        "results compared after the run; one product of 1024 x 256 x 256. `systola`: with a DRAM model and without "
        "cocotb, as in `systola run`, 512 x 512 x 512 from start to interrupt. Absolute speed depends on the machine; "
        "ratios are comparable.",
        ["design", "simulator", "cycles", "cycles/s"],
    )
    rng = np.random.default_rng(2)
    for flow in ("ws", "os"):
        design = generate("systolic", Systolic(dataflow=flow))
        a, w = draw(rng, "int8", (1024, 256)), draw(rng, "int8", (256, 256))
        tiles = gemm.tiles(a, w, 16, 16, flow)
        if flow == "ws":  # tiles of 16 rows: the streams of weights, activations and results are busy in every cycle
            tiles = [(x[m : m + 16], y) for x, y in tiles for m in range(0, len(x), 16)]
        best = max((simulate(design, [SystolicCase(tiles)])[0] for _ in range(3)), key=lambda o: o.cycles / o.seconds)
        section.rows.append([f"systolic {flow}", "Verilator", best.cycles, f"{best.cycles / best.seconds:,.0f}"])
    task = GemmTask.check(m=512, k=512, n=512)
    runs = [systola.measured("gemm", task).execution for _ in range(3)]
    seconds, cycles = min((run.seconds, run.cycles) for run in runs if run.seconds is not None)
    section.rows.append(["systola", "Verilator", cycles, f"{cycles / seconds:,.0f}"])
    return section


AREA_PEERS = [
    ["CFU-Playground, 32 MACs s9 x s8 (peer)", 99.5, 43.9, 1.0, 119.0],
    ["tiny-tpu 2 x 2 Q8.8, ECP5 25k (peer)", 59.0, None, 1.0, 94.0],
]


def area() -> Section:
    """Cells per MAC, and clock frequency."""
    section = Section(
        "Area and clock frequency",
        "ECP5 85k (speed grade 6), Yosys and nextpnr out of context, edges and buffers included, median Fmax of five "
        "seeds. A CCU2C counts as two LUT4, a TRELLIS_DPR16X4 as six. The largest fan-out is the maximum number of "
        "cell inputs driven by one signal, except clock and reset.",
        [
            "design",
            "LUT4-eq/MAC",
            "FF/MAC",
            "DSP/MAC",
            "Fmax MHz (median)",
            "seeds",
            "BRAM",
            "latency",
            "signals/MAC",
            "largest fan-out",
        ],
    )
    designs = [
        ("systolic 8 x 8", Systolic(rows=8, cols=8)),
        ("broadcast 8 x 8", Broadcast(rows=8, cols=8)),
    ]
    for title, component in designs:
        name = type(component).__name__.lower()
        report = synthesise(component, name, progress=step)
        n = report.macs
        section.rows.append(
            [
                title,
                f"{report.lut4_equivalents / n:.1f}",
                f"{report.ffs / n:.1f}",
                f"{report.dsps / n:.2f}",
                f"{report.fmax_mhz['median']:.1f}",
                " ".join(f"{mhz:.0f}" for mhz in report.fmax_mhz["seeds"]),
                report.brams,
                component.latency,
                f"{report.signals / n:.1f}",
                report.largest_fanout,
            ]
        )
    section.rows += [[*(text(value) for value in peer), None, None, None, None, None] for peer in AREA_PEERS]
    return section


def _seconds(action: Callable) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
