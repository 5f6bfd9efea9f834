"""A program in which the vector lanes compete with the array for one bank of activations in every cycle, and then round
products of words from the scratchpad."""

import numpy as np

from ....golden import isa
from ....golden.isa import InstructionWord, Opcode
from .operations import STORED, Writer

POINTS = 400
"""Elements of the vector lanes, more than the array has rows."""
WORDS = 3
"""Words of the program, each in another bank."""
SLACK = 16
"""Cycles in which the array may wait for the first row's response."""
FILL = 64
"""Cycles in which the path to the array fills or the array empties, in addition to four for each of its rows."""


def contention(p: dict, rng: np.random.Generator, base: int) -> tuple[list[InstructionWord], dict[str, int]] | None:
    """Program, and upper bounds of its counters; None if there are fewer banks or words than needed.

    The array reads one word in every row, and the lanes add the same word in every element. The array has priority
    until the lanes have waited three cycles, so it loses at most one cycle of four: a third of its rows. If it did not
    have priority, it would wait for all elements, before its first row or afterwards.
    """
    writer = Writer(p, rng, base)
    if p["banks"] < WORDS or writer.act.words < WORDS:
        return None
    writer.fill()
    rows, word, loaded = writer.sums.words, writer.act.first, min(p["size"], writer.wgt.words)
    writer.set(window_x=1, window_y=1, points_x=POINTS, points_y=1, source_x=0, dest_x=0, second_x=0)
    writer.set(weight_stride=1, count_x=rows, count_y=1, stride_x=0)
    writer.emit(Opcode.WEIGHTS, writer.wgt.first, loaded)
    writer.emit(Opcode.VECTOR, word + 1, word + 2, word, flags=isa.SCRATCHPAD | isa.ADD)
    writer.emit(Opcode.MATMUL, word, writer.sums.first, 0)
    writer.summed[writer.sums.first : writer.sums.first + rows] = True
    half = writer.act.words // 2  # all results with a shift of one bit, which shows the rounding of the product
    first = -128 if p["format"] == "int8" else 0
    limits = (first & 255) << 8 | (first + 255 & 255) << 16
    writer.set(scale_a=1, scale_b=1, points_x=half, source_x=1, dest_x=1)
    writer.emit(Opcode.QUANT, (1 << 30) + int(rng.integers(1 << 30)), 0, limits | (-1 & 63) << 24)
    writer.emit(Opcode.VECTOR, word, word + half, flags=isa.SCRATCHPAD)
    beat = p["data_width"] // 8
    count = writer.act.words * p["size"] // beat
    writer._box("STORE", beat.bit_length() - 1, (count,), (beat,), (beat,))
    writer.emit(Opcode.STORE, base + STORED, word * p["size"])
    writer.finish()
    return writer.codes, {"lost_activations": rows // 3 + SLACK, "lost_fill": 4 * p["size"] + FILL}
