"""Measurement of the coverage of a design by its bench."""

from dataclasses import dataclass

from ...sim.runner import children, coverage, simulate
from ...sim.runner.coverage import Counts
from ...sim.runner.job import Outcome
from ...sim.stimulus import contract
from ..verilog.verilog import Design


@dataclass(frozen=True)
class Measurement:
    """Outcome of the cases, that of the interrupted executions if there are any, and the counts of both."""

    outcome: Outcome
    interrupted: Outcome | None
    counts: Counts


def measure(design: Design, cases: list, *, seed: int = 1, timeout: float | None = None) -> Measurement:
    """Run `cases` in the bench of a design, and count its lines, branches and toggles.

    An accelerator also runs the interrupted executions of `sim.stimulus.contract`, made from its cases.
    """
    with children.temporary() as folder:
        files = [folder / "cases.dat", folder / "interrupted.dat"]
        accelerator = "registers" in design.facts
        outcome, results = simulate.simulate(design, cases, keep=accelerator, coverage=files[0], timeout=timeout)
        more = contract.interrupted(cases, results, seed) if accelerator else []
        stopped = simulate.simulate(design, more, coverage=files[1], timeout=timeout)[0] if more else None
        return Measurement(outcome, stopped, coverage.merge(coverage.read(file) for file in files if file.is_file()))
