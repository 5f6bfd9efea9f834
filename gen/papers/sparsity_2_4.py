"""Claims of 2:4 sparsity (A. Mishra et al., Accelerating Sparse Deep Neural Networks, 2021)."""

from functools import cache, partial

import numpy as np

from ...hw.array.sparse_systolic import SparseSystolic
from ...hw.array.systolic import Systolic
from ...sim.golden.formats import sparse
from ...sim.network import prune
from ...sim.stimulus import gemm
from ...sim.stimulus import sparse_systolic as sparse_tiles
from ...sim.stimulus.systolic import SystolicCase
from ..verilog.verilog import generate
from .claim import Claim
from .measuring import simulated

IMAGES, K, COLUMNS = 10, 48, 8
"""Size of a product that fills both arrays."""
SIDE = 4


def _weights(k: int = K) -> np.ndarray:
    return prune.n_of_m(np.random.default_rng(2).integers(1, 128, (k, COLUMNS)), axis=0).astype(np.int64)


@cache
def cycles() -> tuple[list[int], list[int]]:
    """Cycles of one product on a dense and on a sparse array with the same number of multipliers, on RTL.

    Returns the cycles from the first result to the last (the K loop), then those from the first operand to the last
    result; each for the dense and the sparse array.
    """
    a, w = np.random.default_rng(3).integers(-128, 128, (IMAGES, K)), _weights()
    outcomes = [
        simulated("systolic", Systolic(rows=SIDE, cols=SIDE), [SystolicCase(gemm.tiles(a, w, SIDE, SIDE))]),
        simulated(
            "sparse_systolic",
            SparseSystolic(rows=SIDE, cols=SIDE),
            [SystolicCase(sparse_tiles.tiles(a, w, SIDE, SIDE))],
        ),
    ]
    loops = [outcome.output_cycles[0][-1] - outcome.output_cycles[0][0] + 1 for outcome in outcomes]
    return loops, [outcome.cycles for outcome in outcomes]


def ratio(which: int) -> float:
    """Ratio of dense to sparse cycles, for the K loop (`which` = 0) or the whole product (1)."""
    dense, compressed = cycles()[which]
    return dense / compressed


def storage(bits: int) -> float:
    """Bits of compressed weights and their metadata, in per cent of those of the dense weights."""
    dense = _weights(64)
    kept, places = sparse.compress(dense.T, 2, 4)
    word = 32 if bits == 8 else 16
    return 100 * (kept.size * bits + sparse.pack(places, 4, word).size * word) / (dense.size * bits)


def activation_width() -> float:
    """Bits of a row of activations, sparse relative to dense array, from the ports of the generated Verilog."""
    designs = (
        generate("sparse_systolic", SparseSystolic(rows=SIDE, cols=SIDE)),
        generate("systolic", Systolic(rows=SIDE, cols=SIDE)),
    )
    compressed, dense = (design.ports["s_axis_a_tdata"][1] for design in designs)
    return compressed / dense


CLAIMS = (
    Claim(
        paper="sparsity_2_4",
        text="2:4 weights halve the cycles of the K loop with the same multipliers.",
        published=2,
        unit="x as fast",
        band=(2, 2),
        reason="A count of cycles in steady state: it must be exact.",
        measure=partial(ratio, 0),
    ),
    Claim(
        paper="sparsity_2_4",
        text="2:4 weights double the speed of a whole product.",
        published=2,
        unit="x as fast",
        stated="up to 2 x",
        band=(1.8, 2),
        reason=f"Fill and drain are not halved. {IMAGES} x {K} x {COLUMNS} is short for {SIDE} x {SIDE} multipliers.",
        measure=partial(ratio, 1),
    ),
    *(
        Claim(
            paper="sparsity_2_4",
            text=f"Compressed weights of {bits} bits take {published:g} % of the dense ones, metadata included.",
            published=published,
            unit="% of the bits",
            band=(published, published),
            reason="Two of four values, and 2 bits of metadata for each: it must be exact.",
            measure=partial(storage, bits),
        )
        for bits, published in ((8, 62.5), (16, 56.25))
    ),
    Claim(
        paper="sparsity_2_4",
        text="The sparse array reads twice the activations per cycle.",
        published=2,
        unit="x the bits",
        band=(2, 2),
        reason="Widths of ports: they must be exact.",
        measure=activation_width,
    ),
)
