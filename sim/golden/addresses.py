"""Address sequences of a core's operations: the words that each reads and writes."""

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from . import dma, isa
from .isa import Opcode, Operation, Setting

RECORD = 16
"""Bytes of a lane's record for QUANT_CHANNEL: multiplier, bias (int32, little endian), shift (6 bits), padding."""
RECORD_USED = 9
TABLE_BYTES = 256


class AddressSequence(NamedTuple):
    """Addresses, modulo 2^32, of nested loops, the last the innermost: (count, stride) of each."""

    first: int
    loops: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        return prod(count for count, _ in self.loops)

    def inside(self, words: int) -> bool:
        """Whether all addresses are below `words`, up to 2^31.

        It suffices that both ends are, without wrapping: a step that could wrap leaves the memory before.
        """
        low, high = _extent(self.loops)
        return self.first + low >= 0 and self.first + high < words

    def addresses(self) -> np.ndarray:
        return self.first + _offsets(self.loops) & isa.MASK


@lru_cache(maxsize=256)
def _offsets(loops: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Offsets of nested loops; cached, as programs repeat few shapes many times."""
    at = np.zeros(1, np.int64)
    for count, stride in loops:
        at = (at[:, None] + np.arange(count) * stride).reshape(-1)
    return at


@lru_cache(maxsize=4096)
def _extent(loops: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    return dma.extent(*zip(*loops, strict=True))


def weight_words(o: Operation) -> AddressSequence:
    """Words of weights that WEIGHTS reads."""
    return AddressSequence(o.a, _loops(o, (o.b, Setting.WEIGHT_STRIDE)))


def activation_words(o: Operation) -> AddressSequence:
    """Words of activations that MATMUL reads."""
    s = Setting
    return AddressSequence(o.a, _loops(o, (s.COUNT_Y, s.STRIDE_Y), (s.COUNT_X, s.STRIDE_X)))


def accumulator_rows(o: Operation) -> AddressSequence:
    """Rows of accumulators that MATMUL writes."""
    return AddressSequence(o.b, ((o.settings[Setting.COUNT_Y] * o.settings[Setting.COUNT_X], 1),))


def record_words(o: Operation) -> AddressSequence:
    """Words of weights that QUANT_CHANNEL reads."""
    return AddressSequence(o.a, ((RECORD, 1),))


def table_words(o: Operation, parameters: dict) -> AddressSequence:
    """Words of weights that TABLE reads."""
    return AddressSequence(o.a, ((TABLE_BYTES // parameters["size"], 1),))


def source_words(o: Operation) -> AddressSequence:
    """Rows of accumulators, or words of activations, that VECTOR reads: for each point those of its window."""
    s = Setting
    window = (s.WINDOW_Y, s.SOURCE_KY), (s.WINDOW_X, s.SOURCE_KX)
    return AddressSequence(o.a, _loops(o, (s.POINTS_Y, s.SOURCE_Y), (s.POINTS_X, s.SOURCE_X), *window))


def second_words(o: Operation) -> AddressSequence:
    """Words of activations, or of weights, that VECTOR reads as its second source: for each point those of its
    window."""
    s = Setting
    window = (s.WINDOW_Y, s.SECOND_KY), (s.WINDOW_X, s.SECOND_KX)
    return AddressSequence(o.c, _loops(o, (s.POINTS_Y, s.SECOND_Y), (s.POINTS_X, s.SECOND_X), *window))


def dest_words(o: Operation) -> AddressSequence:
    """Words of activations that VECTOR writes, one per point."""
    s = Setting
    return AddressSequence(o.b, _loops(o, (s.POINTS_Y, s.DEST_Y), (s.POINTS_X, s.DEST_X)))


def _loops(o: Operation, *pairs: tuple[int, Setting]) -> tuple[tuple[int, int], ...]:
    """(count, stride) of each, from settings, or a count as it is."""
    return tuple(
        (o.settings[count] if isinstance(count, Setting) else count, isa.signed(o.settings[stride]))
        for count, stride in pairs
    )


def engine_parameters(parameters: dict, store: bool) -> dict:
    """Parameters of the load half, or store half, of the DMA engine in a core with the given parameters."""
    return {
        "addr_width": 32,
        "data_width": parameters["data_width"],
        "local_bytes": parameters["activation_bytes"] + (0 if store else parameters["weight_bytes"]),
        "dims": parameters["dims"],
        "padding": not store,
        "fill": False,
        "scatter": False,
    }


def local_width(parameters: dict, store: bool) -> int:
    """Bits of a local address of a load, or of a store."""
    return (engine_parameters(parameters, store)["local_bytes"] - 1).bit_length()


def descriptor(o: Operation, parameters: dict) -> dma.Descriptor:
    """Descriptor that LOAD or STORE issues to the DMA engine.

    Settings that do not fit are replaced: counts, sizes, paddings and values by 0, strides by the nearest that fits.
    """
    store = o.op == Opcode.STORE
    limit = 1 << local_width(parameters, store)

    def get(name: str, bits: int = 0) -> int:
        value = o.settings[Setting[f"{o.op.name}_{name}"]]
        return isa.signed(value) if not bits else value if value < 1 << bits else 0

    dims = range(parameters["dims"])
    pads = [0 if store else get(f"PAD{d}", 16) for d in dims]
    return dma.Descriptor(
        store=store,
        bus_addr=o.a,
        local_addr=o.b,
        size=get("SIZE", 3),
        count=tuple(get(f"COUNT{d}", 16) for d in dims),
        bus_stride=tuple(get(f"BUS_STRIDE{d}") for d in dims),
        local_stride=tuple(min(max(get(f"LOCAL_STRIDE{d}"), -limit), limit - 1) for d in dims),
        value=0 if store else get("VALUE", 8) * ((1 << parameters["data_width"]) // 255),
        before=tuple(pad & 255 for pad in pads),
        after=tuple(pad >> 8 for pad in pads),
    )
