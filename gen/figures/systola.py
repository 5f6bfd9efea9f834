"""Figures of `systola`: products and convolutions from DRAM to DRAM, the roofline, and the lecture's schedules."""

from ..accelerators.registry import find
from ..accelerators.systola.lowering import lower
from ..accelerators.systola.timing_model import predict
from ..compile.layers import ConvolutionLayer
from ..compile.tiling import Chunk, Tiling
from ..run import report
from ..run.report import RunReport
from ..run.tasks import ConvTask, GemmTask, Task
from ..synth.synth import synthesise
from . import schedule_pictures
from .section import Section, percent, step

SYSTOLA = find("systola")
PAPER, BOARD = SYSTOLA.preset("paper"), SYSTOLA.preset("board")
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
TILES = (1024, 64, 64)
"""M, K and N of the product for the schedules: eight tiles of 128 x 64."""


def utilisation() -> Section:
    """Cycles of products and convolutions, relative to the multipliers and to the roofline."""
    section = Section(
        "Systola: from DRAM to DRAM",
        f"Generated Verilog of `systola`, {PAPER.size} x {PAPER.size}, a bus of {PAPER.data_width} bits, one beat per "
        "cycle, DRAM latency 20, int8, requantised per column or filter. Every byte of the result is compared with "
        "NumPy. Cycles are counted from start to interrupt. The roof is the maximum of MACs / 256, beats that must be "
        "read, and beats that must be written. The model is gen/accelerators/systola/timing_model.py; its column is "
        "the deviation in cycles. The last columns are cycles in which no row enters the array, by cause, from the "
        "counters.",
        [
            *("layer", "cycles", "utilisation", "MAC/byte", "bound by", "of the roof", "model"),
            *("instruction", "sync", "weights", "activations", "fill"),
        ],
    )
    tasks = [("gemm", " x ".join(map(str, s)), GemmTask.check(m=s[0], k=s[1], n=s[2])) for s in PRODUCTS]
    tasks += [("conv", title, ConvTask.check(**shape)) for title, shape in CONVOLUTIONS]
    for name, title, task in tasks:
        step(title)
        done = measured(name, task)
        job, run = done.job, done.execution
        if done.of_roof > 1:
            raise RuntimeError(f"{title}: {run.cycles} cycles are above the roof of {job.roof}")
        section.rows.append(
            [
                title,
                run.cycles,
                percent(done.utilisation),
                f"{job.macs / _bytes(task):.1f}",
                job.bound,
                percent(done.of_roof),
                f"{predict(PAPER, job.program).cycles / run.cycles - 1:+.1%}",
                *(run.lost().get(name) for name in ("instruction", "sync", "weights", "activations", "fill")),
            ]
        )
    return section


def pipelining() -> Section:
    """Cycles of the lecture's schedules on the same tiles, compared with its formula."""
    m, k, n = TILES
    count = m // 128
    section = Section(
        "Systola: the lecture's schedules",
        f"{m} x {k} x {n} as {count} tiles of 128 x 64, on the same Verilog. Load, compute and store of a tile take "
        "L, C and S cycles in the serial run (L and S are the busy cycles of the DMA engine, C is the rest). Expected "
        "with two engines: n (L + C + S); L + (n - 1) max(C, L) + C + n S; L + max(C, L) + (n - 2) max(C, L, S) + "
        "max(C, S) + S.",
        ["schedule", "cycles", "expected", "difference", "speed-up", "SYNC"],
    )
    runs = {order: done.execution for order, done in timelines().items()}
    section.data = {order: schedule_pictures.kept(run.spans) for order, run in runs.items()}
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
        formula = expected.get(order)
        section.rows.append(
            [
                order,
                run.cycles,
                round(formula) if formula else None,
                f"{run.cycles / formula - 1:+.1%}" if formula else None,
                f"{serial / run.cycles:.2f}",
                run.counters["sync"],
            ]
        )
    return section


def area() -> Section:
    """Area of `systola` of 8 x 8 on an FPGA by unit, and Fmax."""
    section = Section(
        "Systola: 8 x 8 on ECP5",
        f"`systola` with a quarter of the default multipliers and memory (preset `board`): size {BOARD.size}, "
        f"{BOARD.activation_bytes // 1024} KiB of activations, {BOARD.weight_bytes // 1024} KiB of weights, "
        f"{BOARD.accumulators} rows of sums. ECP5 85k (speed grade 6), Yosys and nextpnr out of context, static "
        "placer; Fmax of the complete core, median of five seeds. BRAM: DP16KD, of which the device has 208. Cells "
        "are attributed to units by the names of their wires.",
        ["unit", "LUT4-eq", "FF", "DSP", "BRAM", "Fmax MHz (median)", "seeds"],
    )
    built = synthesise(SYSTOLA.component(**dict(BOARD)), SYSTOLA.name, progress=step, placer="static")
    for unit, counts in built.area_breakdown.items():
        section.rows.append([unit, *counts.values(), None, None])
    section.rows.append(
        [
            "all",
            built.lut4_equivalents,
            built.ffs,
            built.dsps,
            built.brams,
            f"{built.fmax_mhz['median']:.1f}",
            " ".join(f"{mhz:.0f}" for mhz in built.fmax_mhz["seeds"]),
        ]
    )
    return section


def timelines() -> dict[str, RunReport]:
    """Traced runs of the schedules on the same tiles."""
    m, k, n = TILES
    tiling = Tiling(1, 1, 128, 64, (Chunk((0, 1), (0, k)),), group=k)
    found = {}
    for order in ("serial", "reordered", "synchronised", "overlapped"):
        step(order)
        options = {"order": order, "tiling": tiling}
        found[order] = measured("gemm", GemmTask.check(m=m, k=k, n=n), trace=True, compile_options=options)
    return found


def measured(name: str, task: Task, **options) -> RunReport:
    """Run a task on Verilog. Raises RuntimeError if a result differs from NumPy's."""
    done = report.run(name, task, SYSTOLA, PAPER, **options)
    if done.mismatches or not done.checked:
        raise RuntimeError(f"{name} {task}: {done.mismatches} of {done.checked} results are wrong")
    return done


def _bytes(task: Task) -> int:
    """Minimum number of bytes that the only layer of the task reads and writes."""
    (layer,) = lower(PAPER, task.work(SYSTOLA.operands(PAPER)).graph).layers.values()
    assert isinstance(layer, ConvolutionLayer)
    return layer.read_bytes + layer.written_bytes
