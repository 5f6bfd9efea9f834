"""Specified traffic of sources: rates, destinations, lengths."""

import numpy as np

from systola.sim.golden.noc_traffic import TrafficSettings, following, offered, seeds

TORUS = ("torus", 4, 4)


def test_random_numbers_equal_those_of_marsaglia():
    state = 1
    for _ in range(3):
        state ^= state << 13 & (1 << 64) - 1
        state ^= state >> 7
        state ^= state << 17 & (1 << 64) - 1
    random = np.array([1], np.uint64)
    for _ in range(3):
        random = following(random)
    assert int(random[0]) == state
    assert len(set(seeds(64, 7).tolist())) == 64


def test_rates_and_destinations():
    made = offered(TORUS, 3, TrafficSettings(load=1 << 14, length=4, vary=1), 64, 2064)
    assert abs(len(made.cycle) / 2000 / 16 - 0.25) < 0.01
    assert (made.cycle >= 64).all()
    assert (made.source != made.dest).all()
    counts = np.bincount(made.dest, minlength=16) / len(made.dest)
    assert abs(counts - 1 / 16).max() < 0.01
    assert set(made.flits) == {1, 2, 3, 4}


def test_patterns_backgrounds_and_wrong_destinations():
    tornado = offered(TORUS, 3, TrafficSettings(pattern=1, load=1 << 16, length=2), 64, 100)
    assert len(tornado.cycle) == 36 * 16
    assert set(tornado.flits) == {2}
    x, to = tornado.source % 4, tornado.dest % 4
    assert ((to - x) % 4 == 1).all()
    mixed = offered(TORUS, 3, TrafficSettings(pattern=1, load=1 << 16, background=64, bad=26), 64, 564)
    bad = (mixed.source == mixed.dest).mean()
    assert abs(bad - 26 / 256) < 0.02
