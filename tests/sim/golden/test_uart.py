"""Golden UART: reads its own frames, at any rate within the tolerance."""

import pytest

from systola.sim.golden.uart import bits, decode


def levels(text: bytes, period: float) -> list[int]:
    wire = [1, 1]
    for byte in text:
        wire += [bits(byte)[min(9, int(cycle / period))] for cycle in range(round(10 * period))]
    return wire + [1] * 20


@pytest.mark.parametrize("period", [11.6, 12, 12.4])
def test_bytes_survive(period):
    text = bytes([0, 255, 0x55, 0xAA, 1, 128])
    assert bytes(byte for byte, _ in decode(levels(text, period), 12)) == text


def test_spikes_and_bytes_without_a_stop_bit_are_ignored():
    assert decode([1] * 20 + [0] * 3 + [1] * 200, 12) == []
    assert decode([1] + [0] * 120 + [1] * 200, 12) == []
