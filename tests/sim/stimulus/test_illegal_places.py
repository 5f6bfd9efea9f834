"""Illegal metadata: every kind in turn, and one wrong pair in each group."""

from itertools import islice

import numpy as np
import pytest

from systola.sim.golden.formats import sparse
from systola.sim.stimulus import nm_mac, sparse_systolic
from systola.sim.stimulus.illegal_places import corrupt, illegal_places, kinds


def kind(places) -> tuple[int, bool]:
    """Kind of a group's only wrong pair."""
    (at,) = np.flatnonzero(np.diff(places) <= 0)
    return int(at), bool(places[at] == places[at + 1])


@pytest.mark.parametrize(("n", "m"), [(2, 4), (4, 8), (2, 2)])
def test_one_pair_is_wrong(n, m):
    rng = np.random.default_rng(1)
    for each in islice(kinds(n), 40):
        places = illegal_places(rng, n, m, each)
        assert kind(places) == each
        assert ((places >= 0) & (places < m)).all()


def test_only_the_wrong_groups_change_and_one_of_one_place_cannot_be_wrong():
    rng = np.random.default_rng(2)
    places = np.tile([0, 1, 2, 3], (3, 5, 1))
    wrong = rng.random((3, 5)) < 0.5
    assert (sparse.illegal(corrupt(rng, places, wrong, 8, kinds(4)), 8) == wrong).all()
    single = places[..., :1]
    assert (corrupt(rng, single, wrong, 4, kinds(1)) == single).all()


@pytest.mark.parametrize("sparsity", ["2:4", "4:8"])
def test_forty_cases_contain_all_kinds(sparsity):
    n, m = sparse_systolic.pattern(sparsity)
    p = {"rows": 2 * n, "cols": 2, "a_format": "int8", "w_format": "int8", "buffer": "auto", "sparsity": sparsity}
    arrays = [w.places.reshape(-1, n) for case in sparse_systolic.random_cases(p, 40, 1) for _, w in case.tiles]
    units = [places for case in nm_mac.random_cases(p, 40, 1) for _, _, places in case.packets if len(places) < 100]
    for found in (arrays, units):
        groups = np.concatenate(found)
        wrong = {kind(group) for group in groups[sparse.illegal(groups, m)]}
        assert wrong == set(islice(kinds(n), 2 * (n - 1)))
