"""`systola run`: a task on a core, compared with NumPy, and what it took."""

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from ...hw.component import ParameterError, Parameters
from ...hw.cores.systola.parameters import CoreParameters
from ..generators import UsageError, suggestion
from . import trace
from .digits import DigitsTask
from .execute import Execution, execute
from .tasks import ConvTask, GemmTask, Task

TASKS: dict[str, type[Parameters]] = {"gemm": GemmTask, "conv": ConvTask, "digits": DigitsTask}


@dataclass
class Report:
    """A task that was executed."""

    name: str
    settings: dict
    task: Task
    execution: Execution
    executor: str
    mismatches: int
    seconds: float
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def bound(self) -> str:
        """What the roofline says it must wait for."""
        names = ("multipliers", "reading", "writing")
        return names[max(range(3), key=lambda at: self.task.roof[at])]

    def data(self) -> dict:
        p, task, run = self.task.parameters, self.task, self.execution
        return {
            "task": self.name,
            "settings": self.settings,
            "core": dict(p),
            "executor": self.executor,
            "checked": task.expected.size,
            "mismatches": self.mismatches,
            "cycles": run.cycles,
            "macs": task.macs,
            "utilisation": task.macs / (run.cycles * p.size**2),
            "roof": dict(zip(("multipliers", "reading", "writing"), task.roof, strict=True)),
            "of_roof": max(task.roof) / run.cycles,
            "bound": self.bound,
            "instructions": len(task.program),
            "counters": run.counters,
            "lost": run.lost(),
            **self.facts,
            "seconds": self.seconds,
        }


def prepare(name: str, settings: dict[str, str]) -> tuple[CoreParameters, Parameters]:
    """The core and the task of `systola run`: settings are those of both."""
    if name not in TASKS:
        raise UsageError(f"unknown task '{name}': {suggestion(name, TASKS)}")
    kind = TASKS[name]
    for key in settings:
        if key not in kind.model_fields and key not in CoreParameters.model_fields:
            known = {**kind.model_fields, **CoreParameters.model_fields}
            raise ParameterError(f"unknown parameter '{key}': {suggestion(key, known)}")
    return (
        CoreParameters.parse({key: value for key, value in settings.items() if key in CoreParameters.model_fields}),
        kind.parse({key: value for key, value in settings.items() if key in kind.model_fields}),
    )


def run(task: Task, **options) -> tuple[Execution, int]:
    """Execute a task; what it left, and how many bytes of its result are wrong."""
    execution = execute(task.parameters, task.image.bytes(), task.at, length=len(task.program), **options)
    return execution, task.mismatches(execution.dram)


def show(report: Report, out: Console):
    """A few lines for people."""
    run, task, p = report.execution, report.task, report.task.parameters
    verdict = "[red]FAILED[/]" if report.mismatches else "[green]passed[/]"
    out.print(f"{verdict}  {task.expected.size:,} results compared with NumPy, {report.mismatches:,} wrong")
    where = "on Verilog" if report.executor == "verilog" else "by the cost model"
    out.print(
        f"        {run.cycles:,} cycles {where}, {task.macs:,} MACs: "
        f"{task.macs / run.cycles / p.size**2:.1%} of {p.size**2} a cycle"
    )
    out.print(f"        {max(task.roof) / run.cycles:.1%} of the roofline, which is bound by {report.bound}")
    out.print(
        f"        {run.counters['read_beats']:,} beats read, {run.counters['write_beats']:,} written; "
        f"{len(task.program):,} instructions, {run.counters['instructions']:,} of them run"
    )
    if lost := {name: count for name, count in run.lost().items() if count}:
        total = sum(lost.values())
        causes = ", ".join(f"{name} {count:,}" for name, count in sorted(lost.items(), key=lambda item: -item[1]))
        out.print(f"        {total:,} cycles without a row in the array: {causes}")
    for name, value in report.facts.items():
        out.print(f"        {name.replace('_', ' ')} {value:.2%}")
    speed = f", {run.cycles / run.seconds:,.0f} cycles/s from start to interrupt" if run.seconds else ""
    out.print(f"        {report.seconds:.1f} s{speed}")


def save_trace(report: Report, folder: Path) -> list[Path]:
    """The timeline of a report."""
    settings = ", ".join(f"{name}={value}" for name, value in report.settings.items())
    return trace.write(folder, report.execution.spans, report.execution.cycles, f"{report.name} {settings}")
