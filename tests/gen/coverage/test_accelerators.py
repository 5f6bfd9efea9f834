"""Coverage of every installed accelerator, at its `small` preset: branches, and declarations of unreachable ones."""

import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.coverage.measure import measure
from systola.gen.coverage.report import report
from systola.gen.generators import find

LEAST = 98.0
CASES = 40


@pytest.mark.slow
@pytest.mark.parametrize("name", accelerators())
def test_branches_are_covered(name):
    """Every declared branch exists and was not executed; of the others, at least 98 % were."""
    accelerator, generator = accelerators()[name], find(name)
    design = generator.design(sources=True, **dict(accelerator.preset("small")))
    cases = [*generator.cases(design.parameters, CASES, 1), *generator.directed_cases(design.parameters, 1)]
    measured = measure(design, cases)
    assert measured.outcome.mismatches == 0, measured.outcome.examples
    assert measured.interrupted.mismatches == 0, measured.interrupted.examples
    found = report(design, measured.counts, accelerator.unreachable)
    assert found.wrong == []
    assert {entry.reason for entry in accelerator.unreachable} <= {branch.reason for branch in found.excluded}
    assert found.total("branches").percent >= LEAST, found.uncovered
