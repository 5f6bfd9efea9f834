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


@pytest.mark.parametrize("low", [1, 50, 108, 120, 744])
def test_a_byte_starts_with_a_falling_edge(low):
    """A wire that is low from reset on, or after a break, yields nothing until it has been high."""
    byte = levels(b"q", 12)
    assert [value for value, _ in decode([0] * low + byte, 12)] == [0x71]
    after = {108: [0, 0x71]}.get(low, [0x71])  # nine bits of zero and a high line are the byte 0
    if low >= 108:
        assert [value for value, _ in decode([1] + [0] * low + [1] * 12 + byte, 12)] == after
