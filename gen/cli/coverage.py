"""Coverage in `systola sim`: checks of its options, measurement, and output."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ...sim.runner.coverage import Counts
from ...sim.runner.job import Outcome
from ..accelerators import registry
from ..coverage.lcov import tracefile
from ..coverage.report import KINDS, Report, Tally, report
from ..errors import UsageError
from ..generators import Generator
from ..verilog.verilog import Design
from .describe import table
from .options import output_file

SUFFIX = ".info"


@dataclass(frozen=True)
class Measured:
    """Outcome of the cases, that of the interrupted executions of an accelerator, and the coverage of both."""

    design: Design
    outcome: Outcome
    interrupted: Outcome | None
    counts: Counts
    report: Report

    @property
    def interrupted_mismatches(self) -> int:
        return self.interrupted.mismatches if self.interrupted else 0


def check(simulator: str, waves: Path | None, lcov: Path | None):
    """Check the options of a run with coverage. Raises :class:`.UsageError`."""
    if simulator != "verilator":
        raise UsageError(f"--coverage: {simulator} does not measure coverage; use --simulator verilator.")
    if waves:
        raise UsageError(f"--waves {waves}: a run with --coverage records no waves.")
    if lcov and lcov.suffix != SUFFIX:
        raise UsageError(f"--lcov {lcov}: the file's name must end in {SUFFIX}.")
    if lcov:
        output_file("--lcov", lcov.with_suffix(".v"))


def run(generator: Generator, design: Design, cases: list, *, seed: int, timeout: float) -> Measured:
    """Measure a design with its directed cases and these cases."""
    from ..coverage.measure import measure

    accelerator = registry.accelerators().get(generator.name)
    cases = [*cases, *generator.directed_cases(design.parameters, seed)]
    found = measure(design, cases, seed=seed, timeout=timeout)
    unreachable = accelerator.unreachable if accelerator else ()
    return Measured(design, found.outcome, found.interrupted, found.counts, report(design, found.counts, unreachable))


def show(measured: Measured, out: Console) -> dict:
    """Print coverage by module, branches that were not executed and unreachable ones. Returns it as plain data."""
    report, more = measured.report, measured.interrupted
    if more:
        out.print(
            f"        {more.cases} interrupted and repeated executions, {more.checked:,} results compared, "
            f"{more.mismatches:,} mismatches"
        )
        for example in more.examples[:5]:
            out.print(f"        {example}", markup=False)
    rows = [(module.name, *_cells(lambda kind, of=module: getattr(of, kind))) for module in report.modules]
    out.print()
    out.print(
        table(("module", *(cell for kind in KINDS for cell in (kind, "%"))), [*rows, ("all", *_cells(report.total))])
    )
    if report.uncovered:
        out.print(f"\n[bold]branches not executed[/]: {len(report.uncovered)}")
        rows = [(each.module, str(each.line), each.arm, each.source, each.text) for each in report.uncovered]
        out.print(table(("module", "line", "arm", "source", "Verilog"), rows))
    if report.excluded:
        out.print(f"\n[bold]unreachable branches[/], not counted: {len(report.excluded)}")
        for each in report.excluded:
            place = escape(f"{each.module} {each.line} {each.arm}  {each.source}  {each.text}")
            out.print(f"  {place}\n    excluded: {escape(each.reason)}")
    for sentence in report.wrong:
        out.print(f"{sentence}", markup=False)
    executions = {"executions": more.cases, "checked": more.checked, "mismatches": more.mismatches} if more else {}
    return report.to_dict() | {"interrupted": executions}


def write(lcov: Path | None, measured: Measured):
    """Write the tracefile and its Verilog, if a file was named."""
    if lcov is None:
        return
    verilog = lcov.with_suffix(".v")
    texts = {lcov: tracefile(measured.report, measured.counts, str(verilog)), verilog: measured.design.verilog}
    for path, text in texts.items():
        try:
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}.") from None


def _cells(tally_of: Callable[[str], Tally]) -> list[str]:
    """Counts and percentage of each kind; no percentage if there is no point."""
    tallies = [tally_of(kind) for kind in KINDS]
    return [
        cell
        for tally in tallies
        for cell in (f"{tally.covered:,} / {tally.total:,}", f"{tally.percent:.1f}" if tally.total else "")
    ]
