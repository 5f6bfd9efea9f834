"""Random requests: every kind occurs, and every damage changes the frame."""

import numpy as np

from systola.sim.golden.frames import unframe
from systola.sim.golden.link import request
from systola.sim.stimulus.link import DAMAGES, MEMORY, REGISTERS, damaged, random_cases

PARAMETERS = {"memory_width": 32, "register_width": 16}


def test_every_kind_occurs():
    cases = random_cases(PARAMETERS, 80, 1)
    contents = [unframe(text) for case in cases for text in case.received.split(b"\0") if text]
    requests = [content for content in contents if content]
    assert {content[1] for content in requests} >= {0, 1, 2, 3, 4, 5}
    assert {content[2] for content in requests} >= {0, 1, 64, 65}
    assert None in contents
    assert any(case.idle_free for case in cases)
    assert not all(case.idle_free for case in cases)


def test_cases_depend_on_the_seed():
    assert random_cases(PARAMETERS, 5, 3) == random_cases(PARAMETERS, 5, 3) != random_cases(PARAMETERS, 5, 4)


def test_damage():
    rng, frame = np.random.default_rng(1), request(3, 0, 64, 2)
    for kind in DAMAGES:
        assert len({damaged(frame, rng, kind) for _ in range(100)} - {frame}) >= 10, kind


def test_the_windows_cover_their_address_spaces():
    cases = random_cases(PARAMETERS, 40, 1)
    for size, width, bases in (
        (MEMORY, 32, {case.base for case in cases}),
        (REGISTERS, 16, {case.registers for case in cases}),
    ):
        assert not any(base % size for base in bases)
        assert {0, 2**width - size} <= bases
        for bit in range(size.bit_length() - 1, width):
            assert {base >> bit & 1 for base in bases} == {0, 1}


def test_a_window_larger_than_its_address_space_begins_at_0():
    cases = random_cases({"memory_width": 12, "register_width": 3}, 10, 1)
    assert {(case.base, case.registers) for case in cases} == {(0, 0)}
