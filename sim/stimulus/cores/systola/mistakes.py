"""Programs that must stop with an error: each mistake that a core finds."""

from typing import NamedTuple

import numpy as np

from ....golden import dma, isa, walks
from ....golden.isa import Code, Error, Op, Setting

NOWHERE = 0x8000_0000
"""An address without DRAM."""
WAIT = Code(Op.SYNC, int(isa.ALL))


def number(opcode: int, a: int = 0, b: int = 0, c: int = 0, flags: int = 0) -> Code:
    """An instruction whose operands are numbers."""
    return Code(opcode, flags, (0, 0, 0), (a, b, c))


def setting(name: str, value: int) -> Code:
    return number(Op.SET, value, flags=Setting[name])


def mistakes(p: dict) -> list[tuple[Error, list[Code]]]:
    """Each with its error, which the last instruction makes; settings may be anything before."""
    size, dims = p["size"], range(p["dims"])
    weights, words = p["weight_bytes"] // size, p["activation_bytes"] // size
    one = [setting(f"{name}_{d}", 1) for name in ("COUNT", "STRIDE") for d in "XY"]
    point = [setting(f"{name}_{d}", 1) for name in ("WINDOW", "POINTS") for d in "XY"]
    strides = [setting(f"SOURCE_{d}", 1) for d in ("KX", "KY", "X", "Y")]
    box = [
        setting(f"{op}_{field}", value)
        for op in ("LOAD", "STORE")
        for field, value in (("SIZE", 0), *((f"COUNT{d}", 1) for d in dims))
    ] + [setting(f"LOAD_PAD{d}", 0) for d in dims]
    tile = [number(Op.WEIGHTS, 0, 1)]
    return [
        (Error.OPCODE, [Code(0)]),
        (Error.OPCODE, [Code(63)]),
        (Error.OPCODE, [Code(Op.SET, 127)]),
        (Error.OPERAND, [number(Op.LOOP, 0)]),
        (Error.OPERAND, [number(Op.LOOP, 1 << 16)]),
        (Error.OPERAND, [number(Op.WEIGHTS, 0, 0)]),
        (Error.OPERAND, [number(Op.WEIGHTS, 0, size + 1)]),
        (Error.OPERAND, [*one, *tile, setting("COUNT_X", 0), number(Op.MATMUL)]),
        (Error.OPERAND, [*one, *tile, setting("COUNT_Y", 1 << 16), number(Op.MATMUL)]),
        (Error.OPERAND, [*point, setting("WINDOW_Y", 0), number(Op.VECTOR)]),
        (Error.OPERAND, [*point, setting("POINTS_X", -1), number(Op.VECTOR)]),
        (Error.OPERAND, [*point, setting("WINDOW_X", 2), number(Op.VECTOR, flags=isa.ADD)]),
        (Error.LOOP, [Code(Op.END)]),
        (Error.LOOP, [number(Op.LOOP, 2)] * (isa.DEPTH + 1)),
        (Error.RANGE, [number(Op.LOAD, 0, 1 << 31)]),
        (Error.RANGE, [*box, number(Op.STORE, 0, p["activation_bytes"])]),
        (Error.RANGE, [setting("WEIGHT_STRIDE", 1), number(Op.WEIGHTS, weights - 1, 2)]),
        (Error.RANGE, [setting("WEIGHT_STRIDE", -1), number(Op.WEIGHTS, 1, 3)]),
        (Error.RANGE, [*one, *tile, number(Op.MATMUL, words)]),
        (Error.RANGE, [*one, *tile, setting("COUNT_Y", 3), setting("STRIDE_Y", 1 << 31), number(Op.MATMUL, 0, 0)]),
        (Error.RANGE, [*one, *tile, setting("COUNT_X", 2), number(Op.MATMUL, 0, p["accumulators"] - 1)]),
        (Error.RANGE, [*one, *tile, number(Op.MATMUL, 0, isa.MASK)]),
        (Error.RANGE, [*point, *strides, number(Op.VECTOR, p["accumulators"])]),
        (Error.RANGE, [*point, *strides, number(Op.VECTOR, words, flags=isa.SCRATCHPAD)]),
        (Error.RANGE, [*point, *strides, setting("WINDOW_X", 2), number(Op.VECTOR, words - 1, flags=isa.SCRATCHPAD)]),
        (Error.RANGE, [*point, *strides, number(Op.VECTOR, 0, words)]),
        (Error.RANGE, [*point, *strides, number(Op.VECTOR, 0, 0, words, flags=isa.ADD)]),
        (Error.RANGE, [number(Op.QUANT_CHANNEL, weights - walks.RECORD + 1)]),
        (Error.RANGE, [number(Op.TABLE, weights)]),
        (Error.DESCRIPTOR, [*box, setting("LOAD_COUNT1", 0), number(Op.LOAD)]),
        (Error.DESCRIPTOR, [*box, setting("STORE_COUNT0", 1 << 16), number(Op.STORE)]),
        (Error.DESCRIPTOR, [*box, setting("LOAD_SIZE", 5), number(Op.LOAD)]),
        (Error.DESCRIPTOR, [*box, setting("LOAD_PAD0", 0x0101), number(Op.LOAD)]),
        (Error.DESCRIPTOR, [*box, setting("STORE_SIZE", 1), number(Op.STORE, 0, p["activation_bytes"] - 1)]),
        (Error.BUS, [*box, number(Op.LOAD, NOWHERE)]),
        (Error.BUS, [*box, number(Op.STORE, NOWHERE)]),
    ]


Fault = tuple[int, int, int]
"""Addresses that answer with an error of the bus: first, last, code."""


class Broken(NamedTuple):
    codes: list[Code]
    entry: int
    fault: Fault | None = None


def broken(p: dict, rng: np.random.Generator, codes: list[Code], entry: int) -> Broken:
    """The program with a mistake before everything or behind it, or with an error of the bus; and where it begins.

    Whatever was begun has ended when the core finds it, so DRAM is what the golden model says.
    """
    known = mistakes(p)
    code = int(rng.choice([dma.Code.SLVERR, dma.Code.DECERR]))
    at = entry + isa.BYTES * len(codes)
    others = [
        Broken(codes, NOWHERE),
        Broken([number(Op.LOOP, 2), *[Code(Op.SYNC)] * p["instructions"], Code(Op.END), *codes], entry),
        Broken([*codes[:-1], WAIT, codes[-1]], entry, (at, at + isa.BYTES - 1, code)),
    ]
    choice = int(rng.integers(len(known) + len(others)))
    if choice >= len(known):
        return others[choice - len(known)]
    wrong = [*known[choice][1], WAIT]
    return Broken([*codes[:-1], WAIT, *wrong, codes[-1]] if rng.random() < 0.5 else [*wrong, *codes], entry)
