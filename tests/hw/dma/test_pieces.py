"""Pieces: the elements in order, in as few pieces as their rows permit."""

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from systola.hw.dma.pieces import PieceGenerator
from systola.sim.golden import dma
from systola.sim.golden.dma import Descriptor

OPTIONS = {"padding": True, "fill": True, "scatter": True}
PARAMETERS = [
    OPTIONS,
    OPTIONS | {"dims": 1, "data_width": 16, "local_bytes": 4000},
    {"dims": 3, "data_width": 512, "burst": 64, "addr_width": 16},
    {"dims": 2, "padding": True},
]


def draw(p, rng: random.Random) -> Descriptor:
    """A box of a few dozen elements; their local addresses do not matter here."""
    size = rng.randrange(p.lanes + 1)
    unit = 1 << size
    count = [rng.choice([1, 1, 2, 3, 4, 6]) for _ in range(p.dims)]
    bus, local = ([unit * rng.randrange(-7, 8) for _ in range(p.dims)] for _ in range(2))
    if rng.random() < 0.6:
        bus[0] = unit
    if rng.random() < 0.6:
        local[0] = unit
    store = rng.random() < 0.3
    fill = p.fill and rng.random() < 0.25
    before, after = [0] * p.dims, [0] * p.dims
    if p.padding and not store and not fill and rng.random() < 0.7:
        for d in range(p.dims):
            before[d] = rng.choice([0, rng.randrange(count[d] + 1)])
            after[d] = rng.choice([0, rng.randrange(count[d] - before[d] + 1), count[d] - before[d]])
    return Descriptor(
        store=store,
        bus_addr=rng.choice([0, 1 << 15, (1 << p.addr_width) - unit]),
        local_addr=unit * rng.randrange(p.local_bytes // unit),
        size=size,
        count=count,
        bus_stride=bus,
        local_stride=local,
        fill=fill,
        value=rng.getrandbits(p.data_width) if p.values else 0,
        before=before,
        after=after,
    )


def elements(pieces: list[dict], size: int) -> list[tuple]:
    """(bus, local, filled) of each element, in the order of the pieces."""
    found = []
    for piece in pieces:
        step = piece["step"] if piece.get("turn") else 1 << size
        steps = range(piece["bytes"] >> size)
        found += [(piece["bus"] + (k << size), piece["local"] + k * step, piece.get("fill", 0)) for k in steps]
    return found


def fewest(d: Descriptor, box: dict) -> int:
    """A row that is one run is one piece, or up to three with padding; otherwise each element is one."""
    rows = int(np.prod(d.count[1:]))
    if box["turn"]:
        return rows
    if not box["rows"]:
        return rows * d.count[0]
    outer = replace(d, before=(0, *d.before[1:]), after=(0, *d.after[1:]))
    inside = int(dma.inside(outer).sum()) // d.count[0]
    parts = (d.before[0], d.count[0] - d.before[0] - d.after[0], d.after[0])
    return rows - inside + inside * sum(part > 0 for part in parts)


@pytest.mark.parametrize("pause", [0.0, 0.4])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_pieces(exchange, checked, parameters, pause):
    generator = PieceGenerator(**parameters)
    p = generator.p
    rng = random.Random(3)
    descriptors = [draw(p, rng) for _ in range(40)]
    descriptors[20] = Descriptor(size=p.lanes, count=(65535,), bus_stride=(p.bytes,), local_stride=(p.bytes,))
    boxes = [checked(d, p) for d in descriptors]
    counts = [fewest(d, box) for d, box in zip(descriptors, boxes, strict=True)]
    beats = exchange(generator, {"i": boxes}, {"o": sum(counts)}, pause=pause)
    given = iter(fields for _, fields in beats["o"])
    cases = 0
    for d, box, count in zip(descriptors, boxes, counts, strict=True):
        pieces = list(itertools.islice(given, count))
        bus, local = dma.addresses(d, p.addr_width)
        filled = ~dma.inside(d) | d.fill
        filled = np.broadcast_to(filled, bus.shape).ravel()
        found = np.array(elements(pieces, d.size), np.int64)
        assert (found[:, 2] == filled).all(), d
        source = ~filled  # without a read, the address of the other side has no meaning
        for column, expected, width, here in (
            (0, bus.astype(np.int64), p.addr_width, True if d.store else source),
            (1, local, p.local_width, source if d.store else True),
        ):
            assert (((found[:, column] - expected.ravel()) % (1 << width) == 0) | ~np.array(here)).all(), d
        assert [piece["last"] for piece in pieces] == [0] * (count - 1) + [1]
        for piece in pieces:
            if p.values:
                assert piece["value"] == d.value
            if p.scatter:
                assert piece["size"] == d.size
                assert piece["turn"] == box["turn"]
        cases += d.padded and not dma.inside(d).any()
    assert cases or not p.padding  # only padding occurs
    if not pause:
        starts, ends = ([cycle for cycle, _ in beats[name]] for name in "io")
        assert ends[0] == starts[0] + 2
        assert ends[-1] - ends[0] + 1 == len(ends)  # and from one descriptor to the next


@pytest.mark.parametrize("cycle", range(8))
def test_one_cycle_of_reset_is_sufficient(exchange, checked, cycle):
    generator = PieceGenerator(padding=True)
    d = Descriptor(count=(5, 2), bus_stride=(1, 9), local_stride=(1, 9), before=(1,), after=(1,))
    exchange(generator, {"i": [checked(d, generator.p)]}, {"o": 1}, pause=0.2, seed=cycle, reset_at=cycle)
