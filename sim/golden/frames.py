"""Golden model of frames: bytes and their CRC-32, zeros removed (COBS), and a terminating zero.

The package `cobs` is not used: it omits the empty run after a full last run, which the hardware, without look-ahead,
writes.
"""

import zlib

RUN = 254
"""Length of the longest run in bytes."""


def frame(content: bytes) -> bytes:
    """Frame of the given bytes."""
    return stuff(content + zlib.crc32(content).to_bytes(4, "little")) + b"\0"


def unframe(text: bytes) -> bytes | None:
    """Contents of a frame, given without its terminating zero; None if its CRC or its runs are wrong."""
    whole = unstuff(text)
    if whole is None or len(whole) < 4 or zlib.crc32(whole[:-4]).to_bytes(4, "little") != whole[-4:]:
        return None
    return whole[:-4]


def stuff(data: bytes) -> bytes:
    """Bytes without zeros: each run of other bytes is preceded by its length + 1. A run ends at a zero, which is
    removed, at the end, or after 254 bytes; an input that ends with a run of 254 bytes gets an empty one after it."""
    out = bytearray()
    for run in data.split(b"\0"):
        while len(run) >= RUN:
            out += bytes([RUN + 1]) + run[:RUN]
            run = run[RUN:]
        out += bytes([len(run) + 1]) + run
    return bytes(out)


def unstuff(text: bytes) -> bytes | None:
    """Inverse of :func:`stuff`; None if bytes are missing."""
    out, at = bytearray(), 0
    while at < len(text):
        code = text[at]
        run = text[at + 1 : at + code]
        if len(run) != code - 1:
            return None
        out += run
        at += code
        if code <= RUN and at < len(text):
            out.append(0)
    return bytes(out)
