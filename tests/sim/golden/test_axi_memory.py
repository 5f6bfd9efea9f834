"""The golden memory keeps each byte of a burst at its AXI4 address, and nothing of a burst that is illegal."""

import pytest

from systola.sim.golden.axi_memory import DECERR, FIXED, INCR, OKAY, RESERVED, SLVERR, WRAP, AxiMemory, beats, legal


def starts(*burst) -> list[int]:
    return [beat.start for beat in beats(*burst)]


def test_addresses():
    assert starts(0x38, 3, 4, WRAP) == [0x38, 0x20, 0x28, 0x30]
    assert starts(0x38, 3, 4, INCR) == [0x38, 0x40, 0x48, 0x50]
    assert starts(0x34, 2, 4, WRAP) == [0x34, 0x38, 0x3C, 0x30]
    assert starts(0x3, 0, 2, WRAP) == [3, 2]
    assert starts(0x30, 2, 4, WRAP) == [0x30, 0x34, 0x38, 0x3C]
    assert starts(0x3F, 3, 3, FIXED) == [0x3F] * 3
    assert beats(0x3A, 2, 3, INCR) == [range(0x3A, 0x3C), range(0x3C, 0x40), range(0x40, 0x44)]
    assert beats(0x3A, 2, 2, FIXED) == [range(0x3A, 0x3C)] * 2


@pytest.mark.parametrize(
    ("burst", "expected"),
    [
        ((0, 3, 256, INCR), True),
        ((4096 - 8, 3, 1, INCR), True),
        ((4096 - 8, 3, 2, INCR), False),
        ((4096 - 1, 3, 2, INCR), False),
        ((4096 - 8, 3, 16, WRAP), True),
        ((0, 3, 16, WRAP), True),
        ((4, 3, 4, WRAP), False),
        ((0, 3, 1, WRAP), False),
        ((0, 3, 3, WRAP), False),
        ((0, 3, 32, WRAP), False),
        ((4096 - 1, 3, 16, FIXED), True),
        ((0, 3, 17, FIXED), False),
        ((0, 4, 1, INCR), False),
        ((0, 3, 1, RESERVED), False),
    ],
)
def test_legal_bursts(burst, expected):
    assert legal(*burst, 8) == expected


def test_memory():
    memory = AxiMemory(4096, 4)
    assert memory.read(0, 2, 1, INCR) == ([dict.fromkeys(range(4), 0)], OKAY)
    assert memory.write(4090, 2, INCR, [0x44332211, 0x88776655], [0xF, 0x6]) == OKAY
    assert memory.bytes[4088:] == bytes([0, 0, 0x33, 0x44, 0, 0x66, 0x77, 0])
    assert memory.read(4090, 2, 2, INCR) == ([{2: 0x33, 3: 0x44}, {0: 0, 1: 0x66, 2: 0x77, 3: 0}], OKAY)
    assert memory.write(1, 0, FIXED, [0x1100, 0x2200], [2, 2]) == OKAY
    assert memory.bytes[:3] == bytes([0, 0x22, 0])
    kept = bytes(memory.bytes)
    assert memory.write(4096, 2, INCR, [1], [15]) == DECERR
    assert memory.write(0, 2, RESERVED, [1], [15]) == SLVERR
    assert memory.read(0, 3, 1, INCR) == ([{}], SLVERR)
    assert memory.bytes == kept
