"""Reader: the word of each address, with the tag of its request."""

import random

import pytest

from systola.hw.bundle import Bundle
from systola.hw.memory.reader import Reader


@pytest.mark.parametrize("pause", [0.0, 0.3, 0.7])
def test_words_and_tags_stay_together(exchange, pause):
    rng = random.Random(3)
    requested = [{"addr": rng.randrange(64), "tag": {"mark": rng.randrange(32)}} for _ in range(200)]
    responses = []

    def memory(name, fields):
        if name == "req":
            assert not fields["write"]
            responses.append({"data": fields["addr"] * 3})

    reader = Reader(addr_width=6, width=8, tag=Bundle({"mark": 5}))
    beats = exchange(
        reader, {"i": requested, "rsp": responses}, {"o": len(requested), "req": None}, pause=pause, react=memory
    )
    assert [fields for _, fields in beats["o"]] == [{"data": 3 * a["addr"], "tag": a["tag"]} for a in requested]
