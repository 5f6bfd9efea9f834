"""Claims of OliVe (C. Guo et al., ISCA 2023): outlier-victim pairs in aligned memory, and their decoders."""

from functools import partial

import numpy as np

from ...hw.array.systolic import Systolic
from ...hw.formats.decoders import Decoders
from ...hw.formats.names import find
from ...sim.golden.formats.olive import Pairs
from ...sim.stimulus.code_pairs import COLS, ROWS, every_pair
from ..synth import gate_count as gates
from ..verilog.verilog import generate
from .claim import Claim
from .measuring import WrongResults, simulated

SIDE = 8
"""Number of rows and of columns of the array whose gates are counted."""


def _array(format: str, rows: int, cols: int, **more) -> Systolic:
    return Systolic(rows=rows, cols=cols, a_format=format, w_format=format, **more)


def wrong_products(format: str) -> int:
    """Number of wrong products, on RTL of an array: all pairs of codes of one operand with every code of the other."""
    outcome = simulated("systolic", _array(format, ROWS, COLS), [every_pair(format, format)])
    if outcome.checked < 2 * 16**3:
        raise WrongResults(f"only {outcome.checked} products were compared.")
    return outcome.mismatches


def largest(normal: str) -> int:
    """Largest magnitude that a byte of two 4-bit codes decodes to."""
    pairs = np.stack(np.meshgrid(np.arange(16), np.arange(16)), axis=-1).reshape(-1, 2)
    return int(np.abs(Pairs(normal).decode(pairs)).max())


def width_ratio() -> float:
    """Bits of a row of activations plus a row of weights, OliVe relative to int4, from the ports of the Verilog."""
    ports = [generate("systolic", _array(format, ROWS, COLS)).ports for format in ("olive_int4", "int4")]
    bits = [sum(each[f"s_axis_{stream}_tdata"][1] for stream in "aw") for each in ports]
    return bits[0] / bits[1]


def decoder_share(format: str) -> float:
    """Share of the decoders in the transistors of an array, in per cent. Delays are flip-flops; decoders have none."""
    whole = gates.count(_array(format, SIDE, SIDE, buffer=0, delays="registers"), "systolic")
    decoders = gates.count(Decoders(format=find(format), count=SIDE), "decoders")
    return 100 * 2 * decoders.logic / whole.transistors


CLAIMS = (
    *(
        Claim(
            paper="olive",
            text=f"Outlier-victim pairs with {normal} decode and multiply exactly, for all values of the neighbour.",
            published=0,
            unit="wrong products",
            band=(0, 0),
            reason="All pairs of codes with every code of the other operand, in an array on RTL: it must be exact.",
            measure=partial(wrong_products, f"olive_{normal}"),
            command=f"systola sim systolic -p rows=2 -p a_format=olive_{normal} -p w_format=olive_{normal}",
        )
        for normal in ("int4", "flint4")
    ),
    *(
        Claim(
            paper="olive",
            text=f"Outliers in pairs with {normal} reach {published} in 4 bits.",
            published=published,
            unit="largest value",
            stated=f"{published}: abfloat E2M1 with bias {bias} (section 4)",
            band=(published, published),
            reason="All 256 bytes of the golden model are decoded: it must be exact.",
            measure=partial(largest, normal),
        )
        for normal, published, bias in (("int4", 96, 2), ("flint4", 192, 3))
    ),
    Claim(
        paper="olive",
        text="Outliers stay aligned in memory: operands are as wide as int4, with no index.",
        published=1,
        unit="x the bits of int4",
        band=(1, 1),
        reason="Widths of ports: they must be exact.",
        measure=width_ratio,
    ),
    Claim(
        paper="olive",
        text="The decoders of 4-bit pairs take 2.2 % of a systolic array.",
        published=2.2,
        unit="% of the array",
        stated="2.2 % of the area in 22 nm",
        band=(0.2, 2.2),
        reason="Rows + columns decoders serve rows x columns cells, so the share falls with the size, which is not "
        f"stated with the figure. Here {SIDE} x {SIDE}, in transistors of gates, with the delays at the edges.",
        measure=partial(decoder_share, "olive_int4"),
    ),
)
