"""Run of a task on an accelerator: comparison with the reference, cycles and utilisation (`systola run`)."""

from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.markup import escape

from ...hw.component import ParameterError, Parameters
from ...sim.network import reference
from ..accelerators.base import Accelerator
from ..compile.job import Job
from ..errors import UsageError, suggestion
from .digits import DigitsTask
from .execute import Execution, ExecutionError, execute
from .tasks import ConvTask, GemmTask, Task, Work

TASKS: dict[str, type[Task]] = {"gemm": GemmTask, "conv": ConvTask, "digits": DigitsTask}


@dataclass
class RunReport:
    """Results of a task that was executed, with the comparison and the cost."""

    name: str
    task: Task
    accelerator: Accelerator
    parameters: Parameters
    job: Job
    execution: Execution
    executor: str
    checked: int
    mismatches: int
    results: dict[str, np.ndarray]
    seconds: float = 0.0
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def peak(self) -> int:
        """Largest number of MACs per cycle."""
        return self.accelerator.peak(self.parameters)

    @property
    def utilisation(self) -> float:
        """MACs per cycle, relative to the peak."""
        return self.job.macs / (self.execution.cycles * self.peak)

    @property
    def of_roof(self) -> float:
        """Lower bound of the cycles by the roofline, relative to the measured cycles."""
        return self.job.least / self.execution.cycles

    def data(self) -> dict:
        """Report as data for JSON."""
        run, job = self.execution, self.job
        return {
            "task": self.name,
            "settings": dict(self.task),
            "accelerator": self.accelerator.name,
            "parameters": self.parameters.model_dump(),
            "executor": self.executor,
            "checked": self.checked,
            "mismatches": self.mismatches,
            "cycles": run.cycles,
            "macs": job.macs,
            "utilisation": self.utilisation,
            "roof": job.roof,
            "of_roof": self.of_roof,
            "bound": job.bound,
            "instructions": job.length,
            "counters": run.counters,
            "lost": run.lost(),
            **self.facts,
            "seconds": self.seconds,
        }


def prepare(name: str, accelerator: Accelerator, settings: dict[str, str]) -> tuple[Parameters, Task]:
    """Split `settings` into the parameters of the accelerator and of the task, and check them."""
    if name not in TASKS:
        raise UsageError(f"unknown task '{name}': {suggestion(name, TASKS)}")
    task, machine = TASKS[name], accelerator.component.Parameters
    known = {**task.model_fields, **machine.model_fields}
    for key in settings:
        if key not in known:
            raise ParameterError(f"unknown parameter '{key}': {suggestion(key, known)}")

    def parse(model):
        return model.parse({key: value for key, value in settings.items() if key in model.model_fields})

    return parse(machine), parse(task)


def run(
    name: str,
    task: Task,
    accelerator: Accelerator,
    parameters: Parameters,
    *,
    seed: int = 1,
    compile_options: dict | None = None,
    executor: str = "verilog",
    progress=lambda text: None,
    **options,
) -> RunReport:
    """Draw the random tensors of a task, compile, check the program, execute, and compare outputs with the reference.

    Raises :class:`ExecutionError`.
    """
    progress(f"compiling {name}")
    work = task.work(accelerator.operands(parameters, seed))
    job = accelerator.compile(parameters, work.graph, **(compile_options or {}))
    progress(f"checking {job.length:,} instructions")
    if wrong := accelerator.wrong(parameters, job):
        raise ExecutionError(f"the program for {accelerator.name} is wrong: {wrong}")
    progress(f"running {job.length:,} instructions")
    execution = execute(accelerator, parameters, job, work.inputs, executor=executor, **options)
    checked, wrong, results = compare(work, job, execution)
    return RunReport(
        name,
        task,
        accelerator,
        parameters,
        job,
        execution,
        executor,
        checked,
        wrong,
        results,
        facts=task.facts(results),
    )


def compare(work: Work, job: Job, execution: Execution) -> tuple[int, int, dict[str, np.ndarray]]:
    """Compare results with the NumPy reference; return (number compared, number wrong, results)."""
    expected = reference.run(work.graph, work.inputs)
    results = job.results(execution.dram)
    checked = sum(value.size for value in results.values())
    return checked, sum(int(np.count_nonzero(value != expected[name])) for name, value in results.items()), results


def show(report: RunReport, out: Console):
    """Print a summary of a run."""
    run, job = report.execution, report.job
    verdict = "[red]FAILED[/]" if report.mismatches else "[green]passed[/]"
    out.print(f"{verdict}  {report.checked:,} results compared with NumPy, {report.mismatches:,} wrong")
    where = "on Verilog" if report.executor == "verilog" else "by the cost model"
    out.print(
        f"        {run.cycles:,} cycles on {escape(report.accelerator.name)} {where}, {job.macs:,} MACs: "
        f"{report.utilisation:.1%} of the {report.peak} MACs per cycle"
    )
    if job.roof:
        out.print(f"        {report.of_roof:.1%} of the roofline, which is bound by {escape(job.bound)}")
    beats = [f"{run.counters[name]:,} beats {what}" for name, what in BEATS.items() if name in run.counters]
    length = f"{job.length:,} instructions or descriptors in DRAM"
    out.print(f"        {'; '.join(filter(None, [', '.join(beats), length]))}")
    if lost := {name: count for name, count in run.lost().items() if count}:
        total = sum(lost.values())
        causes = ", ".join(f"{name} {count:,}" for name, count in sorted(lost.items(), key=lambda item: -item[1]))
        out.print(f"        {total:,} cycles without work in the matrix engine: {escape(causes)}")
    for name, value in report.facts.items():
        out.print(f"        {escape(name.replace('_', ' '))} {value:.2%}")
    speed = f", {run.cycles / run.seconds:,.0f} cycles/s from start to interrupt" if run.seconds else ""
    out.print(f"        {report.seconds:.1f} s{speed}")


BEATS = {"read_beats": "read", "write_beats": "written"}
"""Counters of beats, with their names in a summary."""
