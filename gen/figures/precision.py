"""Figures of the number formats in hardware: area of the same array in each format, quantisation error, accuracy."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...hw.array.fusion_array import FusionArray
from ...hw.array.sparse_systolic import SparseSystolic
from ...hw.component import Component
from ...hw.formats.decoders import Decoders
from ...hw.formats.names import find
from ...hw.formats.sparse import SparseDecoder
from ...hw.mac.fusion_operands import Activations, Weights
from ...sim.network import prune, quantise
from ...sim.network.zoo import digits
from ..generators import find as generator
from ..synth import gate_count as gates
from ..synth.synth import synthesise
from .formats import TENSORS, _error
from .section import Section, percent, step

SIDE = 8
Quantise = Callable[[np.ndarray], quantise.Quantised]


@dataclass(frozen=True)
class Row:
    """Row of the table: a generator with its parameters, quantisers of weights and activations, and bits per weight.

    `share` is the number of products per cycle in these formats, relative to the peak of the generator. Products with
    weights that are 0 and not stored also count. `seeds` is 1 for designs whose placement takes minutes.
    """

    label: str
    generator: str
    parameters: dict
    operands: str
    weights: Quantise
    activations: Quantise
    bits: float
    share: float = 1.0
    seeds: int = 5


def _array(label: str, a: str, w: str, weights: Quantise, activations: Quantise, bits: float, share=1.0) -> Row:
    return Row(label, "systolic", {"a_format": a, "w_format": w}, f"{a} x {w}", weights, activations, bits, share)


def _grid(format: str) -> Quantise:
    return partial(quantise.grid, format=format)


def _olive(normal: str) -> Quantise:
    return partial(quantise.olive, normal=normal)


def _fused(bits: int, weights: Quantise, activations: Quantise) -> Row:
    operands = f"uint{bits} x int{bits}"
    share = 4 / bits**2
    return Row(f"Bit Fusion, {bits} bits", "fusion_array", {}, operands, weights, activations, bits, share, seeds=1)


def _sparse(n: int, m: int, seeds: int = 1) -> Row:
    def weights(values: np.ndarray) -> quantise.Quantised:
        return INT8(prune.n_of_m(values, n, m, axis=0))

    parameters = {"a_format": "uint8", "sparsity": f"{n}:{m}"}
    bits = n * (8 + (m - 1).bit_length()) / m
    operands = f"uint8 x int8, {n}:{m}"
    return Row(f"int8, {n}:{m}", "sparse_systolic", parameters, operands, weights, BYTES, bits, m / n, seeds)


INT8, BYTES = partial(quantise.uniform, format="int8"), partial(quantise.uniform, format="uint8")
ROWS = (
    _array("int8", "uint8", "int8", INT8, BYTES, 8),
    _array("int4", "uint4", "int4", _grid("int4"), _grid("uint4"), 4),
    _array("PoT weights", "uint8", "pot4", _grid("pot4"), BYTES, 4),
    _array("APoT weights", "uint8", "apot4", _grid("apot4"), BYTES, 4),
    _array("codebook weights", "uint8", "codebook", quantise.codebook, BYTES, 4),
    _array("flint", "uflint4", "flint4", _grid("flint4"), _grid("uflint4"), 4),
    _array("ANT", "uant4", "ant4", quantise.ant, quantise.ant, 4),
    _array("ANT, 8 bits", "uant4", "ant4", INT8, BYTES, 8, 1 / 4),
    _array("OliVe int4", "olive_int4", "olive_int4", _olive("int4"), _olive("int4"), 4),
    _array("OliVe flint4", "olive_flint4", "olive_flint4", _olive("flint4"), _olive("flint4"), 4),
    _array("OliVe int8", "olive_int8", "olive_int8", _olive("int8"), _olive("int8"), 8),
    _fused(8, INT8, BYTES),
    _fused(4, _grid("int4"), _grid("uint4")),
    _fused(2, _grid("int2"), _grid("uint2")),
    _sparse(2, 4, seeds=5),
    _sparse(1, 4),
    _sparse(4, 8),
    _sparse(1, 2),
    Row("bfloat16", "bfloat16_systolic", {}, "bfloat16, fp32 sums", quantise.bfloat16, quantise.bfloat16, 16, seeds=1),
)


def table() -> Section:
    """Area, clock frequency and errors of each format on the same array."""
    section = Section(
        f"Number formats on the same array of {SIDE} x {SIDE}",
        f"Weight stationary, {SIDE} x {SIDE} cells, activations and weights in the named formats, decoders at the "
        "edge. A cell is a multiplier and its adder; for Bit Fusion it is a Fusion Unit. Gates: Yosys, `synth "
        "-flatten; abc`, no multiplier blocks, delays in flip-flops and no output buffer, everything else included. "
        "Transistors are estimated by Yosys (16 per flip-flop). Decoders: their share of the transistors, without "
        "flip-flops; for Bit Fusion the assignment of slices to bricks, for N:M the check of positions. LUT4 "
        "equivalents, FF, DSP, Fmax: ECP5 85k, median of the listed seeds, buffer and delays in memory. A "
        "multiplication of any size takes one DSP there, a shift or a BitBrick none. N:M: MAC/cycle includes skipped "
        "weights, as a dense array would multiply them, and bits include positions. Errors of weights as in `Four-bit "
        "number formats`, in per cent of the mean square, with pruning. Digits: 898 images, the network of `make "
        "demo` with weights and activations of every layer in these formats, scales from the training images, no "
        "training after quantisation or pruning; products are exact.",
        [
            "format",
            "activations x weights",
            "bits per weight",
            "MAC/cycle",
            "gates/cell",
            "gate FF/cell",
            "transistors/cell",
            "decoders",
            "LUT4-eq/cell",
            "FF/cell",
            "DSP",
            "Fmax MHz (median)",
            "seeds",
            *(f"error, {title}" for title in TENSORS),
            "digits",
        ],
    )
    data = digits.load()
    network = digits.train(data.train_images, data.train_labels)
    tensors = {title: draw(np.random.default_rng(0)) for title, draw in TENSORS.items()}
    for row in ROWS:
        step(row.label)
        built = _component(row)
        whole, at_the_edge = transistors(row)
        report = synthesise(built, row.generator, seeds=row.seeds, progress=step)
        n = SIDE * SIDE
        section.rows.append(
            [
                row.label,
                row.operands,
                f"{row.bits:g}",
                f"{built.peak * row.share:g}",
                f"{whole.gates / n:.0f}",
                f"{whole.ffs / n:.0f}",
                f"{whole.transistors / n:.0f}",
                percent(at_the_edge / whole.transistors) if at_the_edge else None,
                f"{report.lut4_equivalents / n:.1f}",
                f"{report.ffs / n:.1f}",
                report.dsps,
                f"{report.fmax_mhz['median']:.1f}",
                " ".join(f"{mhz:.0f}" for mhz in report.fmax_mhz["seeds"]),
                *(_error(row.weights(values), values) for values in tensors.values()),
                percent(digits.accuracy(network, data, row.weights, row.activations)),
            ]
        )
    return section


def _component(row: Row, **more) -> Component:
    return generator(row.generator).component(rows=SIDE, cols=SIDE, **row.parameters, **more).described()


def transistors(row: Row) -> tuple[gates.Gates, int]:
    """Gates of the whole array, and transistors of the decoders at its edges, without flip-flops."""
    whole = _component(row, buffer=0, delays="registers")
    at_the_edge = sum(gates.count(part, "decoders").logic for part in _edge(whole))
    return gates.count(whole, row.generator), at_the_edge


def _edge(array: Component) -> list[Component]:
    """Decoders at the edges of an array. Integers have none; the stream register in their place is not included."""
    p = array.p
    if isinstance(array, FusionArray):
        return [Activations(lanes=p.rows), Weights(lanes=p.cols)]
    if isinstance(array, SparseSystolic):
        return [SparseDecoder(pattern=p.pattern, value=p.w, word=p.word, cols=p.cols, groups=p.groups)]
    formats = [find(getattr(p, f"{name}_format")) for name in "aw"] if getattr(p, "coded", False) else []
    return [Decoders(format=format, count=SIDE) for format in formats if format.decoder is not None]
