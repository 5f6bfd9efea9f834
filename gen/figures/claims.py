"""Claims of the papers on number formats that can be checked here, with measurements."""

import numpy as np

from ...sim.golden.formats.names import find
from ...sim.network import prune, quantise
from ...sim.runner.simulate import simulate
from ...sim.stimulus import code_pairs, gemm
from ...sim.stimulus import sparse_systolic as sparse_tiles
from ...sim.stimulus.systolic import SystolicCase
from ..generators import find as generator
from ..verilog.verilog import generate
from . import fusion
from .formats import TENSORS
from .precision import ROWS, SIDE, transistors
from .section import Section, percent, step

LARGE = 64
K, COLUMNS, IMAGES = 48, 8, 10
"""Size of the product for dense and sparse weights."""


def claims() -> Section:
    """Published claims and measurements."""
    return Section(
        "Number formats: published claims and measurements",
        f"Decoders' share of the transistors: at {SIDE} x {SIDE} as in the table above; at {LARGE} x {LARGE} from the "
        "same counts, with decoders proportional to the sum of the sides and the rest proportional to their product "
        "(the delays at the edges grow faster, as squares of the sides, and partial sums by three bits). Types: the "
        "choice of `quantise.ant`. Products per cycle and codes: generated Verilog, all results compared.",
        ["claim", "published", "measured", "difference"],
        [*_rates(), *_area(), *_types(), *_codes(), *_shares(), *_sparse()],
    )


def _rates() -> list[list]:
    rows = {row[0]: row for row in fusion.rates().rows}
    measured = [rows[f"{bits} x {bits}"][3] for bits in (2, 4, 8, 16)]
    claim, published = "Bit Fusion: products per unit and cycle at 2, 4, 8, 16 bits", "16, 4, 1, 0.25"
    return [_exact(claim, published, ", ".join(measured))]


def _exact(claim: str, published: str, measured: str, more: str = "") -> list:
    return [claim, published, measured + more, "none" if measured == published else "not as published"]


def _area() -> list[list]:
    section = fusion.area()
    rows = {row[0]: dict(zip(section.columns, row, strict=True)) for row in section.rows}
    why = {
        "datapath": "bricks, adders and registers alone, as in the paper's figure; cells are counted, not wires, and "
        "the unit has one more level for weights of 16 bits",
        "whole": "the unit includes the assignment of slices to bricks, and both include streams",
    }
    return [
        [
            f"Bit Fusion: temporal design over Fusion Unit, {part}",
            f"{fusion.PAPER} (area, 45 nm)",
            "{transistors} in transistors, {gates} in gates, {LUT4-eq} in LUT4".format(**rows[f"{part}, ratio"]),
            reason,
        ]
        for part, reason in why.items()
    ]


def _types() -> list[list]:
    rows = []
    for title, expected in (("uniform", "int"), ("normal", "flint"), ("log-normal, sigma 2", "PoT or float")):
        q = quantise.ant(TENSORS[title](np.random.default_rng(0)))
        chosen = next(name for name in quantise.TYPES if find(f"{name}4") == q.format)
        difference = "none" if chosen in expected.lower() else "not as published"
        rows.append([f"ANT's type for {title} values", expected, chosen, difference])
    return rows


def _codes() -> list[list]:
    rows = []
    for name in ("olive_int4", "olive_flint4"):
        step(f"{name}: every pair of codes")
        component = generator("systolic").component(rows=2, cols=16, a_format=name, w_format=name)
        outcome, _ = simulate(generate("systolic", component), [code_pairs.every_pair(name, name)])
        more = f" of {outcome.checked:,} products"
        rows.append(
            _exact(f"OliVe's codes, {name}: products that differ from the tables", "0", str(outcome.mismatches), more)
        )
    return rows


def _shares() -> list[list]:
    rows = []
    for row in ROWS:
        published = {"OliVe int4": "2.2%", "OliVe int8": "1.5%"}.get(row.label)
        if published is None:
            continue
        gates, decoders = transistors(row)
        large = decoders * LARGE / SIDE, (gates.transistors - decoders) * (LARGE / SIDE) ** 2
        measured = f"{percent(decoders / gates.transistors)} at {SIDE} x {SIDE}, "
        measured += f"{percent(large[0] / sum(large))} at {LARGE} x {LARGE}"
        why = "published: areas in 22 nm of an array of unknown size; here: transistors, with 32-bit streams and delays"
        rows.append([f"OliVe's decoders in the array, {row.label.split()[1]}", published, measured, why])
    return rows


def _sparse() -> list[list]:
    rng = np.random.default_rng(2)
    a, w = rng.integers(-128, 128, (IMAGES, K)), rng.integers(1, 128, (K, COLUMNS))
    w = prune.n_of_m(w, axis=0).astype(np.int64)
    runs = {
        "systolic": gemm.tiles(a, w, 4, 4),
        "sparse_systolic": sparse_tiles.tiles(a, w, 4, 4),
    }
    loops, whole = [], []
    for name, tiles in runs.items():
        step(f"{name}: {IMAGES} x {K} x {COLUMNS} on 4 x 4 multipliers")
        outcome, _ = simulate(generate(name, generator(name).component(rows=4, cols=4)), [SystolicCase(tiles)])
        if outcome.mismatches:
            raise RuntimeError(f"{name}: {outcome.examples[0]}")
        loops.append(outcome.output_cycles[0][-1] - outcome.output_cycles[0][0] + 1)
        whole.append(outcome.cycles)
    return [
        _exact(
            "2:4: cycles of the K loop, dense over sparse", "2", f"{loops[0] / loops[1]:g}", " ({} / {})".format(*loops)
        ),
        [
            "2:4: all cycles, dense over sparse",
            "2",
            f"{whole[0] / whole[1]:.2f} ({whole[0]} / {whole[1]})",
            "filling and draining are not halved",
        ],
    ]
