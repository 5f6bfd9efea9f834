"""Golden memory: keeps written data, and has no contents beyond its end."""

from systola.sim.golden.axi_memory import DECERR, OKAY, AxiMemory


def test_memory():
    memory = AxiMemory(4096)
    assert memory.read(0, 4) == (bytes(4), OKAY)
    assert memory.write(4092, b"abcd") == OKAY
    assert memory.read(4090, 6) == (b"\0\0abcd", OKAY)
    assert memory.write(4096, b"x") == DECERR
    assert memory.read(4096, 1) == (None, DECERR)
