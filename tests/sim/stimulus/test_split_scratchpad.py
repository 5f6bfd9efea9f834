"""Random accesses to a split scratchpad: all parts are used, and each port accesses its part."""

from systola.hw.memory.split_scratchpad import SplitScratchpad
from systola.sim.golden.split_scratchpad import parts
from systola.sim.stimulus.split_scratchpad import random_cases


def test_every_part_is_used():
    for by in ("stage", "function"):
        parameters = SplitScratchpad.Parameters.check(by=by).model_dump()
        expected = {f"{name}{port}" for name, part in parts(parameters).items() for port in range(part["ports"])}
        cases = random_cases(parameters, 6, 1, length=10)
        assert len(cases) == 6
        for case in cases:
            assert set(case.requests) == expected
            assert any(case.requests.values())
        assert [case.requests for case in random_cases(parameters, 6, 1, length=10)] == [c.requests for c in cases]
        assert [case.requests for case in random_cases(parameters, 6, 2, length=10)] != [c.requests for c in cases]
