"""Stimulus of parallel scratchpads: random accesses."""

from ..golden.split_scratchpad import parts
from .scratchpad import ScratchpadCase
from .scratchpad import random_cases as accesses


def random_cases(parameters: dict, count: int, seed: int, *, length: int = 40) -> list[ScratchpadCase]:
    """Seeded random accesses: in each case all parts are busy, each with independent accesses."""
    each = {
        name: accesses(part, count, seed + number, length=length)
        for number, (name, part) in enumerate(parts(parameters).items())
    }
    cases = []
    for together in zip(*each.values(), strict=True):
        requests = {
            port.replace("port", name, 1): requests
            for name, case in zip(each, together, strict=True)
            for port, requests in case.requests.items()
        }
        gap, stall = (max(getattr(case, pause) for case in together) for pause in ("gap", "stall"))
        cases.append(ScratchpadCase(requests, gap, stall, together[0].seed))
    return cases
