"""Flits and beats of packets, by hand."""

from systola.sim.golden.network_interface import OWN, TOO_LONG, UNREACHABLE, beats, flits, rejection


def test_the_low_bits_are_sent_first():
    assert flits([0x4321, 0x8765], 4, 4) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert beats([1, 2, 3, 4, 5], 4, 4) == [0x4321, 0x0005]
    assert beats(flits([7, 9, 300], 3, 3), 3, 3) == [7, 9, 300]


def test_rejected_packets():
    assert rejection(1, 4, 2, 1, [0]) == OWN
    assert rejection(1, 3, 2, 3, [0]) == UNREACHABLE
    assert rejection(1, 4, 2, 0, [0, 0, 0]) == TOO_LONG
    assert rejection(1, 4, 2, 0, [0, 0]) is None
