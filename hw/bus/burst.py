"""Legality and addresses of AXI4 bursts, for slaves."""

from enum import IntEnum

from amaranth.hdl import Cat, Const, Mux

from .axi import BOUNDARY

PAGE_BITS = BOUNDARY.bit_length() - 1


class Burst(IntEnum):
    """Codes of awburst and arburst; 3 is reserved."""

    FIXED = 0
    INCR = 1
    WRAP = 2


def legal(address, lanes: int):
    """Whether AXI4 permits the burst of an address channel's payload, on a bus of 2^`lanes` bytes.

    A beat must not be wider than the bus. INCR: up to 256 beats within 4 KiB. WRAP: 2, 4, 8 or 16 beats, aligned to
    their size. FIXED: up to 16 beats.

    Source: ARM IHI 0022, A3.4.1.
    """
    beat = _beat_mask(address.size, lanes)
    low = address.addr[:PAGE_BITS]
    end = (low | beat) + _span(address, lanes)
    wraps = Cat(address.len == length - 1 for length in (2, 4, 8, 16)).any() & ~(low & beat).any()
    kinds = {
        Burst.FIXED: address.len < 16,
        Burst.INCR: ~end[PAGE_BITS:].any(),
        Burst.WRAP: wraps,
    }
    permitted = Const(0, 1)
    for code, condition in kinds.items():
        permitted = Mux(address.burst == code, condition, permitted)
    return (address.size <= lanes) & permitted


def legal_incr(address, lanes: int):
    """Whether the burst is INCR, of beats as wide as the bus of 2^`lanes` bytes, within 4 KiB."""
    words = address.addr[lanes:PAGE_BITS]
    end = words + address.len
    return (address.burst == Burst.INCR) & (address.size == lanes) & ~end[len(words) :].any()


def address_mask(address, lanes: int):
    """Bits of the address within 4 KiB that change during a legal burst: none in FIXED, all in INCR, those of the
    container in WRAP."""
    container = (_beat_mask(address.size, lanes) | _span(address, lanes))[:PAGE_BITS]
    incrementing = Mux(address.burst == Burst.INCR, Const(BOUNDARY - 1, PAGE_BITS), 0)
    return Mux(address.burst == Burst.WRAP, container, incrementing)


def next_address(low, size, mask, lanes: int):
    """Address of the beat following `low`, both within 4 KiB, with the `mask` of the burst."""
    following = (low | _beat_mask(size, lanes)) + 1
    return (low & ~mask) | (following[:PAGE_BITS] & mask)


def _beat_mask(size, lanes: int):
    """Bytes of a beat, less one."""
    return ((Const(1) << size[: lanes.bit_length()]) - 1)[:lanes]


def _span(address, lanes: int):
    """Bytes of a burst without those of its last beat."""
    return (address.len << address.size[: lanes.bit_length()])[: 8 + lanes]
