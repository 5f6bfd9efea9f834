"""bfloat16 (1 sign, 8 exponent, 7 fraction bits) and sums in fp32, bit by bit in integers.

A number of bfloat16 is its code of 16 bits, a number of fp32 its word of 32, both as int64. Rounding is to nearest,
ties to even. `subnormals` is "keep" (IEEE 754) or "flush": then every subnormal input and every subnormal result is
a zero of its sign.

Computations without a numeric result (inf - inf, 0 * inf, any NaN operand) give NAN, one word. Only the conversion from
fp32 keeps sign and payload, and makes the NaN quiet.
"""

import numpy as np

bits = 16
NAN = 0x7FC00000
INFINITY = 0x7F800000
SMALLEST_NORMAL = 0x00800000


def words(values: np.ndarray | float) -> np.ndarray:
    """fp32 words of reals, which are rounded to fp32 first if they are wider."""
    with np.errstate(over="ignore", under="ignore"):
        return np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.int64)


def reals(words: np.ndarray) -> np.ndarray:
    """float32 numbers of fp32 words."""
    return np.asarray(words).astype(np.uint32).view(np.float32)


def encode(values: np.ndarray, *, subnormals: str = "keep") -> np.ndarray:
    """Codes of reals, rounded via fp32: see :func:`words` and :func:`convert`."""
    return convert(words(values), subnormals=subnormals).reshape(np.shape(values))


def decode(codes: np.ndarray) -> np.ndarray:
    """float32 numbers of codes, exact."""
    return reals(np.asarray(codes).astype(np.int64) << 16)


def fields(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(sign, exponent, fraction) fields of the codes."""
    codes = np.asarray(codes).astype(np.int64)
    return codes >> 15, codes >> 7 & 0xFF, codes & 0x7F


def convert(words: np.ndarray, *, subnormals: str = "keep") -> np.ndarray:
    """Codes of fp32 words, rounded."""
    words = _flushed(words, subnormals)
    rounded = words + 0x7FFF + (words >> 16 & 1) >> 16
    return np.where(_is_nan(words), words >> 16 | 0x40, rounded)


def product(a: np.ndarray, b: np.ndarray, *, subnormals: str = "keep") -> np.ndarray:
    """Product a * b of codes as fp32 words: exact unless it underflows or overflows, for 8 + 8 bits fit into 24."""
    a, b = (_flushed(np.asarray(code).astype(np.int64) << 16, subnormals) for code in (a, b))
    sign = a ^ b
    (x, i), (y, j) = _significand(a), _significand(b)
    result = _assemble(sign, x * y, i + j)
    infinite = _is_infinite(a) | _is_infinite(b)
    result = np.where(infinite, sign & 1 << 31 | INFINITY, result)
    invalid = infinite & ((x == 0) | (y == 0))
    return _flushed(np.where(_is_nan(a) | _is_nan(b) | invalid, NAN, result), subnormals)


def add(x: np.ndarray, y: np.ndarray, *, subnormals: str = "keep") -> np.ndarray:
    """Sum x + y of fp32 words, rounded. Exact cancellation gives +0."""
    x, y = np.broadcast_arrays(_flushed(x, subnormals), _flushed(y, subnormals))
    swap = x & 0x7FFFFFFF < y & 0x7FFFFFFF
    x, y = np.where(swap, y, x), np.where(swap, x, y)
    (large, i), (small, j) = _significand(x), _significand(y)
    # 30 bits below the larger number's last one. Where bits fall out below those, the 24 bits of the smaller number
    # begin too far down to reach a half, so that they cannot decide a rounding.
    large, small = large << 30, small << 30 >> np.minimum(i - j, 60)
    subtract = (x ^ y) >> 31 == 1
    magnitude = np.where(subtract, large - small, large + small)
    sign = np.where(magnitude == 0, x & y, x)
    result = np.where(_is_infinite(x), x, _assemble(sign, magnitude, i - 30))
    invalid = _is_infinite(x) & _is_infinite(y) & subtract
    return _flushed(np.where(_is_nan(x) | _is_nan(y) | invalid, NAN, result), subnormals)


def matmul(a: np.ndarray, w: np.ndarray, *, subnormals: str = "keep") -> np.ndarray:
    """Product A @ W of codes as fp32 words: from +0, one product after the other, k = 0 first: (M, K), (K, N) -> (M,
    N)."""
    y = np.zeros((a.shape[0], w.shape[1]), np.int64)
    for k in range(a.shape[1]):
        y = add(y, product(a[:, k, None], w[None, k], subnormals=subnormals), subnormals=subnormals)
    return y


def _significand(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Significand of 24 bits and exponent of its last bit: the magnitude is significand * 2^exponent."""
    exponent = words >> 23 & 0xFF
    return words & 0x7FFFFF | (exponent > 0).astype(np.int64) << 23, np.maximum(exponent, 1) - 150


def _assemble(sign: np.ndarray, magnitude: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """fp32 word of magnitude * 2^exponent, rounded; its sign is bit 31 of `sign`. The magnitude is below 2^62."""
    last = np.where(magnitude == 0, -149, np.maximum(exponent + _length(magnitude) - 24, -149))
    shift = last - exponent
    exact = magnitude << np.maximum(-shift, 0) * (magnitude > 0)
    shift = np.clip(shift, 0, 62)
    kept, rest, half = exact >> shift, exact & (1 << shift) - 1, 1 << shift >> 1
    kept += (rest > half) | (rest == half) & (shift > 0) & (kept & 1 == 1)
    # The hidden bit adds one to the exponent, and so does a carry out of rounding; subnormals have neither.
    return sign & 1 << 31 | np.minimum((last + 149 << 23) + kept, INFINITY)


def _length(magnitude: np.ndarray) -> np.ndarray:
    """Bits of each magnitude, 0 for 0."""
    length = np.zeros_like(magnitude)
    for step in (32, 16, 8, 4, 2, 1):
        more = magnitude >> length + step - 1 > 0
        length = np.where(more, length + step, length)
    return length


def _flushed(words: np.ndarray, subnormals: str) -> np.ndarray:
    if subnormals not in ("keep", "flush"):
        raise ValueError(f"subnormals {subnormals} is not one of keep, flush")
    words = np.asarray(words).astype(np.int64)
    if subnormals == "keep":
        return words
    return np.where(words & 0x7FFFFFFF < SMALLEST_NORMAL, words & 1 << 31, words)


def _is_nan(words: np.ndarray) -> np.ndarray:
    return words & 0x7FFFFFFF > INFINITY


def _is_infinite(words: np.ndarray) -> np.ndarray:
    return words & 0x7FFFFFFF == INFINITY
