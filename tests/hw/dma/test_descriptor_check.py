"""Descriptor check: rejections with the golden model's reasons, in constant time."""

import itertools
import random

import pytest

from systola.hw.dma.descriptor_check import DescriptorCheck
from systola.sim.golden import dma
from systola.sim.golden.dma import Descriptor, DmaCode

OPTIONS = {"padding": True, "fill": True, "scatter": True}
PARAMETERS = [
    OPTIONS,
    OPTIONS | {"data_width": 16, "dims": 1, "local_bytes": 4},
    OPTIONS | {"data_width": 512, "burst": 64, "addr_width": 16, "dims": 2, "local_bytes": 5056},
    {"data_width": 32, "dims": 3, "local_bytes": 1 << 16},
]


def draw(p, rng: random.Random) -> Descriptor:
    """Any contents of the fields: mostly legal or nearly so, some at the extremes."""
    size = rng.choice([0, 0, 1, rng.randrange(p.lanes + 1), p.lanes, rng.randrange(8)])
    unit = 1 << size
    top = 1 << p.local_width

    def stride(limit):
        return rng.choice(
            [unit, unit, -unit, 0, unit * rng.randrange(-9, 9), rng.randrange(-9, 9), rng.choice([-limit, limit - 1])]
        )

    count = [rng.choice([1, 1, 2, 3, 5, 20, 0, 65535] if rng.random() < 0.3 else [1, 2, 3]) for _ in range(p.dims)]
    pads = p.padding and rng.random() < 0.3
    before, after = ([rng.choice([0, 0, 1, 2, 255]) if pads else 0 for _ in range(p.dims)] for _ in range(2))
    return Descriptor(
        store=rng.random() < 0.4,
        bus_addr=rng.randrange(1 << p.addr_width) // unit * unit + rng.choice([0, 0, 0, 1]) & (1 << p.addr_width) - 1,
        local_addr=rng.choice([0, rng.randrange(top), rng.randrange(top) // unit * unit, max(0, p.local_bytes - unit)]),
        size=size,
        count=count,
        bus_stride=[stride(1 << (p.addr_width - 1)) for _ in range(p.dims)],
        local_stride=[max(-top, min(stride(top), top - 1)) for _ in range(p.dims)],
        fill=p.fill and rng.random() < 0.3,
        value=rng.getrandbits(p.data_width) if p.values else 0,
        before=before,
        after=after,
        wait=rng.random() < 0.5,
        tag=rng.randrange(256),
    )


@pytest.mark.parametrize("pause", [0.0, 0.5])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_verdicts(exchange, words, parameters, pause):
    check = DescriptorCheck(**parameters)
    p = check.p
    rng = random.Random(7)
    descriptors = [draw(p, rng) for _ in range(160)]
    beats = exchange(check, {"i": [words(d, p) for d in descriptors]}, {"o": len(descriptors)}, pause=pause)
    codes = []
    for d, (_, given) in zip(descriptors, beats["o"], strict=True):
        code = dma.check(d, dict(p))
        codes.append(code)
        assert given["code"] == code, d
        box = dict(given["box"])
        rows, turn = box.pop("rows"), box.pop("turn")
        assert box == {name: int(value) for name, value in words(d, p).items()}
        if code == DmaCode.OK:
            dense = d.bus_stride[0] == 1 << d.size, d.local_stride[0] == 1 << d.size
            assert rows == (dense[0 if d.store else 1] if d.fill else all(dense)), d
            assert turn == (p.scatter and dma.turns(d) and not (d.before[0] or d.after[0])), d
    assert set(codes) >= {DmaCode.OK, DmaCode.ZERO_COUNT, DmaCode.LOCAL_RANGE, DmaCode.SIZE}
    if p.padding:
        assert set(codes) >= {DmaCode.UNSUPPORTED, DmaCode.PADDING}
    if not pause:
        starts, ends = ([cycle for cycle, _ in beats[name]] for name in "io")
        assert {b - a for a, b in zip(starts, ends, strict=True)} == {p.dims + 4}
        assert {b - a for a, b in itertools.pairwise(starts)} == {p.dims + 4}


@pytest.mark.parametrize("cycle", range(10))
def test_one_cycle_of_reset_is_sufficient(exchange, words, cycle):
    check = DescriptorCheck(dims=2)
    legal = words(Descriptor(count=(4,), bus_stride=(1,), local_stride=(1,)), check.p)
    exchange(check, {"i": [legal]}, {"o": 1}, reset_at=cycle)
