"""Figures of Bit Fusion: products per cycle in every mode, and area of the Fusion Unit and of the temporal design."""

import numpy as np

from ...hw.mac.fused_multiply import BRICKS, FusedMultiply
from ...hw.mac.fusion_temporal import FusionTemporal, TemporalLane
from ...hw.mac.fusion_unit import FusionUnit
from ...sim.golden.fusion_unit import MODES
from ...sim.runner.simulate import simulate
from ...sim.stimulus.fusion_unit import FusionUnitCase, sampled
from ..synth import gate_count as gates
from ..synth.synth import synthesise
from ..verilog.verilog import generate
from .section import Section, step

WORDS = 64
PAPER = "3.5"
"""Published area ratio of the temporal design and the Fusion Unit: 4905 over 1394 um^2 in 45 nm."""


def rates() -> Section:
    """Products per cycle in every mode, on generated Verilog."""
    section = Section(
        "Bit Fusion: products per cycle",
        f"{WORDS} words of each mode, signed operands, no pauses, every result compared; counted from the first "
        "result to the last. The temporal design computes sixteen products at a time.",
        ["activations x weights", "values per word", "cycles per word", "Fusion Unit", "temporal design"],
    )
    modes = [mode for mode in MODES if mode.a_signed and mode.w_signed]
    rng = np.random.default_rng(1)
    unit = _run("fusion_unit", FusionUnit(), [sampled(mode, rng, WORDS) for mode in modes])
    drawn = [
        [rng.integers(low, high, (4, BRICKS), endpoint=True) for low, high in mode.limits.values()] for mode in modes
    ]
    temporal = [FusionUnitCase(a, w, [mode] * 4) for mode, (a, w) in zip(modes, drawn, strict=True)]
    serial = _run("fusion_temporal", FusionTemporal(), temporal)
    for mode, words, products in zip(modes, unit, serial, strict=True):
        section.rows.append(
            [
                f"{mode.a_bits} x {mode.w_bits}",
                mode.values,
                mode.cycles,
                f"{mode.values * (WORDS - 1) / (words[-1] - words[0]):g}",
                f"{BRICKS * 3 / (products[-1] - products[0]):g}",
            ]
        )
    return section


def _run(name: str, component, cases: list) -> list[list[int]]:
    """Simulate cases; return the cycles in which the results of each case were output."""
    outcome, _ = simulate(generate(name, component), cases)
    if outcome.mismatches:
        raise RuntimeError(f"{name}: {outcome.examples[0]}")
    return outcome.output_cycles


def area() -> Section:
    """Area of sixteen BitBricks, fused and as serial multipliers."""
    section = Section(
        "Bit Fusion: area compared with the temporal design",
        "ECP5 85k without multiplier blocks; gates of Yosys's `synth -flatten; abc`; transistors as estimated by "
        "Yosys, with 16 per flip-flop. Both designs compute the same number of products per cycle in every mode. "
        "Datapath: of the unit its bricks, tree and register of 21 bits; of the temporal design sixteen bricks, each "
        "with a shifter, an adder and a register of 21 bits. Whole: with streams, results of 33 bits and, in the "
        f"unit, the assignment of slices to bricks. Paper: {PAPER} times the area, 45 nm.",
        ["design", "LUT4-eq", "FF", "gates", "transistors", "Fmax MHz (median)", "seeds"],
    )
    fused = FusedMultiply.members(FusedMultiply.Parameters())["product"].shape.width
    parts = (
        ("datapath", 1, "fused_multiply", lambda: FusedMultiply(product_register=True)),
        ("datapath", BRICKS, "temporal_lane", lambda: TemporalLane(acc_width=fused)),
        ("whole", 1, "fusion_unit", FusionUnit),
        ("whole", 1, "fusion_temporal", FusionTemporal),
    )
    measured = []
    for part, times, name, component in parts:
        report = synthesise(component(), name, progress=step)
        abstract = gates.count(component(), name)
        counts = [times * n for n in (report.lut4_equivalents, report.ffs, abstract.gates, abstract.transistors)]
        rate = report.fmax_mhz["median"]
        section.rows.append(
            [
                f"{part}, {'temporal design' if 'temporal' in name else 'Fusion Unit'}",
                *counts,
                rate and f"{rate:.1f}",
                " ".join(f"{mhz:.0f}" for mhz in report.fmax_mhz["seeds"]),
            ]
        )
        measured.append(counts)
        if len(measured) % 2 == 0:
            ratios = [f"{b / a:.2f}" for a, b in zip(*measured[-2:], strict=True)]
            section.rows.append([f"{part}, ratio", *ratios, None, None])
    return section
