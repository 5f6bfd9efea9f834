"""Golden scratchpad: by hand, by its bound on waiting, and by the rate of the Markov chain."""

import numpy as np
import pytest

from systola.sim.golden.scratchpad import Scratchpad, ScratchpadRequest, expected_rate


def test_two_ports_at_one_bank_alternate():
    pad = Scratchpad(2, 2, 8)
    pad.memory[:] = range(10, 18)
    first, second = pad.run(
        [
            [ScratchpadRequest(0), ScratchpadRequest(2), ScratchpadRequest(4)],
            [ScratchpadRequest(6), ScratchpadRequest(1)],
        ]
    )
    assert first.accepted == [0, 1, 3]
    assert first.served == [1, 3, 4]  # port 1 is granted in cycle 2
    assert first.responded == [2, 4, 5]
    assert first.words == [10, 12, 14]
    assert first.waits == 1
    assert second.served == [2, 3]
    assert second.words == [16, 11]
    assert second.waits == 1


def test_writes_change_only_the_bytes_of_their_strobe():
    pad = Scratchpad(1, 2, 6, interleave="low")
    requests = [
        ScratchpadRequest(5, True, 0x1234, 0b11),
        ScratchpadRequest(5, True, 0xABCD, 0b10),
        ScratchpadRequest(5),
        ScratchpadRequest(7, True, 9, 3),
    ]
    (trace,) = pad.run([[*requests, ScratchpadRequest(7)]])
    assert trace.words == [0xAB34, 0]
    assert pad.memory == [0, 0, 0, 0, 0, 0xAB34]


@pytest.mark.parametrize(
    ("interleave", "banks"),
    [("low", [0, 1, 2, 3, 0, 1, 2, 3]), ("xor", [0, 1, 2, 3, 1, 0, 3, 2]), ("block", [0, 0, 1, 1, 2, 2, 3, 3])],
)
def test_banks(interleave, banks):
    pad = Scratchpad(1, 4, 8, interleave=interleave)
    assert [pad.bank(addr) for addr in range(8)] == banks


def test_a_read_waits_for_space():
    pad = Scratchpad(1, 1, 4)
    (trace,) = pad.run([[ScratchpadRequest(0), ScratchpadRequest(1), ScratchpadRequest(2)]], taken=[[9, 10, 11]])
    assert trace.served == [1, 2, 10]  # two can be in flight or waiting; the first is accepted in cycle 9
    assert trace.waits == 7


def test_waiting_is_bounded_by_one_access_of_each_other_port():
    """With all ports continuously at the same bank, the last of them waits that long."""
    rng = np.random.default_rng(1)
    ports, most = 5, 0
    pad = Scratchpad(ports, 2, 16)
    requests = [[ScratchpadRequest(int(a)) for a in rng.integers(0, 16, 300)] for _ in range(ports)]
    traces = pad.run(requests)
    served = {
        (t, pad.bank(r.addr))
        for trace, rs in zip(traces, requests, strict=True)
        for t, r in zip(trace.served, rs, strict=True)
    }
    for trace, requested in zip(traces, requests, strict=True):
        for start, end, request in zip(trace.accepted, trace.served, requested, strict=True):
            others = sum((cycle, pad.bank(request.addr)) in served for cycle in range(start + 1, end))
            assert others == end - start - 1  # a bank never idles while a request is pending
            most = max(most, others)
    assert most == ports - 1


@pytest.mark.parametrize(("ports", "banks", "rate"), [(1, 1, 1), (1, 8, 1), (5, 1, 1), (2, 2, 1.5), (2, 4, 1.75)])
def test_rates_by_hand(ports, banks, rate):
    assert expected_rate(ports, banks) == pytest.approx(rate)


SLOW = [pytest.param(*each, marks=pytest.mark.slow) for each in ((4, 8), (8, 4), (3, 16))]


@pytest.mark.parametrize(("ports", "banks"), [(2, 2), (4, 4), *SLOW])
def test_the_model_runs_at_the_expected_rate(ports, banks):
    rng = np.random.default_rng(ports)
    pad = Scratchpad(ports, banks, 16 * banks)
    requests = [[ScratchpadRequest(int(a)) for a in rng.integers(0, 16 * banks, 12000)] for _ in range(ports)]
    traces = pad.run(requests)
    end = min(trace.served[-1] for trace in traces)
    rate = sum(cycle <= end for trace in traces for cycle in trace.served) / end
    assert rate == pytest.approx(expected_rate(ports, banks), rel=0.01)
