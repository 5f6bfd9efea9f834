"""Placement of tensors: no overlap in time and memory, and minimal memory."""

import numpy as np
import pytest

from systola.gen.compile.placement import place
from systola.sim.network.graph import Lifetime


def test_tensors_with_disjoint_lifetimes_share_memory():
    sizes = {"a": 100, "b": 100, "c": 100, "d": 100}
    lifetimes = {name: Lifetime(n, n + 1) for n, name in enumerate(sizes)}
    addresses, end = place(sizes, lifetimes, 64)
    assert end == 256
    assert addresses["a"] == addresses["c"] != addresses["b"] == addresses["d"]


def test_a_tensor_fills_a_gap_of_sufficient_size():
    sizes = {"left": 128, "early": 64, "right": 64, "late": 64}
    lifetimes = {"left": Lifetime(0, 9), "early": Lifetime(0, 3), "right": Lifetime(0, 9), "late": Lifetime(4, 9)}
    addresses, end = place(sizes, lifetimes, 64)
    assert addresses["late"] == addresses["early"]
    assert end == 256


def test_no_tensors_need_no_memory():
    assert place({}, {}, 64) == ({}, 0)


@pytest.mark.parametrize("seed", range(20))
def test_no_two_tensors_overlap_in_time_and_memory(seed):
    random = np.random.default_rng(seed)
    sizes = {f"t{n}": int(random.integers(1, 1000)) for n in range(30)}
    lifetimes = {name: Lifetime(*sorted(int(n) for n in random.integers(0, 20, 2))) for name in sizes}
    addresses, end = place(sizes, lifetimes, 16)
    assert all(address % 16 == 0 for address in addresses.values())
    assert max(addresses[name] + sizes[name] for name in sizes) <= end <= sum(sizes.values()) + 16 * len(sizes)
    for one in sizes:
        for other in sizes:
            if one < other:
                apart = (
                    addresses[one] + sizes[one] <= addresses[other] or addresses[other] + sizes[other] <= addresses[one]
                )
                never = lifetimes[one].last < lifetimes[other].first or lifetimes[other].last < lifetimes[one].first
                assert apart or never
    most = max(
        sum(size for name, size in sizes.items() if lifetimes[name].first <= step <= lifetimes[name].last)
        for step in range(20)
    )
    assert end >= most
