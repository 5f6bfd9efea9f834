"""Golden model of networks in cases that can be counted by hand."""

import pytest

from systola.sim.golden.noc import (
    Packet,
    deliveries,
    dropped,
    farthest,
    hops,
    mean_hops,
    nodes,
    slowest,
    sums,
    zero_load,
)


def test_packets_of_a_pair_keep_their_order_and_wrong_ones_are_dropped():
    first, other, second = Packet(1, (7, 8)), Packet(2, (9,)), Packet(1, (5,))
    sent = {0: [first, Packet(0, (1,)), other, Packet(3, (1, 2)), second], 2: [Packet(1, (4,))]}
    arrivals = {(0, 1, False): [first.words, second.words], (0, 2, False): [other.words], (2, 1, False): [(4,)]}
    assert deliveries(sent, 3, 3) == arrivals
    assert [dropped(sent[n], n, 3, 3) for n in (0, 2)] == [2, 0]


def test_packets_to_a_rectangle():
    """Of 3 x 2 nodes, 1 to 5 is the two columns on the right; 2 to 3 ends left of its start."""
    packet = Packet(1, (7, 8), to=5)
    assert deliveries({1: [packet]}, 6, 3) == {(1, node, True): [(7,), (8,)] for node in (2, 4, 5)}
    assert dropped([packet, Packet(2, (7,), to=3), Packet(1, (7,), to=6)], 1, 6, 3) == 2
    assert Packet(4, (7,), to=4).many is False
    assert farthest("torus", 3, 2, 3, packet) == 4  # to node 2: it does not wrap


def test_sums():
    """Two lanes; the upper one overflows. The third packet, to a nonexistent node, is dropped."""
    first, second = (
        Packet(1, (0xFFFF_FFFF_0000_0001, 5), reduce=True),
        Packet(1, (0x0000_0002_0000_0003, 6), reduce=True),
    )
    sent = {0: [first, Packet(1, (9,))], 1: [Packet(0, (8,)), second], 2: [Packet(3, (7,), reduce=True), first]}
    words = [(1, 5), (1, 16)]  # upper lanes: -1 + 2 - 1
    assert sums(sent, 3) == words
    assert deliveries(sent, 3, 3) == {(0, 1, False): [(9,)], (1, 0, False): [(8,)], (1, 1, False): [(5,), (16,)]}
    assert dropped(sent[2], 2, 3, 3) == 1
    assert farthest("torus", 3, 2, 0, Packet(2, (7,), reduce=True)) == 4  # from node 3: it does not wrap
    with pytest.raises(ValueError, match="in different orders"):
        sums(sent | {1: []}, 3)


@pytest.mark.parametrize(
    ("network", "pair", "expected"),
    [
        (("ring", 5, 1), (0, 4), 2),
        (("ring", 5, 1), (0, 2), 3),
        (("mesh", 4, 4), (0, 15), 7),
        (("torus", 4, 4), (0, 15), 3),
        (("torus", 4, 4), (0, 10), 5),
        (("crossbar", 4, 2), (0, 7), 1),
        (("bus", 4, 2), (0, 7), 2),
        (("fat_tree", 2, 3), (0, 1), 1),
        (("fat_tree", 2, 3), (1, 2), 3),
        (("fat_tree", 2, 3), (0, 7), 5),
    ],
)
def test_hops(network, pair, expected):
    assert hops(*network, *pair) == expected


def test_laws():
    assert nodes("fat_tree", 4, 2) == 16
    assert zero_load(3, 2, 5) == 11  # 3 routers of 2 cycles; the last of 5 beats
    # k/2 links on average to any node of a 4 x 4 torus, itself included: 32 / 15 to another, and a router at the end
    assert mean_hops("torus", 4, 4) == pytest.approx(32 / 15 + 1)
    assert slowest(10, 3, 1, 4) == 14 * 3 + 3
