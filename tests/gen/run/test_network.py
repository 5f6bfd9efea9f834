"""Reports of networks: comparison with references, and cycles of operators."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from systola.gen.accelerators.registry import find
from systola.gen.importers import read
from systola.gen.run import network
from systola.gen.run.executors import GoldenExecutor
from systola.gen.run.model import Model

from ..importers.files import file
from .networks import imported, inputs, two_programs

SYSTOLA = find("systola")
SMALL = SYSTOLA.preset("small")


class Wrong(GoldenExecutor):
    """Machine that returns one wrong value per job."""

    def execute(self, job, inputs, **options):
        results, execution = super().execute(job, inputs, **options)
        value = next(iter(results.values()))
        value.flat[-1] ^= 1
        return results, execution


class Blind(GoldenExecutor):
    """Machine that cannot observe instructions, as a board."""

    def execute(self, job, inputs, **options):
        results, execution = super().execute(job, inputs, **options)
        execution.issued = []
        return results, execution


def run(name="residual", machine=GoldenExecutor, count=2, keep=True, compared=True, on=SYSTOLA):
    found = imported(name)
    model = Model(found, machine(on, on.preset("small")), keep=keep)
    runs = [inputs(name, found, step) for step in range(count)]
    return network.run(model, runs, found.session().run if compared else None, name="numpy" if compared else "none")


def shown(report, **options) -> list[str]:
    out = io.StringIO()
    network.show(report, Console(file=out, width=200), **options)
    return out.getvalue().splitlines()


@pytest.fixture(scope="module")
def report():
    return run()


def test_data(report):
    data = json.loads(json.dumps(report.data()))
    assert (data["network"], data["accelerator"], data["executor"], data["reference"], data["inputs"]) == (
        "residual",
        "systola",
        "model",
        "numpy",
        2,
    )
    assert data["parameters"] == SMALL.model_dump()
    assert data["mismatches"] == 0
    operators = data["operators"]
    assert [each["type"] for each in operators] == ["CONV_2D", "ADD", "MEAN", "FULLY_CONNECTED", "SOFTMAX"]
    assert [each["checked"] for each in operators] == [360, 360, 12, 8, 8]
    for name in ("checked", "mismatches", "cycles"):
        assert data[name] == sum(each[name] for each in operators)
    assert data["macs"] == sum(each["macs"] for each in operators if each["on"] == "systola")
    assert data["utilisation"] == data["macs"] / (data["cycles"] * 16)
    assert operators[0]["utilisation"] == operators[0]["macs"] / (operators[0]["cycles"] * 16) > 0
    assert operators[4] | {"checked": 0} == {
        "name": report.operators[4].operator.name,
        "type": "SOFTMAX",
        "on": "host",
        "cycles": 0,
        "macs": 0,
        "utilisation": 0.0,
        "checked": 0,
        "mismatches": 0,
    }
    (counters,) = [report.counters]
    assert data["dram_read"] == 4 * counters["read_beats"] > 354
    assert data["dram_written"] == 4 * counters["write_beats"] > 0


def test_cycles_are_those_of_one_input(report):
    assert run(count=1).cycles == report.cycles


def test_without_keep_fewer_values_are_compared(report):
    found = run(keep=False)
    assert 0 < found.checked < report.checked
    assert found.mismatches == 0


def test_wrong_values_are_counted():
    found = run(machine=Wrong, count=3)
    first = found.operators[0]
    assert first.mismatches == 3  # one per input
    assert found.mismatches == sum(each.mismatches for each in found.operators) >= 3
    assert shown(found)[0].startswith(f"FAILED  {found.checked:,} values compared with NumPy, {found.mismatches} wrong")


def test_a_machine_that_cannot_observe_instructions():
    found = run(machine=Blind, count=1)
    assert found.cycles > 0
    assert [each.cycles for each in found.operators if each.on == "systola"] == [None] * 4
    assert found.operators[4].cycles == 0
    assert found.data()["operators"][0]["utilisation"] == 0.0
    assert shown(found, operators=True)[1].split()[:6] == [
        "0",
        "CONV_2D",
        found.operators[0].operator.name,
        "systola",
        "9,720",
        "180",
    ]


def test_summary(report):
    lines = shown(report)
    assert lines[0] == f"passed  {report.checked:,} values compared with NumPy, 0 wrong"
    assert lines[1].startswith(
        f"        {report.cycles:,} cycles per input on systola by the cost model, in 1 program; "
    )
    assert lines[2] == "        1 of 5 operators on the host: SOFTMAX"
    assert lines[3].endswith("bytes written")
    assert lines[4] == "        2 inputs, 0.0 s"


def test_nothing_on_the_accelerator_and_nothing_compared():
    found = run(on=find("outer_product"), compared=False, count=1)
    assert (found.cycles, found.macs, found.checked) == (0, 0, 0)
    assert found.data()["utilisation"] == 0.0
    assert shown(found) == [
        "done    nothing was compared",
        "        no program: nothing runs on outer_product",
        "        5 of 5 operators on the host with 9,744 MACs: CONV_2D, ADD, MEAN, FULLY_CONNECTED, SOFTMAX",
        "        1 input, 0.0 s",
    ]


def test_states_are_compared():
    found = run("stream", count=4)
    assert found.mismatches == 0
    assert [each.on for each in found.operators[:3]] == ["none", "none", "host"]
    assert found.checked > 0


def test_names_are_short_and_printed_as_they_are(report):
    lines = shown(report, operators=True)
    assert lines[0].split() == (
        ["operator", "output", "runs", "on", "cycles", "MACs", "utilisation", "compared", "wrong"]
    )
    assert all(len(line) < 150 for line in lines)
    assert len(lines) == 1 + 5 + 5


def test_programs_follow_each_other():
    found = read(file(*two_programs()), "two")
    model = Model(found, GoldenExecutor(SYSTOLA, SMALL))
    assert len(model.jobs) == 2
    x = np.random.default_rng(1).integers(-128, 128, (1, 8), np.int8)
    report = network.run(model, [{"x": x}], found.session().run, trace=True)
    assert (report.checked, report.mismatches) == (5 + 5 + 3, 0)
    assert [each.on for each in report.operators] == ["systola", "host", "systola"]
    assert sum(each.cycles for each in report.operators) == report.cycles
    first = report.operators[0].cycles
    stores = [span for span in report.spans if span.unit == "store"]
    assert min(span.begin for span in stores) < first < max(span.begin for span in stores)
    assert max(span.end for span in report.spans) <= report.cycles
