"""Claims of ANT (C. Guo et al., MICRO 2022): best type for a tensor, and products in 4-bit cells."""

from functools import cache, partial

import numpy as np

from ...hw.array.systolic import Systolic
from ...sim.golden import operands
from ...sim.golden.formats.names import find
from ...sim.network import quantise
from ...sim.stimulus import gemm
from ...sim.stimulus.code_pairs import COLS, ROWS, every_pair
from ...sim.stimulus.systolic import SystolicCase
from ..verilog.verilog import generate
from . import bitfusion
from .claim import Claim
from .measuring import WrongResults, checked, simulated

COUNT = 100_000
"""Number of values of a synthetic tensor."""
TENSORS = {
    "uniform": ("int", lambda rng: rng.uniform(-1, 1, COUNT)),
    "Gaussian": ("flint", lambda rng: rng.normal(size=COUNT)),
    "Laplace": ("flint", lambda rng: rng.laplace(size=COUNT)),
    "log-normal": ("pot", lambda rng: rng.lognormal(sigma=2, size=COUNT) * rng.choice([-1, 1], COUNT)),
}
"""Expected type for values of each distribution, and the function that draws such values."""

ANT_SHARE = (0.99, 0.93, 0.97, 0.89, 0.78, 0.95, 0.92, 1.0)
BIT_FUSION_SHARE = (0.06, 0.13, 0.42, 0.33, 0.04, 0.22, 0.0, 0.36)
"""Published shares of MACs with operands of 4 bits (the others have 8 bits): VGG16, ResNet18, ResNet50, InceptionV3,
ViT, BERT on MNLI, CoLA and SST-2 (the authors' benchmark lists)."""


def margin(tensor: str) -> float:
    """Lowest squared error of the other 4-bit types, relative to that of the type expected for a tensor."""
    expected, draw = TENSORS[tensor]
    values = draw(np.random.default_rng(0))
    errors = {name: quantise.grid(values, f"{name}4").error(values) for name in ("int", "flint", "pot")}
    return min(error for name, error in errors.items() if name != expected) / errors[expected]


def wrong_products() -> int:
    """Number of wrong products among all pairs of 4-bit flint codes, in a systolic array on RTL."""
    component = Systolic(rows=ROWS, cols=COLS, a_format="flint4", w_format="flint4")
    outcome = simulated("systolic", component, [every_pair("flint4", "flint4")])
    if outcome.checked < 256:
        raise WrongResults(f"only {outcome.checked} products were compared.")
    return outcome.mismatches


@cache
def byte_cycles() -> float:
    """Cycles of a product of 8-bit integers relative to 4-bit integers, on RTL.

    Both products have the same shape and run on the same array of 4-bit cells. Cycles are counted from the first result
    to the last. The 8-bit product must equal that of NumPy.
    """
    rng, (m, k, n) = np.random.default_rng(4), (32, 16, 4)
    design = generate("systolic", Systolic(rows=8, cols=n, a_format="ant4", w_format="ant4"))
    a, w = rng.integers(-128, 128, (m, k)), rng.integers(-128, 128, (k, n))
    codes, weights, types = gemm.halves(a, w)
    halves, nibbles = gemm.tiles(codes, weights, 8, n), gemm.tiles(a & 15, w & 15, 8, n)
    integer, whole = operands.ANT.index("int"), operands.ANT.index("bytes")
    cases = [
        SystolicCase(nibbles, users={(tile, side): integer for tile in range(len(nibbles)) for side in "aw"}),
        SystolicCase(
            halves,
            users={(tile, "a"): whole for tile in range(len(halves))}
            | {(tile, "w"): types[:8] for tile in range(len(halves))},
        ),
    ]
    outcome, results = checked(design, cases, keep=True)
    if (gemm.assemble(results[1], codes, weights, 8, n) != a @ w).any():
        raise WrongResults("the product of 8-bit integers differs from NumPy's.")
    nibble, byte = (cycles[-1] - cycles[0] + 1 for cycles in outcome.output_cycles)
    return byte / nibble


def speed_up() -> float:
    """Geometric mean over eight networks of the time per MAC in Bit Fusion relative to that in ANT.

    The shares of 4-bit MACs are the published ones. The time of an 8-bit MAC relative to that of a 4-bit MAC is
    measured on the RTL of each.
    """
    rates = bitfusion.rates()
    times = [
        share + (1 - np.array(share)) * byte
        for share, byte in ((np.array(ANT_SHARE), byte_cycles()), (np.array(BIT_FUSION_SHARE), rates[4] / rates[8]))
    ]
    return float(np.exp(np.log(times[1] / times[0]).mean()))


def largest(bits: int) -> int:
    """Largest value of all codes of unsigned flint."""
    return int(find(f"uflint{bits}").decode(np.arange(1 << bits)).max())


CLAIMS = (
    *(
        Claim(
            paper="ant",
            text=f"Of int, flint and PoT with 4 bits, {expected} suits {tensor} values best.",
            published=1.0,
            unit="x its error (next best type)",
            stated=f"{expected} for {tensor} values, whose error the other types exceed",
            band=(1.0, 10.0),
            reason="The paper states which type is best, not by how much: any ratio above 1 agrees.",
            measure=partial(margin, tensor),
        )
        for tensor, (expected, _) in TENSORS.items()
    ),
    Claim(
        paper="ant",
        text="Unsigned flint of 4 bits reaches 2^(2n-2).",
        published=64,
        unit="largest value",
        stated="64 (section 4)",
        band=(64, 64),
        reason="All 16 codes of the golden model are decoded: it must be exact.",
        measure=partial(largest, 4),
    ),
    Claim(
        paper="ant",
        text="Decoders at the edge, 4-bit multipliers and shifters compute every product of two flint codes exactly.",
        published=0,
        unit="wrong products",
        band=(0, 0),
        reason="All pairs of codes in an array on RTL: it must be exact.",
        measure=wrong_products,
        command="systola sim systolic -p a_format=flint4 -p w_format=flint4",
    ),
    Claim(
        paper="ant",
        text="Four 4-bit cells compute one product of 8-bit integers.",
        published=4,
        unit="x the cycles of 4 bits",
        band=(4, 4),
        reason="The same array and shape at both precisions, a count of cycles: it must be exact.",
        measure=byte_cycles,
    ),
    Claim(
        paper="ant",
        text="ANT is 2.8 times as fast as Bit Fusion over eight networks.",
        published=2.8,
        unit="x as fast",
        stated="2.8 x against Bit Fusion (abstract)",
        band=(2.6, 3.0),
        reason="Published shares of 4-bit MACs, cycles per MAC measured on RTL; memory and tiling, which the authors' "
        "simulator includes, change single networks by up to 17 %, and the mean by little.",
        measure=speed_up,
    ),
)
