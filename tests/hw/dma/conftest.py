"""Descriptors for tests of the DMA engine's parts."""

import pytest

from systola.sim.golden import dma


def _words(d: dma.Descriptor, p) -> dict:
    words = {name: getattr(d, name) for name in ("store", "bus_addr", "local_addr", "size", "wait", "tag")}
    for axis in range(p.dims):
        names = ["count", "bus_stride", "local_stride", *(["before", "after"] if p.padding else [])]
        words |= {f"{name}{axis}": getattr(d, name)[axis] for name in names}
    if p.fill:
        words["fill"] = d.fill
    if p.values:
        words["value"] = d.value
    return words


@pytest.fixture
def words():
    """The fields of a descriptor, as an engine with parameters `p` receives them."""
    return _words


@pytest.fixture
def checked():
    """The same, with the results of `DescriptorCheck`."""

    def fields(d, p):
        dense = d.bus_stride[0] == 1 << d.size, d.local_stride[0] == 1 << d.size
        rows = (dense[0] or (d.fill and not d.store)) and (dense[1] or (d.fill and d.store))
        turn = p.scatter and dma.turns(d) and not (d.before[0] or d.after[0])
        return _words(d, p) | {"rows": rows, "turn": turn}

    return fields
