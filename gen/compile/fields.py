"""Checks of fields: numbers, pairs of them, and regions of DRAM. Each raises `ValueError` with one sentence."""

from collections.abc import Iterable
from numbers import Integral

DRAM_BYTES = 1 << 32


def integers(owner, names: Iterable[str], low: int, high: int):
    """Check that each of these fields is an integer from `low` to `high`."""
    for name in names:
        value = getattr(owner, name)
        if not _integer(value, low, high):
            raise ValueError(f"{name}={value}: {name} must be an integer from {low:,} to {high:,}.")


def pairs(owner, names: Iterable[str], low: int, high: int):
    """Check that each of these fields is a pair of integers from `low` to `high`."""
    for name in names:
        value = getattr(owner, name)
        if not _pair(value, low, high):
            raise ValueError(f"{name}={value}: {name} must be two integers from {low:,} to {high:,}.")


def sides(owner, name: str, low: int, high: int):
    """Check that a field has two pairs, (before, after) for rows and for columns, of integers from `low` to `high`."""
    value = getattr(owner, name)
    if not (isinstance(value, tuple | list) and len(value) == 2 and all(_pair(each, low, high) for each in value)):
        raise ValueError(f"{name}={value}: {name} must be two pairs of integers from {low:,} to {high:,}.")


def _pair(value, low: int, high: int) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(_integer(n, low, high) for n in value)


def instance(owner, name: str, kind: type):
    """Check that a field is an instance of a class."""
    if not isinstance(value := getattr(owner, name), kind):
        raise ValueError(f"{name}={value}: {name} must be a {kind.__name__}.")


def region(owner, name: str, size: int):
    """Check that a field is an address from which `size` bytes lie within the 32-bit addresses of DRAM."""
    integers(owner, (name,), 0, DRAM_BYTES - 1)
    if (end := getattr(owner, name) + size) > DRAM_BYTES:
        value = getattr(owner, name)
        raise ValueError(f"{name}={value}: {size:,} bytes from {name} on end {end - DRAM_BYTES:,} bytes beyond 4 GiB.")


def _integer(value, low: int, high: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and low <= int(value) <= high
