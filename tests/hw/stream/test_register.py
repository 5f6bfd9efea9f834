"""Stream register: every word in order, one per cycle, one cycle later."""

import pytest

from systola.hw.bundle import Bundle
from systola.hw.stream.register import StreamRegister

WORD = Bundle({"n": 8})


@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_every_word_arrives_in_order(through, pause):
    out, cycles = through(StreamRegister(payload=WORD), pause)
    assert out == list(range(50))
    assert pause or cycles == 50 + 1
