"""Memory traffic of a matrix product: accesses, addresses, and the lost cycles that a split avoids."""

from collections import Counter

import pytest

from systola.sim.golden.scratchpad import Scratchpad
from systola.sim.golden.split_scratchpad import parts
from systola.sim.stimulus.gemm_traffic import split, traffic, unified

WHOLE = {"ports": 4, "banks": 8, "depth": 512}
SPLIT = {
    "data": {"ports": "2", "banks": "2,4,2", "shares": "1,2,1"},
    "function": {"ports": "3,2,1", "banks": "4,2,2", "shares": "2,1,1"},
    "stage": {"ports": "3,2", "banks": "4", "shares": "1,1"},
}


def _trace():
    return traffic(16, 16, 8, rows=8, cols=4, width=32)


def _lost(part, requests):
    pad = Scratchpad(part["ports"], part["banks"], part["depth"])
    return sum(trace.waits for trace in pad.run(requests))


def test_the_trace():
    trace = _trace()
    assert trace.words == {"input": 2 * 32, "weight": 2 * 32, "output": 2 * 32}
    assert [len(trace.array[region]) for region in trace.words] == [
        64,
        32,
        64,
    ]  # 4 tiles: 16 rows, 8 weights, 16 results
    assert Counter(r.addr for r in trace.array["input"]) == dict.fromkeys(range(32), 2)
    assert Counter(r.addr for r in trace.array["output"]) == dict.fromkeys(range(32), 2)
    for region in trace.words:
        assert not {r.addr for r in trace.array[region]} & {r.addr for r in trace.dma[region]}
        assert all(r.addr < trace.words[region] for r in trace.array[region] + trace.dma[region])


@pytest.mark.parametrize("by", SPLIT)
def test_the_accesses_do_not_depend_on_the_split(by):
    parameters = {"by": by, "depth": 512} | SPLIT[by]
    apart, whole = split(parameters, _trace()).requests, unified(WHOLE, _trace()).requests
    assert set(apart) == {f"{name}{i}" for name, part in parts(parameters).items() for i in range(part["ports"])}
    for requests in (apart, whole):
        assert sum(map(len, requests.values())) == 64 + 32 + 64 + 3 * 32
    assert Counter((r.write, r.data) for port in apart.values() for r in port) == Counter(
        (r.write, r.data) for port in whole.values() for r in port
    )


def test_a_split_by_data_loses_the_fewest_cycles():
    lost = {"whole": _lost(WHOLE, list(unified(WHOLE, _trace()).requests.values()))}
    for by, sizes in SPLIT.items():
        parameters = {"by": by, "depth": 512} | sizes
        requests = split(parameters, _trace()).requests
        lost[by] = sum(
            _lost(part, [requests[f"{name}{i}"] for i in range(part["ports"])])
            for name, part in parts(parameters).items()
        )
    print(lost)
    assert lost["data"] == min(lost.values())


def test_a_product_that_does_not_fit():
    with pytest.raises(ValueError, match="input, weight, output need 192 words, and port has 128"):
        unified(WHOLE | {"depth": 128}, _trace())
