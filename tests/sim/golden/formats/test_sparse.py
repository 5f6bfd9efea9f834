"""N:M: the six legal nibbles of 2:4, the ten others, groups with fewer values, packing."""

import itertools

import numpy as np
import pytest

from systola.sim.golden.formats import sparse

LEGAL = {(0, 1): 0b0100, (0, 2): 0b1000, (0, 3): 0b1100, (1, 2): 0b1001, (1, 3): 0b1101, (2, 3): 0b1110}
# Nonzero values of four -> the nibble.
FEWER = {(): 0b1110, (3,): 0b1110, (2,): 0b1110, (1,): 0b1101, (0,): 0b1100}


def nibble(places):
    return int(places[0] | places[1] << 2)


@pytest.mark.parametrize(("present", "expected"), [*LEGAL.items(), *FEWER.items()])
def test_metadata_of_a_group(present, expected):
    values = np.zeros(4, np.int64)
    values[list(present)] = [7, -5][: len(present)]
    kept, places = sparse.compress(values)
    assert nibble(places[0]) == expected
    assert (sparse.decompress(kept, places) == values).all()


@pytest.mark.parametrize("code", range(16))
def test_every_nibble(code):
    places = np.array([[code & 3, code >> 2]])
    legal = code in LEGAL.values()
    assert sparse.illegal(places).tolist() == [not legal]
    if legal:
        assert sparse.decompress(np.array([[1, 2]]), places).nonzero()[0].tolist() == places[0].tolist()
    else:
        with pytest.raises(ValueError, match=rf"group \(0,\) has places \[{code & 3}, {code >> 2}\], which do"):
            sparse.decompress(np.array([[1, 2]]), places)


@pytest.mark.parametrize("present", [p for r in (3, 4) for p in itertools.combinations(range(4), r)])
def test_too_many_values_are_rejected(present):
    values = np.zeros(4)
    values[list(present)] = 1
    with pytest.raises(ValueError, match=f"a group of 4 has {len(present)} values that are not zero"):
        sparse.compress(values)


@pytest.mark.parametrize(("n", "m"), [(1, 2), (1, 4), (2, 4), (3, 4), (4, 4), (2, 8), (4, 8), (1, 3), (2, 5), (4, 16)])
def test_every_pattern_survives(n, m):
    patterns = [p for r in range(n + 1) for p in itertools.combinations(range(m), r)]
    dense = np.zeros((len(patterns), m), np.int64)
    for row, pattern in zip(dense, patterns, strict=True):
        row[list(pattern)] = np.arange(1, len(pattern) + 1)
    kept, places = sparse.compress(dense, n, m)
    assert kept.shape == places.shape == (len(patterns), 1, n)
    assert not sparse.illegal(places, m).any()
    assert (sparse.decompress(kept, places, m) == dense).all()


@pytest.mark.parametrize(("word_bits", "columns"), [(16, 16), (32, 32)])
def test_words_hold_groups_from_the_low_end(word_bits, columns):
    rng = np.random.default_rng(6)
    dense = np.zeros((5, 3 * columns), np.int64)
    groups = dense.reshape(5, -1, 4)
    chosen = rng.integers(0, 6, groups.shape[:2])
    for index, pair in np.ndenumerate(chosen):
        groups[index][list(list(LEGAL)[pair])] = rng.integers(1, 100, 2)
    kept, places = sparse.compress(dense)
    words = sparse.pack(places, word_bits=word_bits)
    assert words.shape == (5, 3)
    nibbles = [list(LEGAL.values())[pair] for pair in chosen[2]]
    whole = sum(code << 4 * g for g, code in enumerate(nibbles))
    assert words[2].tolist() == [whole >> word_bits * i & (1 << word_bits) - 1 for i in range(3)]
    assert (sparse.unpack(words, word_bits=word_bits) == places).all()
    assert (sparse.decompress(kept, sparse.unpack(words, word_bits=word_bits)) == dense).all()


def test_known_words():
    places = np.array([[0, 1], [2, 3], [1, 2], [0, 3]])
    assert sparse.pack(places).tolist() == [0xC9E4]
    assert sparse.pack(np.concatenate([places, places[::-1]]), word_bits=32).tolist() == [0x4E9CC9E4]
    assert sparse.pack(np.array([[[3], [0], [1], [2]] * 2]), word_bits=16).tolist() == [[0x9393]]


def test_incomplete_words_end_with_zeros():
    places = np.array([[0, 1, 2, 3], [4, 5, 6, 7]])
    assert sparse.pack(places, 8).tolist() == [0b011_010_001_000, 0b111_110_101_100]
    assert sparse.pack(places, 8, 32).tolist() == [0b111_110_101_100_011_010_001_000]
    for bits in (16, 32):
        assert (sparse.unpack(sparse.pack(places, 8, bits), 4, 8, bits) == places).all()


def test_faulty_words_are_reported():
    places = np.array([[0, 1], [2, 3], [1, 2], [0, 3]])
    word = sparse.pack(places)
    for bit in range(16):
        flipped = sparse.unpack(word ^ 1 << bit)
        changed = nibble(flipped[bit // 4])
        expected = [g == bit // 4 and changed not in LEGAL.values() for g in range(4)]
        assert sparse.illegal(flipped).tolist() == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sparse.compress(np.zeros(6)), "multiple of 4"),
        (lambda: sparse.compress(np.zeros(4), 5, 4), "5:4 keeps n of m"),
        (lambda: sparse.compress(np.zeros(4), 0, 4), "0:4 keeps n of m"),
        (lambda: sparse.pack(np.zeros((3, 2), int)), "3 groups do not fill words of 16 bits, 4 groups each"),
        (lambda: sparse.pack(np.zeros((8, 2), int), word_bits=8), "which are 16 or 32"),
        (lambda: sparse.pack(np.zeros((8, 8), int), m=16), "which are 16 or 32, holds no group of 8:16"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ValueError, match=message):
        call()
