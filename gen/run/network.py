"""Run of a network on an accelerator: comparison with a reference, cycles of every operator (`systola run FILE`)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..compile.timeline import Span
from ..importers.network import Operator
from .interpreters import Reference, Values
from .model import Inference, Model
from .survey import HOST, NONE, short


@dataclass
class OperatorReport:
    """Operator of a file: the place where it ran, its cycles and MACs, and the comparison of its results.

    `on` is the accelerator's name, `HOST`, or `NONE` if it has no work. `cycles` are those on the accelerator, None if
    they were not measured for single operators. `checked` and `mismatches` count values.
    """

    operator: Operator
    on: str
    macs: int
    cycles: int | None = 0
    checked: int = 0
    mismatches: int = 0


@dataclass
class NetworkReport:
    """Results of a network on one or several inputs. Cycles, counters and `spans` are those of the first input."""

    model: Model
    reference: str
    operators: list[OperatorReport]
    inputs: int = 0
    checked: int = 0
    mismatches: int = 0
    cycles: int = 0
    counters: dict[str, int] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def macs(self) -> int:
        """MACs of the operators on the accelerator."""
        return sum(each.macs for each in self.operators if each.on == self.model.accelerator.name)

    @property
    def peak(self) -> int:
        """Largest number of MACs per cycle."""
        return self.model.accelerator.peak(self.model.parameters)

    def utilisation(self, macs: int, cycles: int | None) -> float:
        """MACs per cycle, relative to the peak."""
        return macs / (cycles * self.peak) if cycles else 0.0

    def bytes(self, counter: str) -> int:
        """Bytes of the beats that a counter of beats has counted."""
        return self.counters.get(counter, 0) * self.model.accelerator.bytes_per_beat(self.model.parameters)

    def data(self) -> dict:
        """Report as data for JSON."""
        model = self.model
        return {
            "network": model.network.name,
            "accelerator": model.accelerator.name,
            "parameters": model.parameters.model_dump(),
            "executor": model.executor.name,
            "reference": self.reference,
            "inputs": self.inputs,
            "checked": self.checked,
            "mismatches": self.mismatches,
            "cycles": self.cycles,
            "macs": self.macs,
            "utilisation": self.utilisation(self.macs, self.cycles),
            "dram_read": self.bytes("read_beats"),
            "dram_written": self.bytes("write_beats"),
            "seconds": self.seconds,
            "operators": [
                {
                    "name": each.operator.name,
                    "type": each.operator.type,
                    "on": each.on,
                    "cycles": each.cycles,
                    "macs": each.macs,
                    "utilisation": self.utilisation(each.macs, each.cycles),
                    "checked": each.checked,
                    "mismatches": each.mismatches,
                }
                for each in self.operators
            ],
        }


def run(
    model: Model,
    inputs: Iterable[Values],
    reference: Reference | None = None,
    *,
    name: str = "none",
    trace: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> NetworkReport:
    """Run a model on inputs, one after another, and compare results of operators with a reference called `name`.

    The results compared are the outputs of parts: all results if the model was made with `keep`. `trace`: the report
    has the busy times of units in the first run. `progress` receives a text before each run.
    """
    report = NetworkReport(model, name, _operators(model))
    for values in inputs:
        progress(f"input {report.inputs + 1}")
        first = not report.inputs
        inference = model.run(values, measure=first, trace=trace and first)
        if first:
            _measure(report, inference)
        if reference:
            _compare(report, inference.values, reference(values))
        report.inputs += 1
    return report


def _operators(model: Model) -> list[OperatorReport]:
    """Operators of the file with their places."""
    graph, place = model.graph, {}
    for step in model.steps:
        place |= {node.name: model.accelerator.name if step.job else HOST for node in step.part.graph.nodes}
    found = []
    for operator in model.network.operators:
        nodes = model.network.nodes(operator)
        places = {place[node.name] for node in nodes}
        idle = HOST if operator.inputs or operator.outputs else NONE
        on = (HOST if HOST in places else model.accelerator.name) if places else idle
        found.append(OperatorReport(operator, on, sum(node.macs(graph) for node in nodes)))
    return found


def _measure(report: NetworkReport, inference: Inference):
    """Add cycles, counters and busy times of one run to the report; its programs follow each other in the timeline."""
    cycles = inference.node_cycles
    for each in report.operators:
        if cycles:
            each.cycles = sum(cycles.get(node.output, 0) for node in report.model.network.nodes(each.operator))
        elif each.on == report.model.accelerator.name:
            each.cycles = None
    for _, execution in inference.executions:
        for name, count in execution.counters.items():
            report.counters[name] = report.counters.get(name, 0) + count
        shift = report.cycles
        report.spans += [replace(each, begin=each.begin + shift, end=each.end + shift) for each in execution.spans]
        report.cycles += execution.cycles


def _compare(report: NetworkReport, values: Values, expected: Values):
    """Count values and wrong values of each operator, of the results that are both in `values` and in `expected`."""
    for each in report.operators:
        for node in report.model.network.nodes(each.operator):
            name = node.output
            if name in values and name in expected:
                each.checked += values[name].size
                each.mismatches += int(np.count_nonzero(values[name] != expected[name]))
    report.checked = sum(each.checked for each in report.operators)
    report.mismatches = sum(each.mismatches for each in report.operators)


def show(report: NetworkReport, out: Console, *, operators: bool = False):
    """Print a summary, and with `operators` a table of all operators."""
    if operators:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for head in ("", "operator", "output", "runs on"):
            table.add_column(head)
        for head in ("cycles", "MACs", "utilisation", "compared", "wrong"):
            table.add_column(head, justify="right")
        for each in report.operators:
            cells = (str(each.operator.index), each.operator.type, short(each.operator.name), each.on)
            counts = [f"{n:,}" if n else "" for n in (each.cycles, each.macs)]
            share = f"{report.utilisation(each.macs, each.cycles):.1%}" if each.macs and each.cycles else ""
            table.add_row(*map(escape, (*cells, *counts, share, f"{each.checked:,}", f"{each.mismatches:,}")))
        out.print(table)
    if report.checked:
        verdict = "[red]FAILED[/]" if report.mismatches else "[green]passed[/]"
        what = "NumPy" if report.reference == "numpy" else report.reference
        out.print(f"{verdict}  {report.checked:,} values compared with {escape(what)}, {report.mismatches:,} wrong")
    else:
        out.print("done    nothing was compared")
    for line in _summary(report):
        out.print(f"        {line}", markup=False)


def _summary(report: NetworkReport) -> Iterator[str]:
    """Lines about the cost of a run."""
    model, name = report.model, report.model.accelerator.name
    if programs := len(model.jobs):
        share = report.utilisation(report.macs, report.cycles)
        yield (
            f"{report.cycles:,} cycles per input on {name} {model.executor.place}, "
            f"in {_count(programs, 'program')}; {report.macs:,} MACs: {share:.1%} of the {report.peak} MACs per cycle"
        )
    else:
        yield f"no program: nothing runs on {name}"
    host = [each for each in report.operators if each.on == HOST and each.operator.nodes]
    if host:
        types = ", ".join(dict.fromkeys(each.operator.type for each in host))
        macs = sum(each.macs for each in host)
        share = f" with {macs:,} MACs" if macs else ""
        yield f"{len(host)} of {_count(len(report.operators), 'operator')} on the host{share}: {types}"
    if programs:
        read, written = report.bytes("read_beats"), report.bytes("write_beats")
        yield f"DRAM: {read:,} bytes read, {written:,} bytes written"
    yield f"{_count(report.inputs, 'input')}, {report.seconds:.1f} s"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
