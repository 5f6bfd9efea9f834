"""Run a generated design against its golden model."""

import tempfile
from pathlib import Path

from . import job
from .job import Job, Outcome
from .simulator import SimulatorError, build
from .stage import staged


def simulate(
    design,
    cases: list,
    *,
    simulator: str = "verilator",
    waves: Path | None = None,
    keep: bool = False,
    timeout: float | None = None,
) -> tuple[Outcome, list]:
    """Run `cases` on a `gen.verilog.Design`, in the bench of its name.

    Returns what was counted and, with `keep`, the results of every tile. A mismatch is counted, not raised; raises
    `SimulatorError` when the simulation itself fails.
    """
    verilog, top = staged(design.name, design.verilog, design.top, design.parameters)
    built = build(
        verilog,
        top,
        simulator=simulator,
        waves=waves.suffix[1:] if waves else False,
        hier_blocks=design.blocks,
    )
    with tempfile.TemporaryDirectory(prefix="systola-") as temporary:
        folder = Path(temporary)
        Job(design.parameters, design.inputs, cases, keep).save(folder)
        try:
            built.run(
                f"systola.sim.bench.{design.name}",
                env={job.ENVIRONMENT: str(folder)},
                workdir=folder,
                waves=waves,
                timeout=timeout,
            )
        except SimulatorError:
            if not (folder / "outcome.json").exists():
                raise
        return job.load_outcome(folder)
