"""What many tests need: a design through its bench."""

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog.verilog import generate
from systola.sim.runner.simulate import simulate


@pytest.fixture(scope="session")
def check():
    """Generate, run random cases in the bench of that name, insist that everything was right; return the outcome."""

    def run(name: str, *, cases: int = 40, seed: int = 1, **parameters):
        generator = find(name)
        design = generate(name, generator.component(**parameters))
        outcome, _ = simulate(design, generator.cases(design.parameters, cases, seed))
        assert outcome.cases == cases
        assert outcome.checked > 0
        assert outcome.mismatches == 0, outcome.examples
        return outcome

    return run
