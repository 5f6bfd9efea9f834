"""Golden model of collectives in cases that can be counted by hand."""

import numpy as np
import pytest

from systola.sim.golden.collective import (
    DIFFERENT,
    LENGTH,
    MISSING,
    OK,
    OPERATION,
    OPERATIONS,
    RANGE,
    ROOT,
    Call,
    addition_order,
    after,
    bound,
    defined_rows,
    ring_paths,
    statuses,
    words,
)


def _call(name, rows=1, root=0, base=0):
    return Call(OPERATIONS.index(name), root, rows, base)


def _run(name, memory, k, **fields):
    """On a ring, with one element per lane."""
    return after(memory, dict.fromkeys(range(k), _call(name, **fields)), k, 1, 8)[..., 0]


@pytest.mark.parametrize(("k", "l"), [(2, 2), (3, 3), (4, 4), (8, 8), (4, 2), (2, 6), (6, 6), (8, 4)])
def test_rings_visit_all_nodes_and_use_all_links(k, l):  # noqa: E741
    links = [(a, b) for path in ring_paths(k, l) for a, b in zip(path, path[1:] + path[:1], strict=True)]
    assert len(links) == 4 * k * l
    for node in range(k * l):
        x, y = node % k, node // k
        neighbours = [y * k + (x + 1) % k, y * k + (x - 1) % k, (y + 1) % l * k + x, (y - 1) % l * k + x]
        assert sorted(b for a, b in links if a == node) == sorted(neighbours)


def test_a_torus_without_such_rings():
    with pytest.raises(ValueError, match="5 x 3"):
        ring_paths(5, 3)


def test_a_ring_of_three():
    memory = np.arange(1, 19).reshape(3, 3, 2, 1)  # node, row, lane
    first, second = memory[..., 0, 0], memory[..., 1, 0]
    assert np.array_equal(_run("all_reduce", memory, 3)[..., 0], np.tile(first.sum(axis=0), (3, 1)))
    assert np.array_equal(_run("all_gather", memory, 3)[..., 1], np.tile(np.diag(second), (3, 1)))
    scattered = _run("reduce_scatter", memory, 3)[..., 0]
    assert np.array_equal(np.diag(scattered), first.sum(axis=0))
    assert np.array_equal(scattered - np.diag(np.diag(scattered)), first - np.diag(np.diag(first)))
    assert np.array_equal(_run("broadcast", memory, 3, root=1, rows=3)[2], memory[1, :, :, 0])
    reduced = _run("reduce", memory, 3, root=2, rows=2)
    assert np.array_equal(reduced[2, :2, 0], first[:, :2].sum(axis=0))
    assert np.array_equal(reduced[:2], memory[:2, ..., 0])


def test_all_to_all_starts_after_its_source():
    memory = np.zeros((2, 8, 2, 1), np.int64)
    memory[:, :4] = np.arange(16).reshape(2, 4, 2, 1)
    found = _run("all_to_all", memory, 2, rows=2)
    assert np.array_equal(found[:, :4], memory[:, :4, :, 0])
    assert np.array_equal(found[0, 4:], np.concatenate([memory[0, :2], memory[1, :2]])[..., 0])
    assert np.array_equal(found[1, 4:], np.concatenate([memory[0, 2:4], memory[1, 2:4]])[..., 0])
    assert defined_rows(_call("all_to_all"), 2, 1, 8).all()
    assert list(defined_rows(_call("all_to_all"), 2, 2, 12)) == [True] * 8 + [False] * 4


def test_sums_wrap_and_begin_after_their_owner():
    memory = np.full((4, 1, 2, 1), 100)
    assert _run("reduce", memory, 4, root=1)[1, 0, 0] == 400 - 512
    assert addition_order([3, 0, 2, 1], 0) == [2, 1, 3, 0]
    assert addition_order([3, 0, 2, 1], 1) == [3, 0, 2, 1]


def test_status_of_calls():
    good = dict.fromkeys(range(4), _call("all_reduce", rows=2))
    assert set(statuses(good, 4, 1, 8).values()) == {OK}
    assert statuses({n: good[n] for n in (0, 2)}, 4, 1, 8) == {0: MISSING, 2: MISSING}
    for wrong, code in [
        (Call(6, 0, 1, 0), OPERATION),
        (_call("reduce", root=4), ROOT),
        (_call("all_gather", rows=0), LENGTH),
        (_call("all_gather", rows=2, base=1), RANGE),
        (_call("all_to_all", rows=2), RANGE),
    ]:
        assert statuses(good | {1: wrong}, 4, 1, 8) == {0: MISSING, 1: code, 2: MISSING, 3: MISSING}
    assert set(statuses(good | {3: _call("all_gather", rows=2)}, 4, 1, 8).values()) == {DIFFERENT}
    assert set(statuses(good | {3: _call("all_reduce", rows=2, root=9)}, 4, 1, 8).values()) == {OK}  # no such root


def test_bounds():
    """64 KiB per node on 4 x 4 and 8 x 8, four links of 64 bits: 8,192 words."""
    assert bound(_call("all_reduce", rows=128), 4, 4) == 2 * 15 / 16 * 8192 / 4
    assert bound(_call("all_gather", rows=32), 8, 8) == 63 / 64 * 8192 / 4
    assert bound(_call("broadcast", rows=2048), 8, 8) == 2048
    assert bound(_call("all_to_all", rows=128), 4, 4) == 8192 * 4 / 8
    assert bound(_call("all_to_all", rows=32), 8, 8) == 8192 * 8 / 8
    assert bound(_call("all_to_all", rows=1), 4, 1) == 4 * 2 * 4 / 8
    assert words(_call("all_to_all", rows=1), 4, 4) == 16 * 16 * 2 * 4  # two hops on average
    assert words(_call("all_reduce", rows=1), 4, 1) == 2 * 4 * 3 * 2
