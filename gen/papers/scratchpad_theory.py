"""Claims of queueing theory about banked memories (D. P. Bhandarkar, IEEE Transactions on Computers, 1975)."""

from functools import cache, partial

import numpy as np

from ...hw.memory.scratchpad import Scratchpad
from ...sim.golden.scratchpad import ScratchpadRequest, expected_rate
from ...sim.stimulus.scratchpad import ScratchpadCase, stride, uniform
from ..verilog.verilog import generate
from .claim import Claim
from .measuring import checked

SIDE = 4
"""Number of ports and number of banks."""
LENGTH, FEW = 5000, 500
"""Number of reads per port: with random addresses, and with regular patterns."""
WARM_UP = 100
PATTERNS = ("uniform random", "one word after the other", "one bank")


@cache
def rates() -> dict[str, float]:
    """Accesses per cycle on RTL while all ports have requests, by pattern; every word is compared."""
    component = Scratchpad(ports=SIDE, banks=SIDE, width=32, depth=2048, counters=0)
    design = generate("scratchpad", component)
    p = design.parameters
    ahead = stride(p, FEW)
    same = ScratchpadCase(
        {
            port: [ScratchpadRequest(request.addr * SIDE % p["depth"]) for request in requests]
            for port, requests in ahead.requests.items()
        }
    )
    cases = [uniform(p, np.random.default_rng(7), LENGTH, kind="reads"), ahead, same]
    _, results = checked(design, cases, keep=True)
    return {
        pattern: _rate([cycles for _, cycles in result.values()])
        for pattern, result in zip(PATTERNS, results, strict=True)
    }


def _rate(ports: list[list[int]]) -> float:
    """Responses per cycle from the time when all ports are active until the first port has its last response."""
    begin, end = max(cycles[0] for cycles in ports) + WARM_UP, min(cycles[-1] for cycles in ports)
    return sum(begin <= cycle < end for cycles in ports for cycle in cycles) / (end - begin)


CLAIMS = tuple(
    Claim(
        paper="scratchpad_theory",
        text=f"Accesses per cycle of {SIDE} ports to {SIDE} banks, {pattern}: {rate:.4g}.",
        published=rate,
        unit="accesses/cycle",
        stated=f"{rate:.4g} ({how})",
        band=(rate * (1 - width), rate * (1 + width)),
        reason=reason,
        measure=partial(lambda pattern: rates()[pattern], pattern),
    )
    for pattern, rate, width, how, reason in (
        (
            PATTERNS[0],
            expected_rate(SIDE, SIDE),
            0.01,
            "Markov chain over the occupancy of the banks",
            f"{LENGTH:,} random reads per port have a standard error of about 0.3 %: three of them to each side.",
        ),
        (PATTERNS[1], float(SIDE), 0.0, "no conflict after the first cycles", "A count of cycles: it must be exact."),
        (PATTERNS[2], 1.0, 0.0, "a bank serves one access per cycle", "A count of cycles: it must be exact."),
    )
)
