"""Words of one width as words of another: the same bits in the same order."""

import random

import pytest

from systola.hw.stream.resize import StreamResize


def joined(words, width):
    return sum(word << width * n for n, word in enumerate(words))


@pytest.mark.parametrize(("i", "o"), [(8, 32), (32, 8), (16, 16), (24, 8)])
@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_bits_keep_their_order(exchange, i, o, pause):
    rng = random.Random(i)
    total = 24 * max(i, o)
    words = [rng.getrandbits(i) for _ in range(total // i)]
    beats = exchange(
        StreamResize(i_width=i, o_width=o), {"i": [{"value": word} for word in words]}, {"o": total // o}, pause=pause
    )
    assert joined([fields["value"] for _, fields in beats["o"]], o) == joined(words, i)


def test_the_narrow_side_waits_only_for_the_wide_one(exchange):
    beats = exchange(StreamResize(i_width=32, o_width=8), {"i": [{"value": 0}] * 10}, {"o": 40})
    assert beats["o"][-1][0] - beats["o"][0][0] == 10 * 5 - 2
