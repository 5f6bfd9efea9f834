"""Cases of collectives: reproducible, within bounds, every fourth with an error that all nodes report."""

import numpy as np
import pytest

from systola.sim.golden.collective import OK, OPERATIONS, rejection, statuses
from systola.sim.stimulus.collective import random_cases, rows_of, sweep

TORUS = {"topology": "torus", "k": 4, "l": 2, "width": 16, "format": "int8", "rows": 200}


def test_random_cases_depend_on_the_seed():
    cases = random_cases(TORUS, 16, 3)
    assert [case.rounds for case in cases] == [case.rounds for case in random_cases(TORUS, 16, 3)]
    assert [case.rounds for case in cases] != [case.rounds for case in random_cases(TORUS, 16, 4)]
    assert np.array_equal(cases[5].data, random_cases(TORUS, 16, 3)[5].data)


@pytest.mark.parametrize("parameters", [TORUS, TORUS | {"topology": "ring", "k": 5, "l": 1, "rows": 20}])
def test_calls_are_legal_or_illegal_on_purpose(parameters):
    size = parameters["k"], parameters["l"], parameters["rows"]
    ends, operations = [], set()
    for case in random_cases(parameters, 48, 1):
        assert case.data.shape[1] + case.start <= parameters["rows"]
        codes = [set(statuses(calls, *size).values()) for calls in case.rounds]
        assert codes[-1] == {OK}
        ends += [code for some in codes[:-1] for code in some if code != OK]
        operations |= {calls[0].op for calls in case.rounds if 0 in calls and rejection(calls[0], *size) == OK}
    assert len(ends) >= 12
    assert len(set(ends)) >= 4
    assert operations == set(range(len(OPERATIONS)))


@pytest.mark.parametrize("seed", [1, 5])
def test_twelve_cases_contain_every_error(seed):
    ring = {"topology": "ring", "k": 3, "l": 1, "width": 8, "format": "int8", "rows": 64}
    rounds = [calls for case in random_cases(ring, 12, seed) for calls in case.rounds]
    assert {code for calls in rounds for code in statuses(calls, 3, 1, 64).values()} == set(range(7))


def test_a_sweep_fills_the_memory_of_its_largest_call():
    case = sweep(TORUS, [("all_to_all", 2, 0), ("broadcast", 9, 3)], np.random.default_rng(0))
    assert case.data.shape == (8, 16, 8)  # two rows for each of 8 nodes, of 4 words of two bytes
    assert case.reads == range(48)
    assert [calls[7].rows for calls in case.rounds] == [2, 9]


def test_rows_of_a_message():
    assert rows_of(TORUS, "broadcast", 64) == 8
    assert rows_of(TORUS, "all_reduce", 64) == 1
    with pytest.raises(ValueError, match="72 bytes are not a multiple of 64 bytes"):
        rows_of(TORUS, "all_gather", 72)
