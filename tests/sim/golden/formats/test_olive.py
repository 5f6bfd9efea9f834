"""Outlier-victim pairs: every pair of codes, encoding by brute force, the rules at the boundaries."""

import numpy as np
import pytest

from systola.sim.golden.formats.olive import NORMALS, Pairs

OUTLIERS = {"int4": [12, 16, 24, 32, 48, 64, 96], "flint4": [24, 32, 48, 64, 96, 128, 192]}
NORMAL = {"int4": list(range(8)), "flint4": [0, 1, 2, 3, 4, 6, 8, 16]}


def all_pairs(bits):
    codes = np.arange(1 << bits)
    return np.stack(np.meshgrid(codes, codes, indexing="ij"), -1).reshape(-1, 2)


@pytest.mark.parametrize("name", ["int4", "flint4"])
def test_values_equal_those_of_the_table(name):
    positive = sorted(NORMAL[name] + OUTLIERS[name])
    assert Pairs(name).levels.tolist() == [-v for v in positive[:0:-1]] + positive


@pytest.mark.parametrize("name", NORMALS)
def test_every_pair_of_codes(name):
    form = Pairs(name)
    identifier = 1 << form.bits - 1
    codes = all_pairs(form.bits)
    values = form.decode(codes)
    base, shift = form.fields(codes)
    assert (values == base << shift).all()
    for side in (0, 1):
        mine, other = codes[:, side], codes[:, 1 - side]
        victim, outlier = mine == identifier, (mine != identifier) & (other == identifier)
        assert (values[victim, side] == 0).all()
        assert (values[outlier, side] == form.outlier.decode(mine[outlier])).all()
        normal = ~victim & ~outlier
        assert (values[normal, side] == form.normal.decode(mine[normal])).all()


@pytest.mark.parametrize("keep", ["larger", "left"])
@pytest.mark.parametrize("name", NORMALS)
def test_canonical_pairs_survive(name, keep):
    """Every pair that encoding can produce: normal x normal and identifier x outlier."""
    form = Pairs(name, keep)
    normal = form.normal.codes
    pairs = [np.stack(np.meshgrid(normal, normal, indexing="ij"), -1).reshape(-1, 2)]
    outlier = form.outlier.codes
    identifier = np.full(outlier.size, form.identifier)
    pairs += [np.stack([identifier, outlier], -1), np.stack([outlier, identifier], -1)]
    codes = np.concatenate(pairs)
    assert (form.encode(form.decode(codes)) == codes).all()


@pytest.mark.parametrize("keep", ["larger", "left"])
@pytest.mark.parametrize("name", NORMALS)
def test_encoding_by_brute_force(name, keep):
    """Each value is rounded to the nearest of all levels; then at most one outlier remains in a pair."""
    rng = np.random.default_rng(5)
    form = Pairs(name, keep)
    values = rng.standard_t(1.5, (3000, 2)) * form.peak / 2
    values[:6] = [[0, 0], [1e9, -1e9], [-1e9, 1e9], [form.peak, -form.peak], [1e9, 0], [0.4, -1e9]]
    levels = form.levels
    decoded = form.decode(form.encode(values))
    near = levels[np.abs(values[..., None] - levels).argmin(-1)]
    for (a, b), (x, y), got in zip(values, near, decoded, strict=True):
        big = abs(x) > form.peak, abs(y) > form.peak
        if big == (True, True):
            left = keep == "left" or abs(a) >= abs(b)
            assert got.tolist() == ([x, 0] if left else [0, y])
        elif big == (True, False):
            assert got.tolist() == [x, 0]
        elif big == (False, True):
            assert got.tolist() == [0, y]
        else:
            assert got.tolist() == [x, y]


@pytest.mark.parametrize(
    ("name", "border", "normal", "outlier"), [("int4", 9.5, 7, 12), ("flint4", 20, 16, 24), ("int8", 135.5, 127, 144)]
)
def test_boundary_of_outliers(name, border, normal, outlier):
    form = Pairs(name)
    assert form.nearest([np.nextafter(border, 0), 1]).tolist() == [normal, 1]
    assert form.nearest([border, 1]).tolist() == [outlier, 0]
    assert form.nearest([1, -np.nextafter(border, np.inf)]).tolist() == [0, -outlier]


def test_codes_of_known_pairs():
    form = Pairs("int4")
    assert form.encode([3, -7, 96, 1, -2, -12, 24, 48]).tolist() == [3, 9, 0b0111, 8, 8, 0b1001, 8, 0b0101]
    assert Pairs("int4", "left").encode([24, 48]).tolist() == [0b0011, 8]
    assert form.decode([8, 8]).tolist() == [0, 0]
    assert Pairs("flint4").encode([-16, 5.9, 192, 0]).tolist() == [0b1100, 0b0111, 0b0111, 8]
    assert Pairs("int8").encode([-127, 200, -144, 1]).tolist() == [128, 0b00000101, 0b10000001, 128]


def test_products_fit_in_32_bits():
    assert {name: Pairs(name).outlier.peak ** 2 for name in NORMALS} == {"int4": 9216, "flint4": 36864, "int8": 1 << 30}


def test_shapes():
    form = Pairs("int4")
    assert form.encode(np.zeros((3, 2, 6))).shape == (3, 2, 6)
    assert form.decode(np.zeros((3, 0), int)).shape == (3, 0)
    for shape in ((), (3,), (2, 5)):
        with pytest.raises(ValueError, match="pairs need an even last axis"):
            form.encode(np.zeros(shape))


@pytest.mark.parametrize(("options", "message"), [(("int5",), "int4, flint4, int8"), (("int4", "odd"), "larger, left")])
def test_mistakes(options, message):
    with pytest.raises(ValueError, match=message):
        Pairs(*options)
