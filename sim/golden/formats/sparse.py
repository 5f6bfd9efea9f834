"""N:M sparsity: of every M values along the last axis at most N differ from zero, and only N are stored.

A group of M becomes N values and their N places in the group, ascending. The metadata of a group is the concatenation
of its places, ceil(log2 M) bits each, the first in the low bits: four bits for 2:4. Group g of a row is in bits
4g + 3 to 4g of the row's metadata, in words of 16 bits (values of 16 bits) or 32 (values of 8), low end first, as
NVIDIA's tensor cores read them. The additional permutation of words between rows in their libraries is not performed
here. Other patterns are packed likewise. Where groups do not fill a word (12 bits, 4:8), it holds as many as fit and
the bits above them are 0.
"""

import numpy as np


def place_bits(m: int) -> int:
    """Bits of a place in a group of m."""
    return max(1, (m - 1).bit_length())


def compress(values: np.ndarray, n: int = 2, m: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """(kept, places), each (..., groups, n). Of a group with fewer than n non-zeros the last zeros are kept as well.

    Raises `ValueError` where a group has more than n non-zeros, or the last axis is not whole groups.
    """
    check(n, m)
    values = np.asarray(values)
    if values.ndim == 0 or values.shape[-1] % m:
        raise ValueError(f"{n}:{m} needs a last axis that is a multiple of {m}, not shape {values.shape}")
    groups = values.reshape(*values.shape[:-1], -1, m)
    if groups.size and (worst := int((groups != 0).sum(-1).max())) > n:
        raise ValueError(f"a group of {m} has {worst} values that are not zero; {n}:{m} stores {n}")
    # Non-zeros come before zeros, and among zeros the last before the first.
    order = np.where(groups != 0, m, np.arange(m))
    places = np.sort(np.argsort(-order, axis=-1, kind="stable")[..., :n], axis=-1)
    return np.take_along_axis(groups, places, -1), places


def decompress(kept: np.ndarray, places: np.ndarray, m: int = 4) -> np.ndarray:
    """Dense tensor, zeros between. Raises `ValueError` at a group with illegal metadata: see :func:`illegal`."""
    kept, places = np.asarray(kept), np.asarray(places)
    check(places.shape[-1], m)
    wrong = illegal(places, m)
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(f"group {first} has places {places[first].tolist()}, which do not ascend within 0 to {m - 1}")
    dense = np.zeros((*places.shape[:-1], m), kept.dtype)
    np.put_along_axis(dense, places, kept, -1)
    return dense.reshape(*dense.shape[:-2], -1)


def illegal(places: np.ndarray, m: int = 4) -> np.ndarray:
    """True for each group whose places are not ascending, all different, from 0 to m - 1."""
    return np.asarray((places < 0).any(-1) | (places >= m).any(-1) | (np.diff(places, axis=-1) <= 0).any(-1))


def pack(places: np.ndarray, m: int = 4, word_bits: int = 16) -> np.ndarray:
    """Metadata words (..., words) of places (..., groups, n), int64. Raises `ValueError` if they do not fill words."""
    places = np.asarray(places)
    n, width = places.shape[-1], place_bits(m)
    per_word = groups_per_word(n, m, word_bits)
    if places.shape[-2] % per_word:
        raise ValueError(f"{places.shape[-2]} groups do not fill words of {word_bits} bits, {per_word} groups each")
    groups = (places << width * np.arange(n)).sum(-1).reshape(*places.shape[:-2], -1, per_word)
    return (groups << n * width * np.arange(per_word)).sum(-1)


def unpack(words: np.ndarray, n: int = 2, m: int = 4, word_bits: int = 16) -> np.ndarray:
    """Inverse of :func:`pack`: places (..., groups, n), legal or not."""
    words, width = np.asarray(words).astype(np.int64), place_bits(m)
    fields = words[..., None] >> width * np.arange(n * groups_per_word(n, m, word_bits)) & (1 << width) - 1
    return fields.reshape(*words.shape[:-1], -1, n)


def groups_per_word(n: int = 2, m: int = 4, word_bits: int = 16) -> int:
    """Groups whose metadata one word holds. Raises `ValueError` where it holds none."""
    check(n, m)
    if word_bits not in (16, 32) or n * place_bits(m) > word_bits:
        raise ValueError(f"a word of {word_bits} bits, which are 16 or 32, holds no group of {n}:{m}")
    return word_bits // (n * place_bits(m))


def check(n: int, m: int) -> None:
    """Raise `ValueError` for an illegal pattern n of m."""
    if not (isinstance(n, int) and isinstance(m, int)) or not 1 <= n <= m or m < 2:
        raise ValueError(f"{n}:{m} keeps n of m: integers, n from 1 to m, m at least 2")
