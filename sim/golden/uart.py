"""Golden model of the UART: bytes as levels of a wire, 8N1, and back."""

LATENCY = 1
"""Cycles from a byte's beat to its start bit."""
RECEIVED = 3
"""Cycles from the middle of a stop bit on the wire to the byte's beat."""


def bits(byte: int) -> list[int]:
    """Levels of a byte, one for each bit."""
    return [0, *(byte >> n & 1 for n in range(8)), 1]


def decode(levels: list[int], divisor: int) -> list[tuple[int, int]]:
    """Bytes in the levels of a wire (one level per cycle from reset on), each with the cycle of the middle of its stop
    bit. A bit takes `divisor` cycles. A byte starts with a falling edge."""
    found, at = [], 1
    while at < len(levels):
        if levels[at] or not levels[at - 1]:
            at += 1
            continue
        middles = [at + divisor // 2 + n * divisor for n in range(10)]
        if middles[-1] >= len(levels):
            break
        start, *eight, stop = (levels[middle] for middle in middles)
        if start:  # high again in the middle: no start bit
            at = middles[0] + 1
            continue
        if stop:
            found.append((sum(bit << n for n, bit in enumerate(eight)), middles[-1]))
        at = middles[-1] + 1
    return found


def accepted(received: list[tuple[int, int]], ready: list[bool]) -> list[tuple[int, int]]:
    """Bytes that leave by the stream and the cycle of each, for the `received` bytes of :func:`decode` and the cycles
    in which the stream is ready. A byte that arrives while the previous one waits is lost."""
    found, last = [], -1
    for byte, middle in received:
        valid = middle + RECEIVED
        if last < valid:
            last = ready.index(True, valid)
            found.append((byte, last))
    return found
