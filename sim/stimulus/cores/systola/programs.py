"""Random programs for a core: every instruction, no hazards, and all results stored at the end; and wrong programs.

Operations are drawn independently of each other; then a SYNC is inserted wherever one is needed.
"""

import numpy as np

from ....golden import addresses, isa
from ....golden.isa import InstructionWord, Opcode
from ...dma import DRAM_BYTES
from ...runs import Run, window
from .contention import contention
from .mistakes import NOWHERE, broken, extremes, mistakes, number
from .operations import Writer, shift
from .syncs import synchronised

LIMIT = 200_000
"""Cycles after which a program is stopped."""
OPERATIONS = 14
CLEAR = InstructionWord(Opcode.MOVE, 0, (1, 2, 3), (0, 0, 0))
"""Registers as at the start."""
SPARE = 16
"""Instructions that a buffer must hold in addition to a loop."""


def random_cases(parameters: dict, count: int, seed: int) -> list[Run]:
    """Seeded random programs: every fourth without stalls of the bus, every second stops with an error, of all kinds in
    turn; every tenth is longer than 2,048 instructions; in one of twenty, units compete for a bank. Most have a DRAM
    far from address 0."""
    rng = np.random.default_rng(seed)
    return [_case(parameters, rng, number) for number in range(count)]


def directed_cases(parameters: dict, seed: int) -> list[Run]:
    """A short program for each mistake and each extreme value, and one outside DRAM."""
    rng = np.random.default_rng(seed)
    wrong = [codes for _, codes in mistakes(parameters)] + extremes(parameters)
    programs = [[*codes, number(Opcode.SYNC, int(isa.ALL)), InstructionWord(Opcode.HALT)] for codes in wrong]
    found = [Run(image(parameters, rng, codes, DRAM_BYTES), DRAM_BYTES, limit=LIMIT) for codes in programs]
    return [*found, Run(found[0].dram, NOWHERE, limit=LIMIT)]


def _case(p: dict, rng: np.random.Generator, number: int) -> Run:
    base = window(rng, number, 4 * DRAM_BYTES)
    codes, most = random_program(p, rng, base=base), {}
    if number % 20 == 12 and (found := contention(p, np.random.default_rng(number), base)):
        codes, most = synchronised(p, np.random.default_rng(number), found[0], base), found[1]
    if number % 10 == 8:
        codes = lengthened(rng, codes)
    entry = place = DRAM_BYTES + isa.BYTES * int(rng.integers(isa.BLOCK))
    fault = None
    if number % 2:
        codes, entry, fault = broken(p, rng, codes, entry, number // 2, base)
    stall = int(rng.choice([0, 30, 128])) * (number % 4 != 0)
    latency = int(rng.choice([1, 2, 5, 20, 60]))
    seed = int(rng.integers(1, 2**31))
    dram = image(p, rng, codes, place, near=number % 4 == 2)
    return Run(dram, entry, latency=latency, stall=stall, fault=fault, limit=LIMIT, base=base, seed=seed, most=most)


def lengthened(rng: np.random.Generator, codes: list[InstructionWord]) -> list[InstructionWord]:
    """Program that begins with more than 2,048 instructions without an effect, each different from its neighbours."""
    count = int(rng.integers(2048, 2300))
    return [*(InstructionWord(Opcode.MOVE, 0, (1, 2, 3), (n, n, n)) for n in range(count)), CLEAR, *codes]


def random_program(
    p: dict, rng: np.random.Generator, operations: int = OPERATIONS, *, base: int = 0
) -> list[InstructionWord]:
    """Program without hazards that reads no undefined contents. It is to be executed with the DRAM of :func:`image`,
    which begins at `base`."""
    while True:
        writer = Writer(p, rng, base)
        writer.fill()
        for _ in range(operations):
            writer.random_operation()
        writer.finish()
        codes = synchronised(p, rng, writer.codes, base)
        if longest_loop(codes) <= p["instructions"] - SPARE:
            return codes


def longest_loop(codes: list[InstructionWord]) -> int:
    """Instructions of the longest outermost loop, LOOP and END included."""
    begun, longest = [], 0
    for at, code in enumerate(codes):
        if code.opcode == Opcode.LOOP:
            begun.append(at)
        elif code.opcode == Opcode.END:
            longest = max(longest, at + 1 - begun.pop())
    return longest


def image(
    p: dict, rng: np.random.Generator, codes: list[InstructionWord], at: int, *, near: bool = False
) -> np.ndarray:
    """Random DRAM, with records at address 0 and the program at address `at`, after the area that programs use. `near`:
    neighbouring values differ by little, the hardest case for comparisons."""
    dram = np.zeros(at + isa.BYTES * len(codes), np.uint8)
    dram[:DRAM_BYTES] = rng.integers(0, 256, DRAM_BYTES, np.uint8)
    if near:
        dram[:DRAM_BYTES] = dram[:DRAM_BYTES] % 3 + np.repeat(dram[: DRAM_BYTES // 256], 256)
    records = dram[: p["size"] * addresses.RECORD].reshape(-1, addresses.RECORD)
    records[:, 8] = [shift(rng) & 255 for _ in records]
    dram[at:] = np.frombuffer(b"".join(map(isa.encode, codes)), np.uint8)
    return dram
