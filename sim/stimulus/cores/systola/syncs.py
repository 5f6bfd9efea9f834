"""SYNC insertion: finds the hazards of a program by executing it, one word at a time."""

from collections.abc import Iterator

import numpy as np

from ....golden import addresses, dma, isa
from ....golden.isa import InstructionWord, Opcode, Operation, Unit
from ...dma import DRAM_BYTES

Use = tuple[Unit, str, bool, np.ndarray]
"""Access to a memory: unit, memory, whether it writes, and where: bytes of DRAM, words of the scratchpads, rows of
sums."""


def synchronised(
    p: dict, rng: np.random.Generator, codes: list[InstructionWord], base: int = 0
) -> list[InstructionWord]:
    """Program with a SYNC before each instruction that accesses data which an earlier one may still be accessing.

    Some SYNCs wait for more units than necessary, and some are unnecessary. `codes` has none, ends with HALT, and uses
    only the first bytes of DRAM, which begins at `base`.
    """
    sizes = {
        "dram": DRAM_BYTES,
        "local": (p["activation_bytes"] + p["weight_bytes"]) // p["size"],
        "sums": p["accumulators"],
    }
    used = {
        (unit, memory, writes): np.zeros(sizes[memory], bool)
        for unit in Unit
        for memory in sizes
        for writes in (False, True)
    }
    needed = [Unit(0)] * len(codes)
    ahead, most_ahead = 0, [0] * len(codes)  # tiles not yet used by a MATMUL
    for o in isa.issue(lambda pc: codes[pc], 1 << 30, 1 << 20):
        most_ahead[o.pc] = max(most_ahead[o.pc], ahead)
        ahead += (o.op == Opcode.WEIGHTS) - (o.op == Opcode.MATMUL and not o.flags & isa.KEEP)
        accesses = list(uses(p, o, base))
        wait = Unit(0)
        for unit, memory, writes, at in accesses:
            for (earlier, place, wrote), mask in used.items():
                ordered = unit == earlier and not (unit == Unit.VECTOR and wrote and not writes)
                if place == memory and (wrote or writes) and not ordered and mask[at].any():
                    wait |= earlier
        needed[o.pc] |= wait
        if wait & Unit.ARRAY:
            wait |= Unit.FETCH
        for (earlier, _, _), mask in used.items():
            if earlier & wait:
                mask[:] = False
        for unit, memory, writes, at in accesses:
            used[unit, memory, writes][at] = True

    result = []
    for code, units, tiles in zip(codes, needed, most_ahead, strict=True):
        if (units and rng.random() < 0.2) or rng.random() < 0.05:
            units |= Unit(int(rng.integers(32)))
        if tiles > 1:  # the array cannot be idle
            units &= ~(Unit.FETCH | Unit.ARRAY)
        if units:
            result.append(InstructionWord(Opcode.SYNC, int(units)))
        result.append(code)
    return result


def uses(p: dict, o: Operation, base: int = 0) -> Iterator[Use]:
    """Accesses of an operation."""
    first_weight = p["activation_bytes"] // p["size"]
    if o.op in (Opcode.LOAD, Opcode.STORE):
        bus, local, moved = dma.bytes_of(addresses.descriptor(o, p))
        unit, loads = Unit[o.op.name], o.op == Opcode.LOAD
        yield unit, "dram", not loads, bus[moved].astype(np.int64) - base & isa.MASK
        yield unit, "local", loads, local // p["size"]
    elif o.op == Opcode.WEIGHTS:
        yield Unit.FETCH, "local", False, addresses.weight_words(o).addresses() + first_weight
    elif o.op == Opcode.MATMUL:
        yield Unit.FETCH, "local", False, addresses.activation_words(o).addresses()
        yield Unit.ARRAY, "sums", True, addresses.accumulator_rows(o).addresses()
    elif o.op == Opcode.QUANT_CHANNEL:
        yield Unit.VECTOR, "local", False, addresses.record_words(o).addresses() + first_weight
    elif o.op == Opcode.TABLE:
        yield Unit.VECTOR, "local", False, addresses.table_words(o, p).addresses() + first_weight
    elif o.op == Opcode.VECTOR:
        source = "local" if o.flags & isa.SCRATCHPAD else "sums"
        yield Unit.VECTOR, source, False, addresses.source_words(o).addresses()
        if o.flags & (isa.ADD | isa.MULTIPLY):
            first = first_weight if o.flags & isa.WEIGHTS else 0
            yield Unit.VECTOR, "local", False, addresses.second_words(o).addresses() + first
        yield Unit.VECTOR, "local", True, addresses.dest_words(o).addresses()
