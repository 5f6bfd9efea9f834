"""Random requests: every kind occurs, and every damage changes the frame."""

import numpy as np

from systola.sim.golden.frames import unframe
from systola.sim.golden.link import request
from systola.sim.stimulus.link import damaged, random_cases


def test_every_kind_occurs():
    cases = random_cases({}, 80, 1)
    contents = [unframe(text) for case in cases for text in case.received.split(b"\0") if text]
    requests = [content for content in contents if content]
    assert {content[1] for content in requests} >= {0, 1, 2, 3, 4, 5}
    assert {content[2] for content in requests} >= {0, 1, 64, 65}
    assert None in contents
    assert any(case.idle_free for case in cases)
    assert not all(case.idle_free for case in cases)


def test_cases_depend_on_the_seed():
    assert random_cases({}, 5, 3) == random_cases({}, 5, 3) != random_cases({}, 5, 4)


def test_damage():
    rng, frame = np.random.default_rng(1), request(3, 0, 64, 2)
    assert len({damaged(frame, rng) for _ in range(100)} - {frame}) > 50
