"""Reads of two masters on one bus."""

import pytest

from systola.hw.bus.axi_mux import ShareReads


@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_each_master_gets_what_it_asked_for(exchange, pause):
    share = ShareReads(data_width=32, addr_width=16)
    asks = {
        f"{name}_ar": [{"addr": n, "len": 0} for n in numbers]
        for name, numbers in (("first", range(0, 50)), ("second", range(1000, 1050)))
    }
    answers = []

    def memory(name, fields):
        if name == "ar":
            assert fields["id"] == (fields["addr"] < 1000)
            answers.append({"id": fields["id"], "data": fields["addr"] + 7, "last": 1})

    outputs = {"ar": 100, "first_r": 50, "second_r": 50}
    beats = exchange(share, asks | {"r": answers}, outputs, pause=pause, react=memory)
    assert [fields["data"] for _, fields in beats["first_r"]] == [7 + n for n in range(50)]
    assert [fields["data"] for _, fields in beats["second_r"]] == [1007 + n for n in range(50)]
    if not pause:  # the first goes before
        assert [fields["id"] for _, fields in beats["ar"]] == [1] * 50 + [0] * 50
