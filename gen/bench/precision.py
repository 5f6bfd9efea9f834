"""Figures of the formats as hardware: the same array in each of them, and what it does to tensors and digits."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...hw.formats.decoders import Decoders
from ...hw.formats.names import find
from ...sim import quantise
from ...sim.golden.formats.names import find as find_golden
from ...sim.workloads import digits
from .. import gates
from ..generators import find as generator
from ..synth import synthesise
from .formats import TENSORS, _error
from .section import Section, percent, step

SIDE = 8
Quantise = Callable[[np.ndarray], quantise.Quantised]


@dataclass(frozen=True)
class Row:
    """A line of the table: a generator with its parameters, how tensors come into its formats, bits of a weight.

    `share` is how many products of these formats it does in a cycle, of what it does at most.
    """

    label: str
    generator: str
    parameters: dict
    weights: Quantise
    activations: Quantise
    bits: float
    share: float = 1.0


def _array(label: str, a: str, w: str, weights: Quantise, activations: Quantise, bits: float, share=1.0) -> Row:
    return Row(label, "systolic", {"a_format": a, "w_format": w}, weights, activations, bits, share)


def _grid(format: str) -> Quantise:
    return partial(quantise.grid, format=format)


def _olive(normal: str) -> Quantise:
    return partial(quantise.olive, normal=normal)


BYTES = partial(quantise.uniform, format="uint8")
ROWS = (
    _array("int8", "uint8", "int8", partial(quantise.uniform, format="int8"), BYTES, 8),
    _array("int4", "uint4", "int4", _grid("int4"), _grid("uint4"), 4),
    _array("PoT weights", "uint8", "pot4", _grid("pot4"), BYTES, 4),
    _array("APoT weights", "uint8", "apot4", _grid("apot4"), BYTES, 4),
    _array("codebook weights", "uint8", "codebook", quantise.codebook, BYTES, 4),
    _array("flint", "uflint4", "flint4", _grid("flint4"), _grid("uflint4"), 4),
    _array("ANT", "uant4", "ant4", quantise.ant, quantise.ant, 4),
    _array("ANT, 8 bits", "uant4", "ant4", partial(quantise.uniform, format="int8"), BYTES, 8, 1 / 4),
    _array("OliVe int4", "olive_int4", "olive_int4", _olive("int4"), _olive("int4"), 4),
    _array("OliVe flint4", "olive_flint4", "olive_flint4", _olive("flint4"), _olive("flint4"), 4),
    _array("OliVe int8", "olive_int8", "olive_int8", _olive("int8"), _olive("int8"), 8),
)
"""One line each: other generators need only say how their weights and activations are quantised."""


def table() -> Section:
    """Area, clock rate and errors of each format on the same array."""
    section = Section(
        f"Number formats on the same array of {SIDE} x {SIDE}",
        f"Weight stationary, {SIDE} x {SIDE}, activations x weights in the formats named, decoders at the edge. Gates: "
        "Yosys, `synth -flatten; abc`, no multiplier blocks, delays in flip-flops and no output buffer, everything "
        "else included; transistors as Yosys estimates them (16 for a flip-flop); decoders: their share of these. LUT4 "
        "equivalents, FF, DSP, Fmax: ECP5 85k, median of five seeds, buffer and delays in memory; a multiplication of "
        "whatever size takes one DSP there, a shift none. Errors of weights as in `Number formats of four bits`, in "
        "per cent of the mean square. Digits: 898 images, the network of `make demo` with weights and activations of "
        "every layer in these formats, scales from the training images, no training after it; products are exact.",
        [
            "format",
            "activations x weights",
            "bits a weight",
            "MAC/cycle",
            "gates/MAC",
            "gate FF/MAC",
            "transistors/MAC",
            "decoders",
            "LUT4-eq/MAC",
            "FF/MAC",
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
        p = {"rows": SIDE, "cols": SIDE} | row.parameters
        component = generator(row.generator).component
        abstract = gates.count(component(**p, buffer=0, delays="registers"), row.generator)
        built = component(**p).described()
        report = synthesise(component(**p), row.generator, progress=step)
        n = SIDE * SIDE
        section.rows.append(
            [
                row.label,
                f"{p['a_format']} x {p['w_format']}" if "a_format" in p else "",
                f"{row.bits:g}",
                f"{built.peak * row.share:g}",
                f"{abstract.gates / n:.0f}",
                f"{abstract.ffs / n:.0f}",
                f"{abstract.transistors / n:.0f}",
                percent(_decoders(p) / abstract.transistors) if getattr(built.p, "coded", False) else None,
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


def _decoders(p: dict) -> int:
    """Transistors of all decoders; what stands there for integers, a register of the stream, is none."""
    formats = (find(p[f"{name}_format"]) for name in "aw")
    return sum(
        gates.count(Decoders(format=format, count=SIDE), "decoders").logic
        for format in formats
        if format.decoder is not None
    )


LARGE = 64


def claims() -> Section:
    """What the papers say that can be checked here."""
    section = Section(
        "Number formats: claims and what was measured",
        f"Decoders' share of the transistors: at {SIDE} x {SIDE} as in the table above, at {LARGE} x {LARGE} from the "
        "same counts, decoders growing with the sum of the sides and the rest with their product (but the "
        "delays at the edges grow faster, as squares of the sides, and psums by three bits). OliVe's figures are areas "
        "in 22 nm of an array whose size is not at hand. Types: what `quantise.ant` chooses.",
        ["claim", "published", "measured", "difference"],
    )
    for title, expected in (("uniform", "int"), ("normal", "flint"), ("log-normal, sigma 2", "PoT or float")):
        q = quantise.ant(TENSORS[title](np.random.default_rng(0)))
        chosen = next(name for name in quantise.TYPES if find_golden(f"{name}4") == q.format)
        section.rows.append(
            [f"ANT's type for {title} values", expected, chosen, "none" if chosen in expected.lower() else ""]
        )
    for name, published in (("olive_int4", "2.2%"), ("olive_int8", "1.5%")):
        p = {"rows": SIDE, "cols": SIDE, "a_format": name, "w_format": name}
        whole = gates.count(generator("systolic").component(**p, buffer=0, delays="registers"), "systolic").transistors
        decoders = _decoders(p)
        large = decoders * LARGE / SIDE, (whole - decoders) * (LARGE / SIDE) ** 2
        measured = (
            f"{percent(decoders / whole)} at {SIDE} x {SIDE}, {percent(large[0] / sum(large))} at {LARGE} x {LARGE}"
        )
        section.rows.append([f"OliVe's decoders in the array, {name}", published, measured, "the array's size"])
    return section
