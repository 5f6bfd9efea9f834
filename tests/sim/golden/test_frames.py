"""Golden frames: the definition, by cases of the paper, and detection of any damaged bit or byte."""

import random

from systola.sim.golden.frames import frame, stuff, unframe, unstuff


def test_cases():
    assert stuff(b"") == b"\x01"
    assert stuff(b"\0") == b"\x01\x01"
    assert stuff(b"ab\0c") == b"\x03ab\x02c"
    assert stuff(b"x" * 254) == b"\xff" + b"x" * 254 + b"\x01"
    assert stuff(b"x" * 255) == b"\xff" + b"x" * 254 + b"\x02x"
    assert unstuff(b"\xff" + b"x" * 254) == b"x" * 254  # as other encoders may write it
    assert unstuff(b"\x03a") is None


def test_every_text_survives_and_contains_no_zero():
    rng = random.Random(1)
    for n in range(600):
        text = bytes(rng.choices([0, 1, 255], [1, n, n], k=n))
        assert 0 not in stuff(text)
        assert unstuff(stuff(text)) == text
        assert unframe(frame(text)[:-1]) == text


def test_damage_is_detected():
    text = bytes(range(100))
    whole = frame(text)[:-1]
    for at in range(len(whole)):
        for changed in (
            *(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :] for bit in range(8)),
            whole[:at] + whole[at + 1 :],
            whole[: at + 1] + whole[at:],
        ):
            assert changed == whole or unframe(changed) is None
