"""Sizes that follow from a core's parameters."""

from systola.hw.cores.systola.parameters import SystolaParameters


def test_sizes():
    p = SystolaParameters.check(size=8, activation_bytes=4096, weight_bytes=2048, data_width=32)
    assert (p.word, p.activation_words, p.weight_words) == (64, 512, 256)
    assert p.dma.local_bytes == 6144
    assert (p.dma.padding, p.dma.burst) == (True, 256)
    assert (p.stores.local_bytes, p.stores.padding) == (4096, False)
