"""Figures of the DMA engine: bus utilisation, and area of its options."""

from ...hw.dma.dma import Dma
from ...sim.runner.simulate import simulate
from ...sim.stimulus import transfers
from ..synth.synth import synthesise
from ..verilog.verilog import generate
from .section import Section, percent, step

LATENCIES = (2, 20, 100)
AXI_CDMA = {
    "64 KiB in and 64 KiB out": (0.995, 0.991, 0.972),
    "256 rows in, one descriptor per row": (0.886, 0.481, 0.141),
}
"""Bus utilisation of axi_cdma (verilog-axi) with bursts of 256 beats, DRAM to DRAM, latencies 1, 20 and 100 cycles."""


def cycles() -> Section:
    """Beats per cycle, on the generated Verilog."""
    section = Section(
        "DMA: beats and cycles",
        "64-bit bus, bursts of up to 256 beats, generated Verilog with cocotbext-axi's memory. The first beat of a "
        "read comes `latency` cycles after its address (at least 2); write responses have the same latency. Both "
        "memories are compared byte by byte. Bus utilisation: beats per cycle from a channel's first beat to its "
        "last. Overall: beats per cycle from the descriptor to its status, which includes the latency once. axi_cdma "
        "(verilog-axi) copies from DRAM to DRAM, one descriptor per row, at latencies of 1, 20 and 100: its write "
        "beats per cycle over the whole run.",
        [
            "transfer",
            "latency",
            "cycles",
            "read beats",
            "write beats",
            "bus utilisation",
            "overall",
            "axi_cdma overall",
        ],
    )
    design = generate("dma", Dma(local_bytes=transfers.LOCAL_BYTES))
    cases = [case for latency in LATENCIES for case in transfers.cases(latency)]
    names = [(latency, name) for latency in LATENCIES for name in transfers.TRANSFERS]
    outcome, _ = simulate(design, cases)
    if outcome.mismatches:
        raise RuntimeError(outcome.examples[0])
    for (latency, name), spans, total in zip(names, outcome.spans, outcome.case_cycles, strict=True):
        beats = {channel: spans[channel][0] for channel in "rw" if channel in spans}
        busy = min(count / (last - first + 1) for channel, (count, first, last) in spans.items() if channel in beats)
        peer = AXI_CDMA.get(name)
        section.rows.append(
            [
                name,
                latency,
                total,
                beats.get("r"),
                beats.get("w"),
                percent(busy),
                percent(max(beats.values()) / total),
                percent(peer[LATENCIES.index(latency)]) if peer else None,
            ]
        )
    section.rows.sort(key=lambda row: list(transfers.TRANSFERS).index(row[0]))
    return section


FEATURES = {
    "one dimension": {"dims": 1},
    "two": {"dims": 2},
    "three": {"dims": 3},
    "four (default)": {},
    "four, padding": {"padding": True},
    "four, fill": {"fill": True},
    "four, scatter": {"scatter": True},
    "four, all options": {"padding": True, "fill": True, "scatter": True},
}


def area() -> Section:
    """Cells and clock frequency of each option."""
    section = Section(
        "DMA: area of the options",
        "32-bit addresses, 64-bit bus, 32 KiB of local memory, 16 runs in flight; separate engines for loads and "
        "stores. ECP5 85k (speed grade 6), Yosys and nextpnr out of context, median Fmax of five seeds. axi_cdma "
        "copies contiguous bytes in one direction at a time, one descriptor after another.",
        ["engine", "LUT4-eq", "FF", "DSP", "BRAM", "Fmax MHz (median)", "seeds"],
    )
    for title, parameters in FEATURES.items():
        report = synthesise(Dma(**parameters), "dma", progress=step)
        section.rows.append(
            [
                title,
                report.lut4_equivalents,
                report.ffs,
                report.dsps,
                report.brams,
                f"{report.fmax_mhz['median']:.1f}",
                " ".join(f"{mhz:.0f}" for mhz in report.fmax_mhz["seeds"]),
            ]
        )
    section.rows.append(["axi_cdma, verilog-axi (peer)", "396 LUT4", 313, 0, None, "70.6", None])
    return section
