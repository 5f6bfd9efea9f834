"""Random accesses: fit the memory, depend only on the seed, and conflict."""

from systola.sim.stimulus.multiport import random_cases

PARAMETERS = {"ports": 3, "width": 24, "depth": 13}


def test_accesses_fit():
    for case in random_cases(PARAMETERS, 40, 1):
        assert len(case.ports) == len(case.gaps) == 3
        for port in case.ports:
            assert port.data.shape == port.strobe.shape == (len(port.addr), 3)
            assert 0 <= port.addr.min() <= port.addr.max() < 13
            assert set(port.write.tolist()) <= {0, 1}
            assert port.write[-1] == 0


def test_cases_depend_on_the_seed():
    first, second = (random_cases(PARAMETERS, 8, 7) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        for s, t in zip(a.ports, b.ports, strict=True):
            assert all((getattr(s, name) == getattr(t, name)).all() for name in ("addr", "write", "data", "strobe"))
    assert [case.idle_free for case in first[::4]] == [True, True]
    assert not all(case.idle_free for case in first)


def test_ports_conflict_in_one_cycle_and_in_the_next():
    met = {0: 0, 1: 0}
    for case in random_cases(PARAMETERS, 40, 1)[::4]:
        for distance in met:
            for a in case.ports:
                for b in case.ports:
                    if a is not b:
                        span = slice(distance, None), slice(None, len(a.addr) - distance)
                        same = a.addr[span[0]] == b.addr[span[1]]
                        met[distance] += int((same & (a.write[span[0]] & b.write[span[1]] == 1)).sum())
    assert min(met.values()) > 20
