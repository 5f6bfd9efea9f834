"""bfloat16 and fp32 sums against the float arithmetic of the host, and against explicit rounding in float64."""

import numpy as np
import pytest

from systola.sim.golden.formats import bfloat16 as bf

ALL = np.arange(1 << 16)
RANDOM = 1_200_000

# Around every boundary of the code space, and a few numbers in between, with both signs.
MAGNITUDES = sorted(
    {0x0000, 0x0001, 0x0002, 0x0003, 0x0040, 0x007E, 0x007F, 0x0080, 0x0081, 0x00FF, 0x0100, 0x0180}
    | {0x1F80, 0x1FFF, 0x2000, 0x2001, 0x203F, 0x3F7F, 0x3F80, 0x3F81, 0x3FC0, 0x3FFF, 0x4000, 0x4049, 0x42FE}
    | {0x5F00, 0x5F80, 0x5FFF, 0x6000, 0x7E80, 0x7F00, 0x7F7E, 0x7F7F, 0x7F80, 0x7F81, 0x7FBF, 0x7FC0, 0x7FFF}
    | {0x0080 * n for n in range(1, 255, 11)}
)
CORNERS = np.array([sign | m for m in MAGNITUDES for sign in (0, 0x8000)])
WORDS = np.unique(np.concatenate([(CORNERS << 16) + low for low in (0, 1, 2, 0x7FFF, 0x8000, 0x8001, 0xFFFE, 0xFFFF)]))


def assert_same(words, expected):
    """Equal bit by bit; any NaN of the host is the one NaN of the model."""
    expected = np.where(np.isnan(expected), bf.NAN, expected.view(np.uint32).astype(np.int64))
    assert (words == expected).all()


def flush(x):
    """float32 with subnormals replaced by zeros of their sign."""
    return np.where(np.abs(x) < np.float32(2.0**-126), np.copysign(np.float32(0), x), x).astype(np.float32)


def machine(operation, x, y, subnormals):
    with np.errstate(all="ignore"):
        if subnormals == "keep":
            return operation(x, y)
        return flush(operation(flush(x), flush(y)))


def rounded(values):
    """The nearest bfloat16 of float64 values, ties to even, by the size of a step."""
    _, exponent = np.frexp(values)
    step = np.ldexp(1.0, np.maximum(exponent - 1, -126) - 7)
    with np.errstate(invalid="ignore"):
        nearest = np.rint(values / step) * step
    largest = (2 - 2.0**-7) * 2.0**127
    return np.where(np.abs(nearest) > largest, np.copysign(np.inf, values), nearest)


def test_all_codes():
    values = bf.decode(ALL)
    sign, exponent, fraction = bf.fields(ALL)
    normal = (-1.0) ** sign * 2.0 ** (exponent - 127) * (1 + fraction / 128)
    subnormal = (-1.0) ** sign * 2.0**-126 * fraction / 128
    finite = exponent < 255
    assert (values[finite] == np.where(exponent == 0, subnormal, normal)[finite]).all()
    assert (np.isinf(values) == (ALL & 0x7FFF == 0x7F80)).all()
    assert (np.isnan(values) == (ALL & 0x7FFF > 0x7F80)).all()
    assert (np.signbit(values) == (ALL >= 0x8000)).all()
    # Every code is canonical, apart from signalling NaNs, which become quiet.
    assert (bf.convert(ALL << 16) == np.where(np.isnan(values), ALL | 0x40, ALL)).all()


def test_rounding_from_fp32():
    rng = np.random.default_rng(10)
    words = np.concatenate([WORDS, rng.integers(0, 1 << 32, RANDOM), (ALL << 16) + 0x8000])
    values = bf.reals(words)
    codes = bf.convert(words)
    number = ~np.isnan(values)
    assert (bf.decode(codes)[number] == rounded(values[number].astype(np.float64))).all()
    assert (codes >> 15 == words >> 31).all()
    nan = codes[~number]
    assert (nan & 0x7FC0 == 0x7FC0).all()
    assert (nan & 0x3F == words[~number] >> 16 & 0x3F).all()


def test_rounding_of_known_values():
    exact = [(1.0, 0x3F80), (-2.0, 0xC000), (3.140625, 0x4049), (0.0, 0), (-0.0, 0x8000), (np.inf, 0x7F80)]
    # Steps of 1.5 and 0.5: to even; the largest float32 overflows.
    ties = [(1 + 3 / 256, 0x3F82), (1 + 1 / 256, 0x3F80), (3.4028235e38, 0x7F80), (2.0**-134, 0), (3 * 2.0**-134, 2)]
    for value, code in exact + ties:
        assert bf.encode(value) == code
    assert bf.encode([[1.0, 2.0]]).tolist() == [[0x3F80, 0x4000]]
    assert bf.encode(1e300) == 0x7F80
    # The nearest bfloat16 is the smallest normal number, unless subnormals are flushed first.
    assert bf.encode(2.0**-126 * (1 - 2.0**-10)) == 0x0080
    assert bf.encode(2.0**-126 * (1 - 2.0**-10), subnormals="flush") == 0
    assert bf.encode(-(2.0**-130), subnormals="flush") == 0x8000


@pytest.mark.parametrize("subnormals", ["keep", "flush"])
def test_products(subnormals):
    rng = np.random.default_rng(11)
    pairs = [
        np.broadcast_arrays(CORNERS[:, None], CORNERS[None]),
        np.broadcast_arrays(ALL[:, None], CORNERS[None, ::8]),
        # All codes, and moderate exponents whose products neither overflow nor vanish, and those that just vanish.
        rng.integers(0, 1 << 16, (2, RANDOM)),
        rng.integers(0x3000, 0x4F00, (2, RANDOM)),
        rng.integers(0x1A00, 0x2400, (2, RANDOM // 4)),
    ]
    for a, b in pairs:
        expected = machine(np.multiply, bf.decode(a), bf.decode(b), subnormals)
        assert_same(bf.product(a, b, subnormals=subnormals), expected)


def test_products_are_exact():
    rng = np.random.default_rng(12)
    a, b = rng.integers(0x3000, 0x4F00, (2, RANDOM))
    assert (bf.reals(bf.product(a, b)) == bf.decode(a).astype(np.float64) * bf.decode(b)).all()


@pytest.mark.parametrize("subnormals", ["keep", "flush"])
def test_sums(subnormals):
    rng = np.random.default_rng(13)
    near = rng.integers(0, 1 << 32, RANDOM)
    # Equal in all bits apart from some low ones and the sign, then a few binades apart: cancellation, ties, sticky
    # bits.
    alike = near ^ rng.integers(0, 1 << 32, RANDOM) >> rng.integers(1, 33, RANDOM) ^ rng.integers(0, 2, RANDOM) << 31
    apart = (near + (rng.integers(-30, 31, RANDOM) << 23)) % (1 << 32)
    tiny = rng.integers(0, 1 << 25, (2, RANDOM // 4)) | rng.integers(0, 2, (2, RANDOM // 4)) << 31
    pairs = [
        np.broadcast_arrays(WORDS[:, None], WORDS[None]),
        (near, rng.integers(0, 1 << 32, RANDOM)),
        (near, alike),
        (near, apart),
        tiny,
    ]
    for x, y in pairs:
        expected = machine(np.add, bf.reals(x), bf.reals(y), subnormals)
        assert_same(bf.add(x, y, subnormals=subnormals), expected)


def test_ties_of_sums_by_hand():
    one, ulp = bf.words(1.0), bf.words(2.0**-23)
    half = bf.words(2.0**-24)
    assert bf.add(one, half) == one
    assert bf.add(one + 1, half) == one + 2
    assert bf.add(one, half + 1) == one + 1
    assert bf.add(one, ulp) == one + 1
    # 1 - 2^-25 is a tie below a power of two, where steps are half as wide.
    assert bf.add(one, bf.words(-(2.0**-25))) == one
    assert bf.add(one, bf.words(-(2.0**-25)) + 1) == one - 1
    assert bf.add(one, bf.words(-1.0)) == 0
    assert bf.add(1 << 31, 1 << 31) == 1 << 31
    assert bf.add(0, 1 << 31) == 0
    assert bf.add(bf.INFINITY, bf.INFINITY | 1 << 31) == bf.NAN


@pytest.mark.parametrize("subnormals", ["keep", "flush"])
def test_matmul_is_a_sequence_of_float32_sums(subnormals):
    rng = np.random.default_rng(14)
    a, w = rng.integers(0, 1 << 16, (9, 70)), rng.integers(0, 1 << 16, (70, 8))
    a[1:5], w[:, :6] = bf.encode(rng.normal(size=(4, 70))), bf.encode(rng.normal(size=(70, 6)))
    y = np.zeros((9, 8), np.float32)
    for k in range(70):
        term = machine(np.multiply, bf.decode(a[:, k])[:, None], bf.decode(w[k])[None], subnormals)
        y = machine(np.add, y, term, subnormals)
    assert_same(bf.matmul(a, w, subnormals=subnormals), y)


def test_order_matters():
    """2^24 + 1 + 1 is 2^24 from the left: the model does not reorder."""
    a = bf.encode([[2.0**24, 1.0, 1.0]])
    ones = bf.encode(np.ones((3, 1)))
    assert bf.reals(bf.matmul(a, ones)) == 2.0**24
    assert bf.reals(bf.matmul(a[:, ::-1], ones)) == 2.0**24 + 2


def test_subnormals_are_kept_or_flushed():
    with pytest.raises(ValueError, match="subnormals ignore is not one of keep, flush"):
        bf.add(0, 0, subnormals="ignore")
