"""Outlier-victim pairs: every pair of four bits in every mode; of eight bits, every code next to every kind."""

import numpy as np
import pytest

from systola.sim.golden.formats.olive import Pairs


def _check(decode, same, name, normal, pairs, user=0):
    integers, shifts = Pairs(normal).fields(np.array(pairs))
    for pair, terms, integer, shift in zip(pairs, decode(name, pairs, user), integers, shifts, strict=True):
        for lane in (0, 1):
            same(terms[lane], [(int(integer[lane]), int(shift[lane]))], pair)


@pytest.mark.parametrize("normal", ["int4", "flint4"])
def test_every_pair_of_four_bits(decode, same, normal):
    pairs = [[left, right] for left in range(16) for right in range(16)]
    _check(decode, same, f"olive_{normal}", normal, pairs)
    _check(decode, same, "olive4", normal, pairs, user=int(normal == "flint4"))


def test_eight_bits(decode, same):
    pairs = [[code, other] for code in range(256) for other in (0x00, 0x5A, 0x80, 0xFF)]
    _check(decode, same, "olive_int8", "int8", pairs + [pair[::-1] for pair in pairs])
