"""Burst splitter: bursts cover their runs, are legal AXI, and as few as an aligned split permits."""

import random

import pytest

from systola.hw.bus.axi import BOUNDARY
from systola.hw.dma.burst_splitter import BurstSplitter

PARAMETERS = [
    {},
    {"data_width": 16, "burst": 1, "addr_width": 16},
    {"data_width": 512, "burst": 64, "addr_width": 64},
    {"data_width": 32, "burst": 4},
]


def draw(p, rng: random.Random) -> dict:
    most = min(65535 * p.bytes, 40 * p.burst * p.bytes)
    near = BOUNDARY * rng.randrange(1, (1 << p.addr_width) // BOUNDARY) + rng.randrange(-3 * p.bytes, 3 * p.bytes)
    count = rng.choice([1, 1, p.bytes, p.burst * p.bytes, rng.randrange(1, 4 * p.bytes), rng.randrange(1, most + 1)])
    addr = rng.choice([0, near, near, rng.randrange(1 << p.addr_width), (1 << p.addr_width) - count])
    return {"addr": addr % (1 << p.addr_width), "bytes": count, "last": rng.getrandbits(1)}


def blocks(run: dict, p) -> int:
    """Number of aligned blocks of the longest burst's size in a run."""
    block = p.burst * p.bytes
    return (run["addr"] + run["bytes"] - 1) // block - run["addr"] // block + 1


@pytest.mark.parametrize("pause", [0.0, 0.5])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_bursts(exchange, parameters, pause):
    bursts = BurstSplitter(**parameters)
    p = bursts.p
    rng = random.Random(5)
    runs = [draw(p, rng) for _ in range(120)]
    if p.burst > 4:
        runs[60] = {"addr": p.bytes - 1, "bytes": 65535 * p.bytes, "last": 1}  # 65536 beats
    total = sum(blocks(run, p) for run in runs)
    beats = exchange(bursts, {"i": runs}, {"o": total}, pause=pause)
    given = iter(fields for _, fields in beats["o"])
    for run in runs:
        first, last = run["addr"] // p.bytes, (run["addr"] + run["bytes"] - 1) // p.bytes
        at, count = first, blocks(run, p)
        for number in range(count):
            burst = next(given)
            assert burst["beat"] == at % (1 << (p.addr_width - p.lanes))  # continues at the end of the one before
            length = burst["len"] + 1
            assert length <= p.burst
            assert at * p.bytes // BOUNDARY == ((at + length) * p.bytes - 1) // BOUNDARY
            assert burst["last"] == (run["last"] and number == count - 1)
            at += length
        assert at == last + 1
    if not pause:
        starts, ends = ([cycle for cycle, _ in beats[name]] for name in "io")
        assert ends[0] == starts[0] + 2
        assert ends[-1] - ends[0] + 1 == len(ends)  # and from one run to the next


@pytest.mark.parametrize("cycle", range(6))
def test_one_cycle_of_reset_is_sufficient(exchange, cycle):
    runs = [{"addr": 5, "bytes": 20000}]
    exchange(BurstSplitter(), {"i": runs}, {"o": 1}, pause=0.2, seed=cycle, reset_at=cycle)
