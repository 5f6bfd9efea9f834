"""Figures of the core: products and convolutions from DRAM to DRAM, the roofline, and the lecture's schedules."""

from ...hw.cores.systola.core import Systola
from ...hw.cores.systola.parameters import CoreParameters
from ..accelerators.systola.timing_model import predict
from ..compile.tiling import Chunk, Tiling
from ..run.execute import Execution, execute
from ..run.tasks import ConvTask, GemmTask, Task
from ..synth.synth import synthesise
from .section import Section, percent, step

CORE = CoreParameters()
PRODUCTS = (
    (64, 64, 64),
    (128, 128, 128),
    (256, 256, 256),
    (512, 512, 512),
    (512, 64, 512),
    (1024, 16, 1024),
    (16, 1024, 1024),
    (1, 1024, 1024),
)
CONVOLUTIONS = (
    ("56 x 56 x 64 -> 64, 3 x 3", {"height": 56, "width": 56, "channels": 64, "filters": 64}),
    ("14 x 14 x 256 -> 256, 3 x 3", {"height": 14, "width": 14, "channels": 256, "filters": 256}),
)
SMALL = CoreParameters(size=8, activation_bytes=32768, weight_bytes=32768, accumulators=512)
"""A quarter of the multipliers, and of the memory."""
TILES = (1024, 64, 64)
"""The product for the schedules: eight tiles of 128 x 64."""


def utilisation() -> Section:
    """Cycles of products and convolutions, against multipliers and the roofline."""
    section = Section(
        "Core: from DRAM to DRAM",
        f"Generated Verilog of `core`, {CORE.size} x {CORE.size}, a bus of {CORE.data_width} bits, a beat a cycle, "
        "latency 20, int8, requantised by column or filter, every byte of the result compared with NumPy; cycles from "
        "start to interrupt. The roof is the largest of MACs / 256, beats that must be read, and beats that must be "
        "written. The model is gen/accelerators/systola/timing_model.py. Cycles without a row in the array, by cause, "
        "from the counters.",
        [
            *("layer", "cycles", "utilisation", "MAC/byte", "bound by", "of the roof", "model"),
            *("instruction", "sync", "weights", "activations", "fill"),
        ],
    )
    tasks = [(" x ".join(map(str, s)), GemmTask.check(m=s[0], k=s[1], n=s[2])) for s in PRODUCTS]
    tasks += [(title, ConvTask.check(**shape)) for title, shape in CONVOLUTIONS]
    for title, kind in tasks:
        step(title)
        task = kind.task(CORE, "overlapped", 1)
        run = measured(task)
        roof = max(task.roof)
        if run.cycles < roof:
            raise RuntimeError(f"{title}: {run.cycles} cycles are above the roof of {roof}")
        layer = task.layers[0]
        section.rows.append(
            [
                title,
                run.cycles,
                percent(task.macs / run.cycles / CORE.size**2),
                f"{task.macs / (layer.read_bytes + layer.written_bytes):.1f}",
                ("multipliers", "reading", "writing")[task.roof.index(roof)],
                percent(roof / run.cycles),
                f"{predict(CORE, task.program).cycles / run.cycles - 1:+.1%}",
                *(run.lost().get(name) for name in ("instruction", "sync", "weights", "activations", "fill")),
            ]
        )
    return section


def orders() -> Section:
    """The lecture's schedules on the same tiles, against its formula."""
    m, k, n = TILES
    count = m // 128
    section = Section(
        "Core: the lecture's schedules",
        f"{m} x {k} x {n} as {count} tiles of 128 x 64, on the same Verilog. Load, compute and store of a tile take L, "
        "C and S cycles in the serial run (L and S while the DMA engine works, C the rest). Expected with two engines: "
        "n (L + C + S); L + (n - 1) max(C, L) + C + n S; L + max(C, L) + (n - 2) max(C, L, S) + max(C, S) + S.",
        ["schedule", "cycles", "expected", "difference", "times faster", "SYNC"],
    )
    runs = {order: run for order, (_, run) in timelines().items()}
    serial = runs["serial"].cycles
    load, store = (runs["serial"].counters[name] / count for name in ("load", "store"))
    compute = serial / count - load - store
    expected = {
        "serial": count * (load + compute + store),
        "reordered": load + (count - 1) * max(compute, load) + compute + count * store,
        "synchronised": load
        + max(compute, load)
        + (count - 2) * max(compute, load, store)
        + max(compute, store)
        + store,
    }
    for order, run in runs.items():
        wanted = expected.get(order)
        section.rows.append(
            [
                order,
                run.cycles,
                round(wanted) if wanted else None,
                f"{run.cycles / wanted - 1:+.1%}" if wanted else None,
                f"{serial / run.cycles:.2f}",
                run.counters["sync"],
            ]
        )
    return section


def area() -> Section:
    """A core of 8 x 8 on an FPGA, unit by unit."""
    section = Section(
        "Core: 8 x 8 on ECP5",
        f"`core` with a quarter of the multipliers that it comes with, and of the memory: size {SMALL.size}, "
        f"{SMALL.activation_bytes // 1024} KiB of activations, {SMALL.weight_bytes // 1024} KiB of weights, "
        f"{SMALL.accumulators} rows of sums. ECP5 85k (speed grade 6), Yosys and nextpnr out of context, its static "
        "placer; Fmax of the whole, median of five seeds. BRAM: DP16KD, of which the device has 208. Cells are counted "
        "for the unit whose name their wires bear.",
        ["unit", "LUT4-eq", "FF", "DSP", "BRAM", "Fmax MHz (median)", "seeds"],
    )
    report = synthesise(Systola(**dict(SMALL)), "core", progress=step, placer="static")
    for unit, counts in report.units.items():
        section.rows.append([unit, *counts.values(), None, None])
    section.rows.append(
        [
            "all",
            report.lut4_equivalents,
            report.ffs,
            report.dsps,
            report.brams,
            f"{report.fmax_mhz['median']:.1f}",
            " ".join(f"{mhz:.0f}" for mhz in report.fmax_mhz["seeds"]),
        ]
    )
    return section


def timelines() -> dict[str, tuple[Task, Execution]]:
    """The schedules on the same tiles, traced."""
    m, k, n = TILES
    tiling = Tiling(1, 1, 128, 64, (Chunk((0, 1), (0, k)),), group=k)
    found = {}
    for order in ("serial", "reordered", "synchronised", "overlapped"):
        step(order)
        task = GemmTask.check(m=m, k=k, n=n).task(CORE, order, 1, tiling)
        found[order] = task, measured(task, trace=True)
    return found


def measured(task: Task, *, trace: bool = False) -> Execution:
    """A task on Verilog; what it computed must be right."""
    run = execute(CORE, task.image.bytes(), task.at, length=len(task.program), trace=trace)
    if wrong := task.mismatches(run.dram):
        raise RuntimeError(f"{wrong} bytes are wrong")
    return run


def draw(path):
    """The schedules' timelines below each other."""
    from ..run import trace

    trace.draw(path, {order: (run.spans, run.cycles) for order, (_, run) in timelines().items()})
