"""Beats at a memory of wide words: data survive, and neighbouring beats share an access."""

import random

import pytest

from systola.hw.memory.width_adapter import ReadDownsizer, WriteUpsizer

PARTS, WIDTH = 4, 16


def _runs(rng, count):
    """Addresses of beats: runs of neighbours, and jumps."""
    addrs = []
    while len(addrs) < count:
        start = rng.randrange(64)
        addrs += [(start + n) % 64 for n in range(rng.choice([1, 2, 4, 9]))]
    return addrs[:count]


@pytest.mark.parametrize("pause", [0.0, 0.3, 0.7])
def test_written_beats_reach_a_memory_of_words(exchange, pause):
    rng = random.Random(1)
    beats = [
        {"addr": addr, "write": 1, "data": rng.randrange(1 << WIDTH), "strobe": rng.randrange(4)}
        for addr in _runs(rng, 300)
    ]
    expected, memory = [0] * 128, [0] * 128  # bytes
    for beat in beats:
        _write(expected, 2, beat)
    parts = WriteUpsizer(addr_width=6, width=WIDTH, parts=PARTS)
    seen = exchange(parts, {"i": beats}, {"o": None}, pause=pause, extra=2500)["o"]
    for _, word in seen:
        assert word["write"]
        _write(memory, 2 * PARTS, word)
    assert memory == expected
    assert len(seen) < len(beats)


def test_whole_words_take_one_access_each(exchange):
    beats = [{"addr": n, "write": 1, "data": n, "strobe": 3} for n in range(64)]
    seen = exchange(WriteUpsizer(addr_width=6, width=WIDTH, parts=PARTS), {"i": beats}, {"o": 16})["o"]
    assert [word["addr"] for _, word in seen] == list(range(16))
    assert seen[-1][0] - seen[0][0] == 15 * PARTS


@pytest.mark.parametrize("pause", [0.0, 0.3, 0.7])
def test_every_beat_receives_its_part(exchange, pause):
    rng = random.Random(2)
    words = [rng.randrange(1 << WIDTH * PARTS) for _ in range(16)]
    requested = [{"addr": addr} for addr in _runs(rng, 300)]
    responses = []

    def memory(name, fields):
        if name == "req":
            assert not fields["write"]
            responses.append({"data": words[fields["addr"]]})

    parts = ReadDownsizer(addr_width=6, width=WIDTH, parts=PARTS)
    seen = exchange(
        parts, {"i": requested, "rsp": responses}, {"o": len(requested), "req": None}, pause=pause, react=memory
    )
    expected = [words[beat["addr"] // PARTS] >> WIDTH * (beat["addr"] % PARTS) & 0xFFFF for beat in requested]
    assert [fields["data"] for _, fields in seen["o"]] == expected
    assert pause or len(responses) < len(requested) * 2 / 3


def _write(memory, size, access):
    for byte in range(size):
        if access["strobe"] >> byte & 1:
            memory[access["addr"] * size + byte] = access["data"] >> 8 * byte & 0xFF
