"""Helpers of the measurements: simulations whose results must all be correct."""

from ...hw.component import Component
from ...sim.runner.job import Outcome
from ...sim.runner.simulate import simulate
from ..verilog.verilog import Design, generate


class WrongResults(Exception):
    """Results of a simulation differ from the golden model, so that its measurement is not valid."""


def simulated(name: str, component: Component, cases: list) -> Outcome:
    """Run `cases` on the generated Verilog of a component; return the outcome. Raises `WrongResults`."""
    return checked(generate(name, component), cases)[0]


def checked(design: Design, cases: list, *, keep: bool = False) -> tuple[Outcome, list]:
    """Run `cases` on a design; return the outcome and, with `keep`, the results. Raises `WrongResults`."""
    outcome, results = simulate(design, cases, keep=keep)
    if outcome.mismatches:
        raise WrongResults(f"{design.name}: {outcome.mismatches} results are wrong: {outcome.examples[0]}")
    if not outcome.checked:
        raise WrongResults(f"{design.name}: no result was compared.")
    return outcome, results
