"""Helpers of the measurements: a simulation whose results must all be right."""

from ...hw.component import Component
from ...sim.runner.job import Outcome
from ...sim.runner.simulate import simulate
from ..verilog.verilog import Design, generate


class WrongResults(Exception):
    """A simulation with results that differ from the golden model: it measures nothing."""


def simulated(name: str, component: Component, cases: list) -> Outcome:
    """Run `cases` on the generated Verilog of a component. Raises `WrongResults`."""
    return checked(generate(name, component), cases)[0]


def checked(design: Design, cases: list, *, keep: bool = False) -> tuple[Outcome, list]:
    """Run `cases` on a design: what was counted and, with `keep`, the results. Raises `WrongResults`."""
    outcome, results = simulate(design, cases, keep=keep)
    if outcome.mismatches:
        raise WrongResults(f"{design.name}: {outcome.mismatches} results are wrong: {outcome.examples[0]}")
    if not outcome.checked:
        raise WrongResults(f"{design.name}: no result was compared.")
    return outcome, results
