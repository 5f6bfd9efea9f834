"""Figures of verilog-axi's axi_cdma (A. Forencich), a DMA engine in Verilog, on the same bus and memory."""

from functools import cache, partial

from ...hw.dma.dma import Dma
from ...sim.stimulus import transfers
from .claim import Claim
from .measuring import simulated

COPY, ROWS = "64 KiB in and 64 KiB out", "256 rows in, one descriptor per row"
FIGURES = {(COPY, 100): 97.2, (ROWS, 20): 48.1, (ROWS, 100): 14.1}
"""Percentage of cycles with a beat, by transfer and latency of DRAM in cycles: bursts of 256 beats of 64 bits, up to
sixteen outstanding reads, copies from DRAM to DRAM."""


@cache
def busy() -> dict[tuple[str, int], float]:
    """Percentage of cycles with a beat, on RTL; both memories are compared byte for byte."""
    cases = [case for name, latency in FIGURES for case in transfers.cases(latency, [name])]
    outcome = simulated("dma", Dma(local_bytes=transfers.LOCAL_BYTES), cases)
    return {
        figure: 100 * max(spans[channel][0] for channel in "rw" if channel in spans) / cycles
        for figure, spans, cycles in zip(FIGURES, outcome.spans, outcome.case_cycles, strict=True)
    }


CLAIMS = tuple(
    Claim(
        paper="axi_cdma",
        text=f"{transfer}, DRAM latency {latency}: the bus carries a beat in {published} % of the cycles.",
        published=published,
        unit="% of the cycles",
        stated=f"{published} % (axi_cdma, measured on the same memory)",
        band=(published, 100),
        reason="axi_cdma processes one descriptor after the other. Here up to sixteen runs are in flight, so a higher "
        "share is right, up to one beat per cycle.",
        measure=partial(lambda figure: busy()[figure], (transfer, latency)),
    )
    for (transfer, latency), published in FIGURES.items()
)
