"""Golden model of `dotter`: chains of descriptors, each a nest of dot products of int8 with sums in int32.

A descriptor is 13 little-endian words at a multiple of 64 bytes: the header (bit 0: last; bits 6 to 31: the next
descriptor), the addresses of a and b, then for each of three loops, the innermost first, its count and its strides of a
and b, then the address of Y:

    Y[i, j] = sum over k of dot(a + i sa2 + j sa1 + k sa0, b + i sb2 + j sb1 + k sb0),  i, j, k < count2, count1, count0

where dot(p, q) is the dot product of the `lanes` int8 at p and at q. Addresses and sums are modulo 2^32.
"""

from collections.abc import Iterable

import numpy as np

from systola.sim.golden.result import GoldenResult

PITCH, WORDS = 64, 13
DESCRIPTOR, BUS = 1, 2
MODULO = 1 << 32


class _Stop(Exception):
    """End of an execution, with its error."""


def run(
    parameters: dict,
    dram: np.ndarray,
    entry: int = 0,
    limit: int = 10**6,
    faults: Iterable[tuple[int, int, int]] = (),
) -> GoldenResult:
    """Execute the descriptors that begin at `entry`; see :class:`.GoldenResult`."""
    memory, lanes = dram.copy(), parameters["lanes"]
    ranges = [*((first, last) for first, last, _ in faults), (len(dram), MODULO)]
    counters = dict.fromkeys(("products", "read_beats", "write_beats", "descriptors"), 0)
    at, address = 0, entry

    def check(first: int):
        """End the execution if the bus responds with an error for the word at `first`."""
        first -= first % lanes
        if any(low <= first + lanes - 1 and first <= high for low, high in ranges):
            raise _Stop(BUS)

    def read(first: int) -> np.ndarray:
        check(first)
        counters["read_beats"] += 1
        return memory[first : first + lanes].view(np.int8).astype(np.int64)

    def descriptor(address: int) -> list[int]:
        if address % PITCH:
            raise _Stop(DESCRIPTOR)
        for first in range(address, address + 4 * WORDS, lanes):
            read(first)
        return memory[address : address + 4 * WORDS].view("<u4").tolist()

    def execute(words: list[int]):
        a, b, y = words[1], words[2], words[12]
        loops = [words[n : n + 3] for n in (3, 6, 9)]
        strides = [stride for loop in loops for stride in loop[1:]]
        if any(each % lanes for each in (a, b, *strides)) or y % 4 or not all(count for count, _, _ in loops):
            raise _Stop(DESCRIPTOR)
        for n, i in enumerate(np.ndindex(loops[2][0], loops[1][0])):
            outer = [sum(x * loop[s] for x, loop in zip(i, (loops[2], loops[1]), strict=True)) for s in (1, 2)]
            total = 0
            for k in range(loops[0][0]):
                p = read((a + outer[0] + k * loops[0][1]) % MODULO)
                q = read((b + outer[1] + k * loops[0][2]) % MODULO)
                total += int(p @ q)
                counters["products"] += 1
            to = (y + 4 * n) % MODULO
            check(to)
            memory[to : to + 4] = np.array([total % MODULO], "<u4").view(np.uint8)
            counters["write_beats"] += 1

    def result(error: int | None) -> GoldenResult:
        return GoldenResult(memory, error, at, counters, np.zeros(len(dram), bool))

    try:
        while at < limit:
            words = descriptor(address)
            execute(words)
            counters["descriptors"] += 1
            if words[0] & 1:
                return result(0)
            at, address = at + 1, words[0] // PITCH * PITCH
    except _Stop as stop:
        return result(stop.args[0])
    return result(None)
