"""Golden model of frames: bytes and their CRC-32, without a zero (COBS), and a zero that ends them.

Not the package `cobs`: it omits the empty run after a full last run, which the hardware, without look-ahead, writes.
"""

import zlib

RUN = 254
"""Bytes of the longest run."""


def frame(content: bytes) -> bytes:
    """The frame of some bytes."""
    return stuff(content + zlib.crc32(content).to_bytes(4, "little")) + b"\0"


def unframe(text: bytes) -> bytes | None:
    """What a frame holds, given without the zero that ends it; None if it is not what was sent."""
    whole = unstuff(text)
    if whole is None or len(whole) < 4 or zlib.crc32(whole[:-4]).to_bytes(4, "little") != whole[-4:]:
        return None
    return whole[:-4]


def stuff(data: bytes) -> bytes:
    """The same without zeros: every run of other bytes behind its length + 1, and a zero after each run but the last,
    and but those of 254 bytes; what ends with such a run has an empty one after it."""
    out = bytearray()
    for run in data.split(b"\0"):
        while len(run) >= RUN:
            out += bytes([RUN + 1]) + run[:RUN]
            run = run[RUN:]
        out += bytes([len(run) + 1]) + run
    return bytes(out)


def unstuff(text: bytes) -> bytes | None:
    """The inverse of :func:`stuff`; None if there is a byte too few."""
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
