"""Random accesses: reproducible, of each kind, and within the scratchpad."""

from systola.sim.stimulus.scratchpad import random_cases, stride, sweep

PARAMETERS = {
    "ports": 3,
    "banks": 4,
    "width": 16,
    "depth": 48,
    "interleave": "low",
    "buffer": "auto",
    "style": "block",
}


def test_random_cases():
    cases = random_cases(PARAMETERS, 20, 7)
    assert cases == random_cases(PARAMETERS, 20, 7) != random_cases(PARAMETERS, 20, 8)
    requests = [request for case in cases for port in case.requests.values() for request in port]
    assert all(0 <= r.addr < 64 and r.data < 1 << 16 and r.strobe < 4 for r in requests)
    assert any(r.addr >= 48 for r in requests)
    assert {r.write for r in requests} == {False, True}
    assert {r.strobe for r in requests if r.write} == {0, 1, 2, 3}
    assert any(case.gap for case in cases)
    assert any(case.stall for case in cases)
    assert all(not case.gap and not case.stall for case in cases[::2])
    banks = {"low": lambda a: a % 4, "xor": lambda a: (a ^ a // 4) % 4, "block": lambda a: a // 16}
    for interleave, bank in banks.items():
        parameters = PARAMETERS | {"interleave": interleave, "depth": 48 if interleave == "low" else 64}
        hot = [r.addr for port in random_cases(parameters, 20, 7)[2].requests.values() for r in port]
        assert len({bank(a) for a in hot}) == 1
        assert len(set(hot)) > 4
    same = {r.addr for port in cases[4].requests.values() for r in port}
    assert len(same) == 1


def test_no_stalls_where_responses_must_be_accepted():
    assert not any(case.stall for case in random_cases(PARAMETERS | {"buffer": 0}, 20, 1))


def test_uninitialised_memories_are_written_first():
    first = random_cases(PARAMETERS | {"style": "huge"}, 3, 1)[0]
    assert {r.addr for port in first.requests.values() for r in port} == set(range(48))
    assert all(r.write and r.strobe == 3 for port in first.requests.values() for r in port)


def test_sweep_and_stride():
    assert sorted(r.addr for port in sweep(PARAMETERS).requests.values() for r in port) == list(range(48))
    assert [r.addr for r in stride(PARAMETERS, 3, starts=[46, 0, 0]).requests["port0"]] == [46, 47, 0]
