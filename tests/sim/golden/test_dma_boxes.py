"""Descriptors of common transfers against NumPy views of the same memories; rows that coalesce."""

from dataclasses import replace

import numpy as np
import pytest

from systola.sim.golden import dma, dma_boxes
from systola.sim.golden.dma import Descriptor, DmaStatus

PARAMETERS = {
    "data_width": 64,
    "addr_width": 32,
    "local_bytes": 512,
    "dims": 4,
    "padding": True,
    "fill": True,
    "scatter": False,
}


def memories(seed=1, dram=4096, local=512):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, dram, np.uint8), rng.integers(0, 256, local, np.uint8)


def test_contiguous_and_rows():
    dram, local = memories(dram=4096)
    dma.run([dma_boxes.contiguous(101, 33, 300)], dram, local, PARAMETERS)
    assert (local[33:333] == dram[101:401]).all()
    dma.run([dma_boxes.rows(64, 3, 5, 17, 100, 20, store=True)], dram, local, PARAMETERS)
    for row in range(5):
        assert (dram[64 + 100 * row :][:17] == local[3 + 20 * row :][:17]).all()
    assert dma_boxes.contiguous(0, 0, 1 << 20).count == (1 << 15, 32, 1, 1)
    with pytest.raises(ValueError, match="two parts"):
        dma_boxes.contiguous(0, 0, 65537 * 3)


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_transposes(size):
    dtype = np.dtype(f"u{1 << size}")
    dram, local = memories()
    matrix = dram[64 : 64 + 6 * 5 * dtype.itemsize].view(dtype).reshape(6, 5)
    d = dma_boxes.transpose(64, 8, 6, 5, size=size)
    assert dma.turns(d)
    for scatter in (False, True):
        target = local.copy()
        assert dma.run([d], dram, target, PARAMETERS | {"scatter": scatter}).statuses == [DmaStatus(0)]
        assert (target[8 : 8 + matrix.nbytes].view(dtype).reshape(5, 6) == matrix.T).all()
        assert (target[8 + matrix.nbytes :] == local[8 + matrix.nbytes :]).all()


def test_an_image_is_one_descriptor():
    shape = (224, 224, 3)
    bytes = 224 * 224 * 3
    parameters = PARAMETERS | {"local_bytes": 1 << 18}
    dram, local = memories(dram=1 << 18, local=1 << 18)
    d = dma_boxes.image(1000, 24, *shape)
    assert dma.run([d], dram, local, parameters).statuses == [DmaStatus(0)]
    assert (local[24 : 24 + bytes] == dram[1000 : 1000 + bytes]).all()
    assert dma.beats(dma_boxes.image(1024, 0, *shape), 8) == bytes // 8
    narrow = dma_boxes.image(1000, 24, *shape, halo=1, padding_limit=2)
    wide = dma_boxes.image(1000, 24, *shape, halo=1)
    assert wide.count[:2] == (226 * 3, 226)
    assert narrow.count[:3] == (3, 226, 226)
    for d in (narrow, wide):
        local[:] = 7
        assert dma.run([replace(d, value=0x5555555555555555)], dram, local, parameters).statuses == [DmaStatus(0)]
        framed = local[24 : 24 + 226 * 226 * 3].reshape(226, 226, 3)
        assert (framed[1:-1, 1:-1] == dram[1000 : 1000 + bytes].reshape(shape)).all()
        framed[1:-1, 1:-1] = 0x55
        assert (framed == 0x55).all()
        assert (local[:24] == 7).all()


def test_a_halo_can_begin_before_address_zero():
    dram, local = memories()
    d = dma_boxes.image(0, 0, 4, 5, 2, size=1, halo=2, bus_row=64, local_row=40)
    assert d.bus_addr > 1 << 31
    assert dma.run([d], dram, local, PARAMETERS).statuses == [DmaStatus(0)]
    framed = local[: 8 * 40].view(np.uint16).reshape(8, 20)[:, :18].reshape(8, 9, 2)
    picture = dram[: 4 * 64].view(np.uint16).reshape(4, 32)[:, :10].reshape(4, 5, 2)
    assert (framed == np.pad(picture, ((2, 2), (2, 2), (0, 0)))).all()


def test_coalescing_produces_long_rows():
    assert dma_boxes.coalesce(dma_boxes.rows(0, 0, 10, 32, 32, 32)) == dma_boxes.rows(0, 0, 1, 320, 0, 0)
    ones = Descriptor(count=(1, 7, 1, 3), bus_stride=(5, 1, 9, 7), local_stride=(5, 1, 9, 7))
    assert dma_boxes.coalesce(ones).count == (21, 1, 1, 1)
    for still in (
        dma_boxes.rows(0, 0, 10, 32, 33, 32),
        dma_boxes.rows(0, 0, 10, 32, 32, 33),
        dma_boxes.rows(0, 0, 1000, 66, 66, 66),  # more than the range of a count
        dma_boxes.rows(0, 0, 10, 32, 32, 32, before=(1,)),
        dma_boxes.rows(0, 0, 10, 32, 32, 32, after=(0, 1)),
        dma_boxes.rows(0, 0, 0, 32, 32, 32),
    ):
        assert dma_boxes.coalesce(still) == still
