"""Address assignment for tensors: tensors whose lifetimes do not overlap may share memory."""

from collections.abc import Mapping

from ...sim.network.graph import Lifetime


def place(sizes: Mapping[str, int], lifetimes: Mapping[str, Lifetime], align: int) -> tuple[dict[str, int], int]:
    """Address of each tensor, a multiple of `align`, and the first address after all tensors.

    Greedy by size: the largest tensor is placed first, each at the lowest address that is free during its lifetime.
    Tensors of equal size are placed in the order of `sizes`, so that equal graphs give equal images.
    """
    placed: dict[str, tuple[int, int]] = {}
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        life, size = lifetimes[name], -(-sizes[name] // align) * align
        occupied = sorted(span for other, span in placed.items() if _overlap(life, lifetimes[other]))
        low = 0
        for start, end in occupied:
            if low + size <= start:
                break
            low = max(low, end)
        placed[name] = low, low + size
    return {name: low for name, (low, _) in placed.items()}, max((end for _, end in placed.values()), default=0)


def _overlap(one: Lifetime, other: Lifetime) -> bool:
    """Whether two tensors are live at the same time."""
    return one.first <= other.last and other.first <= one.last
