"""Claims of a lecture (Y. Tao and M. Li, Intelligent Hardware Architecture: AI accelerators, Peking University, 2024).

Schedules with SYNC instructions, and one load instruction per image: section on access to external memory.
"""

from functools import cache, partial

from ...hw.dma.dma import Dma
from ...sim.stimulus import transfers
from ..accelerators.registry import find
from ..compile.tiling import Chunk, Tiling
from ..run import report
from ..run.execute import Execution
from ..run.tasks import GemmTask
from .claim import Claim
from .measuring import WrongResults, simulated

SHAPE = (1024, 64, 64)
TILE_ROWS = 128
"""The product (M, K, N), and the rows of its tiles: eight tiles of 128 x 64."""
IMAGE = "image 224 x 224 x 3 in"
IMAGE_BYTES = 224 * 224 * 3


@cache
def run(order: str) -> Execution:
    """Run the product in one of the lecture's orders, on RTL from DRAM to DRAM; every byte is compared with NumPy."""
    m, k, n = SHAPE
    tiling = Tiling(1, 1, TILE_ROWS, n, (Chunk((0, 1), (0, k)),), group=k)
    accelerator = find("systola")
    options = {"order": order, "tiling": tiling}
    done = report.run(
        "gemm", GemmTask.check(m=m, k=k, n=n), accelerator, accelerator.parameters(), compile_options=options
    )
    if done.mismatches:
        raise WrongResults(f"{order}: {done.mismatches} results are wrong.")
    return done.execution


def over_formula(order: str) -> float:
    """Measured cycles of an order relative to its formula.

    L, C and S, the cycles in which a tile is loaded, computed and stored, are those of the serial run: L and S are the
    busy cycles of the DMA engines, C is the rest.
    """
    count, serial = SHAPE[0] // TILE_ROWS, run("serial")
    load, store = (serial.counters[name] / count for name in ("load", "store"))
    compute = serial.cycles / count - load - store
    formula = {
        "reordered": load + (count - 1) * max(compute, load) + compute + count * store,
        "synchronised": load
        + max(compute, load)
        + (count - 2) * max(compute, load, store)
        + max(compute, store)
        + store,
    }
    return run(order).cycles / formula[order]


def bytes_per_load() -> float:
    """Number of bytes that one descriptor loads from DRAM, on RTL; both memories are compared byte for byte."""
    (case,) = transfers.cases(20, [IMAGE])
    outcome = simulated("dma", Dma(local_bytes=transfers.LOCAL_BYTES), [case])
    beats = outcome.spans[0]["r"][0]
    return 8 * beats / len(case.descriptors)


FORMULAS = {
    "reordered": ("L + (n - 1) max(C, L) + C + n S", "loads precede the computation of the tile before"),
    "synchronised": (
        "L + max(C, L) + (n - 2) max(C, L, S) + max(C, S) + S",
        "SYNC after each step of load, compute and store of three tiles",
    ),
}

CLAIMS = (
    *(
        Claim(
            paper="lecture",
            text=f"Order '{order}' ({how}) takes {formula} cycles for n tiles.",
            published=1,
            unit="x the formula",
            stated=f"{formula} (section on access to external memory)",
            band=(0.97, 1.05),
            reason="L, C and S are those of the serial run on the same RTL. The formula leaves out the issue of "
            "instructions and the detection of idle units at each SYNC.",
            measure=partial(over_formula, order),
            command=f"systola run gemm -p m=1024 -p k=64 -p n=64 --order {order}",
        )
        for order, (formula, how) in FORMULAS.items()
    ),
    Claim(
        paper="lecture",
        text="One load instruction loads a whole ImageNet picture, for which a CPU executes 300,000 instructions.",
        published=IMAGE_BYTES,
        unit="bytes/instruction",
        stated="one instruction for 224 x 224 x 3 bytes (section on access to external memory)",
        band=(IMAGE_BYTES, IMAGE_BYTES),
        reason="Beats of the bus, all of which carry bytes of the image: it must be exact.",
        measure=bytes_per_load,
    ),
)
