"""Addresses for tensors: those that never live at the same time may share memory."""

from collections.abc import Mapping

from ...sim.network.graph import Lifetime


def place(sizes: Mapping[str, int], lifetimes: Mapping[str, Lifetime], align: int) -> tuple[dict[str, int], int]:
    """Addresses from 0 on, multiples of `align`, and the end of the last tensor.

    Greedy by size: the largest tensor first, each at the lowest address at which no tensor lives at the same time.
    The order of equal sizes is that of `sizes`, so that equal graphs give equal images.
    """
    placed: dict[str, tuple[int, int]] = {}
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        life, size = lifetimes[name], -(-sizes[name] // align) * align
        taken = sorted(span for other, span in placed.items() if _meet(life, lifetimes[other]))
        low = 0
        for start, end in taken:
            if low + size <= start:
                break
            low = max(low, end)
        placed[name] = low, low + size
    return {name: low for name, (low, _) in placed.items()}, max((end for _, end in placed.values()), default=0)


def _meet(one: Lifetime, other: Lifetime) -> bool:
    return one.first <= other.last and other.first <= one.last
