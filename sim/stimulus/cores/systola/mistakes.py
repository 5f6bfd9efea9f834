"""Programs that must stop with an error: each mistake that a core detects."""

from typing import NamedTuple

import numpy as np

from ....golden import addresses, dma, isa
from ....golden.isa import ErrorCode, InstructionWord, Opcode, Setting

NOWHERE = 0x8000_0000
"""Address outside DRAM, counted from its first byte."""
WAIT = InstructionWord(Opcode.SYNC, int(isa.ALL))
PRODUCT = isa.SCRATCHPAD | isa.MULTIPLY | isa.WEIGHTS
"""Flags of a VECTOR that multiplies activations by weights."""


def number(opcode: int, a: int = 0, b: int = 0, c: int = 0, flags: int = 0) -> InstructionWord:
    """Instruction with immediate operands only."""
    return InstructionWord(opcode, flags, (0, 0, 0), (a, b, c))


def setting(name: str, value: int) -> InstructionWord:
    return number(Opcode.SET, value, flags=Setting[name])


def mistakes(p: dict, base: int = 0) -> list[tuple[ErrorCode, list[InstructionWord]]]:
    """All mistakes, each with its error, which is caused by the last instruction; earlier settings may have any
    value. DRAM begins at `base`."""
    nowhere = base + NOWHERE & isa.MASK
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
    tile = [number(Opcode.WEIGHTS, 0, 1)]
    return [
        (ErrorCode.OPCODE, [InstructionWord(0)]),
        (ErrorCode.OPCODE, [InstructionWord(63)]),
        (ErrorCode.OPCODE, [InstructionWord(Opcode.SET, 127)]),
        (ErrorCode.OPERAND, [number(Opcode.LOOP, 0)]),
        (ErrorCode.OPERAND, [number(Opcode.LOOP, 1 << 16)]),
        (ErrorCode.OPERAND, [number(Opcode.WEIGHTS, 0, 0)]),
        (ErrorCode.OPERAND, [number(Opcode.WEIGHTS, 0, size + 1)]),
        (ErrorCode.OPERAND, [*one, *tile, setting("COUNT_X", 0), number(Opcode.MATMUL)]),
        (ErrorCode.OPERAND, [*one, *tile, setting("COUNT_Y", 1 << 16), number(Opcode.MATMUL)]),
        (ErrorCode.OPERAND, [*point, setting("WINDOW_Y", 0), number(Opcode.VECTOR)]),
        (ErrorCode.OPERAND, [*point, setting("POINTS_X", -1), number(Opcode.VECTOR)]),
        (ErrorCode.LOOP, [InstructionWord(Opcode.END)]),
        (ErrorCode.LOOP, [number(Opcode.LOOP, 2)] * (isa.DEPTH + 1)),
        (ErrorCode.RANGE, [number(Opcode.LOAD, 0, 1 << 31)]),
        (ErrorCode.RANGE, [*box, number(Opcode.STORE, 0, p["activation_bytes"])]),
        (ErrorCode.RANGE, [setting("WEIGHT_STRIDE", 1), number(Opcode.WEIGHTS, weights - 1, 2)]),
        (ErrorCode.RANGE, [setting("WEIGHT_STRIDE", -1), number(Opcode.WEIGHTS, 1, 3)]),
        (ErrorCode.RANGE, [*one, *tile, number(Opcode.MATMUL, words)]),
        (
            ErrorCode.RANGE,
            [*one, *tile, setting("COUNT_Y", 3), setting("STRIDE_Y", 1 << 31), number(Opcode.MATMUL, 0, 0)],
        ),
        (ErrorCode.RANGE, [*one, *tile, setting("COUNT_X", 2), number(Opcode.MATMUL, 0, p["accumulators"] - 1)]),
        (ErrorCode.RANGE, [*one, *tile, number(Opcode.MATMUL, 0, isa.MASK)]),
        (ErrorCode.RANGE, [*point, *strides, number(Opcode.VECTOR, p["accumulators"])]),
        (ErrorCode.RANGE, [*point, *strides, number(Opcode.VECTOR, words, flags=isa.SCRATCHPAD)]),
        (
            ErrorCode.RANGE,
            [*point, *strides, setting("WINDOW_X", 2), number(Opcode.VECTOR, words - 1, flags=isa.SCRATCHPAD)],
        ),
        (ErrorCode.RANGE, [*point, *strides, number(Opcode.VECTOR, 0, words)]),
        (ErrorCode.RANGE, [*point, *strides, number(Opcode.VECTOR, 0, 0, words, flags=isa.ADD)]),
        (ErrorCode.RANGE, [*point, *strides, number(Opcode.VECTOR, 0, 0, weights, flags=isa.ADD | isa.WEIGHTS)]),
        (
            ErrorCode.RANGE,
            [*point, *strides, setting("WINDOW_Y", 2), setting("SECOND_KY", -1), number(Opcode.VECTOR, flags=PRODUCT)],
        ),
        (ErrorCode.RANGE, [number(Opcode.QUANT_CHANNEL, weights - addresses.RECORD + 1)]),
        (ErrorCode.RANGE, [number(Opcode.TABLE, weights)]),
        (ErrorCode.DESCRIPTOR, [*box, setting("LOAD_COUNT1", 0), number(Opcode.LOAD)]),
        (ErrorCode.DESCRIPTOR, [*box, setting("STORE_COUNT0", 1 << 16), number(Opcode.STORE)]),
        (ErrorCode.DESCRIPTOR, [*box, setting("LOAD_SIZE", 5), number(Opcode.LOAD)]),
        (ErrorCode.DESCRIPTOR, [*box, setting("LOAD_PAD0", 0x0101), number(Opcode.LOAD)]),
        (ErrorCode.DESCRIPTOR, [*box, setting("STORE_SIZE", 1), number(Opcode.STORE, 0, p["activation_bytes"] - 1)]),
        (ErrorCode.BUS, [*box, number(Opcode.LOAD, nowhere)]),
        (ErrorCode.BUS, [*box, number(Opcode.STORE, nowhere)]),
    ]


def extremes(p: dict) -> list[list[InstructionWord]]:
    """Programs whose settings exceed the ranges of their registers: some stop with an error, others do not."""
    counts = [setting(f"{op}_COUNT{d}", 1) for op in ("LOAD", "STORE") for d in range(p["dims"])]
    box = [*counts, *(setting(f"LOAD_PAD{d}", 0) for d in range(p["dims"]))]
    strides = [1 << 20, -1 << 20]
    last = p["weight_bytes"] + p["activation_bytes"] - 1
    return [
        [*box, setting("STORE_SIZE", 5), number(Opcode.STORE)],
        [*box, setting("LOAD_SIZE", 1), number(Opcode.LOAD, 0, last)],
        *([setting("WEIGHT_STRIDE", stride & isa.MASK), number(Opcode.WEIGHTS, 0, 1)] for stride in strides),
        *([setting("WEIGHT_STRIDE", stride & isa.MASK), number(Opcode.WEIGHTS, 0, 2)] for stride in strides),
    ]


def in_turn(known: list[tuple[ErrorCode, list[InstructionWord]]]) -> list[tuple[ErrorCode, list[InstructionWord]]]:
    """Mistakes, with one of each error and instruction first, the rarest errors before the others."""
    kinds = [(error, codes[-1].opcode if error != ErrorCode.OPCODE else 0) for error, codes in known]
    order = sorted(range(len(known)), key=lambda n: (kinds[:n].count(kinds[n]), -int(kinds[n][0]), n))
    return [known[n] for n in order]


Fault = tuple[int, int, int]
"""Address range that returns a bus error: first, last, code."""


class BrokenProgram(NamedTuple):
    codes: list[InstructionWord]
    entry: int
    fault: Fault | None = None


def broken(
    p: dict, rng: np.random.Generator, codes: list[InstructionWord], entry: int, turn: int, base: int = 0
) -> BrokenProgram:
    """Program with a mistake at its beginning or end, or with a bus error; and its entry. `turn` counts the mistakes:
    first one of each error and instruction, then the next of each.

    All operations issued before the mistake complete, so DRAM must equal that of the golden model.
    """
    known = in_turn(mistakes(p, base))
    code = int(rng.choice([dma.DmaCode.SLVERR, dma.DmaCode.DECERR]))
    at = entry + isa.BYTES * len(codes)
    others = [
        BrokenProgram(codes, NOWHERE),
        BrokenProgram(
            [
                number(Opcode.LOOP, 2),
                *[InstructionWord(Opcode.SYNC)] * p["instructions"],
                InstructionWord(Opcode.END),
                *codes,
            ],
            entry,
        ),
        BrokenProgram([*codes[:-1], WAIT, codes[-1]], entry, (at, at + isa.BYTES - 1, code)),
    ]
    choice = turn % (len(known) + len(others))
    if choice == 0:
        return others[0]
    if choice > len(known):
        return others[choice - len(known)]
    wrong = [*known[choice - 1][1], WAIT]
    return BrokenProgram([*codes[:-1], WAIT, *wrong, codes[-1]] if rng.random() < 0.5 else [*wrong, *codes], entry)
