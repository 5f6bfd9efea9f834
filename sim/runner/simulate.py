"""Simulation of a generated design against its golden model."""

from collections.abc import Sequence
from pathlib import Path

from . import children, job
from .harness import Harness
from .job import BenchJob, Outcome
from .session import SOURCES
from .simulator import SimulatorError, build


def simulate(
    design,
    cases: list,
    *,
    simulator: str = "verilator",
    waves: Path | None = None,
    keep: bool = False,
    coverage: Path | None = None,
    timeout: float | None = None,
    harness: Harness | None = None,
    plusargs: Sequence[str] = (),
    first: bool = False,
) -> tuple[Outcome, list]:
    """Run `cases` on a `gen.verilog.verilog.Design`, in its bench.

    A design with a register map among its facts, an accelerator, is placed in a harness with DRAM: `harness`, or one
    instance with one DRAM. `coverage` receives the counts of coverage points (see `runner.coverage`). `plusargs` are
    arguments of the simulation, such as `+name=value`. Returns the bench's counts and, with `keep`, the results of
    every case. A mismatch is counted, not raised; raises `SimulatorError` when the simulation itself fails, and with
    `first` also at the first mismatch, which ends the simulation.
    """
    verilog, top, sources = design.verilog, design.top, ()
    if harness or "registers" in design.facts:
        largest = max((len(case.dram) for case in cases), default=64)
        harness = harness or Harness(bytes=max(64, 1 << (largest - 1).bit_length()))
        around = harness.around(verilog, top, design.ports, simulator=simulator)
        verilog, top, sources = around.verilog, around.top, SOURCES
    built = build(
        verilog,
        top,
        simulator=simulator,
        waves=waves.suffix[1:] if waves else False,
        hier_blocks=() if coverage else design.blocks,
        sources=sources,
        coverage=coverage is not None,
    )
    with children.temporary() as folder:
        BenchJob(design.parameters, design.inputs, cases, keep, design.facts).save(folder)
        try:
            built.run(
                design.bench or f"systola.sim.bench.{design.name}",
                env={job.ENVIRONMENT: str(folder)} | ({job.FIRST: "1"} if first else {}),
                workdir=folder,
                waves=waves,
                coverage=coverage,
                timeout=timeout,
                plusargs=plusargs,
            )
        except SimulatorError:
            if not (folder / "outcome.json").exists():
                raise
        return job.load_outcome(folder)
