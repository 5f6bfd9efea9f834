"""Tensors into codes and back: scales, limits, types, distributions, messages."""

import numpy as np
import pytest

from systola.sim.golden.formats.ant_float import AntFloat
from systola.sim.golden.formats.flint import Flint
from systola.sim.golden.formats.pot import PoT
from systola.sim.golden.formats.uniform import Uniform
from systola.sim.network import quantise
from systola.sim.network.quantise import QuantiseError

N = 20_000


def tensor(shape=(12, 40), seed=0):
    """Channels along axis 0 that differ by orders of magnitude."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) * 10.0 ** rng.uniform(-3, 3, (shape[0], *[1] * (len(shape) - 1)))


METHODS = [
    lambda x, axis: quantise.uniform(x, "int8", axis=axis),
    lambda x, axis: quantise.uniform(x, "uint4", symmetric=False, axis=axis),
    lambda x, axis: quantise.uniform(x, "int5", symmetric=False, axis=axis, method="mse", rounding="away"),
    lambda x, axis: quantise.uniform(x, "int8", axis=axis, method="percentile"),
    lambda x, axis: quantise.grid(x, "pot4", axis=axis),
    lambda x, axis: quantise.grid(x, "apot4", axis=axis),
    lambda x, axis: quantise.grid(x, "flint4", axis=axis),
    lambda x, axis: quantise.grid(x, "flint8", axis=axis),
    lambda x, axis: quantise.ant(x, axis=axis),
    lambda x, axis: quantise.olive(x, "int4", axis=axis),
    lambda x, axis: quantise.olive(x, "flint4", axis=axis),
    lambda x, axis: quantise.olive(x, "int8", axis=axis),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("axis", [None, 0, 1, -3])
def test_round_trip(method, axis):
    x = tensor((4, 3, 10))
    q = method(x, axis)
    again = method(x.copy(), axis)
    assert (q.codes == again.codes).all()
    assert (q.scale == again.scale).all()
    y = q.dequantise()
    assert q.codes.shape == y.shape == x.shape
    assert q.codes.min() >= 0
    assert q.codes.max() < 1 << q.format.bits
    expected = {None: (), 0: (4, 1, 1), 1: (1, 3, 1), -3: (4, 1, 1)}[axis]
    assert q.scale.shape == expected
    assert (y == q.scale * (q.format.decode(q.codes) - q.zero)).all()
    # Quantised values are unchanged under the same scale.
    assert (q.format.encode(y / q.scale + q.zero) == q.codes).all()
    assert q.error(x) == np.mean((x - y) ** 2) <= np.mean(x**2)
    # Other values are as near as the scale permits.
    static = q.encode(0.5 * y)
    assert (static.scale == q.scale).all()
    assert static.error(0.5 * y) <= np.mean(y**2)
    assert (q.encode(x).dequantise() == y).all()


@pytest.mark.parametrize("method", [method for i, method in enumerate(METHODS) if i != 8])
def test_channels_are_quantised_separately(method):
    x = tensor((5, 30))
    q = method(x, 0)
    for channel in range(5):
        assert q.codes[channel].tolist() == method(x[channel : channel + 1], 0).codes[0].tolist()


@pytest.mark.parametrize("method", METHODS)
def test_zeros_and_single_values(method):
    for x in (np.zeros((2, 4)), np.array([[0.0, 3.0]]), np.array([[-2.0, 0.0]]), np.full((2, 2), 1e-300)):
        y = method(x, None).dequantise()
        assert np.isfinite(y).all()
        assert (y[x == 0] == 0).all()


def test_uniform_scales():
    x = np.array([[-2.54, 1.0], [0.0, 1.27]])
    q = quantise.uniform(x, "int8", axis=0)
    assert q.scale.ravel() == pytest.approx([0.02, 0.01])
    assert q.integers.tolist() == [[-127, 50], [0, 127]]
    assert q.format == Uniform("int8", narrow=True)
    q = quantise.uniform(x, "uint8", symmetric=False)
    assert float(q.scale) == pytest.approx(3.81 / 255)
    assert int(q.zero) == 170
    assert q.integers.ravel().tolist() == [0, 237, 170, 255]


@pytest.mark.parametrize(
    ("rounding", "expected"), [("even", [5, 7, 7, 9]), ("away", [5, 6, 8, 9]), ("up", [6, 7, 8, 9])]
)
def test_halves_are_rounded_before_the_zero_point_is_added(rounding, expected):
    """q = round(r / S) + Z: with Z = 7 and halves to even, 0.5 becomes 7 and not 8."""
    q = quantise.uniform([-1.5, -0.5, 0.5, 1.5], "uint4", symmetric=False, limits=(-7.0, 8.0), rounding=rounding)
    assert (float(q.scale), int(q.zero)) == (1, 7)
    assert q.integers.tolist() == expected


def test_errors_of_uniform_are_half_a_step():
    x = tensor((6, 500))
    for options in ({}, {"symmetric": False}, {"axis": 0}, {"symmetric": False, "axis": 0}):
        q = quantise.uniform(x, "int8", **options)
        assert (np.abs(q.dequantise() - x) <= q.scale * (1.0001 if "symmetric" in options else 0.5001)).all()


def test_static_limits_saturate():
    limits = quantise.calibrate([np.array([0.5, -1.0]), np.array([[1.27]])])
    assert [float(limit) for limit in limits] == [-1.0, 1.27]
    q = quantise.uniform([5.0, -5.0, 0.1], limits=limits)
    assert q.dequantise() == pytest.approx([1.27, -1.27, 0.1])
    assert quantise.uniform([3.0], limits=(0, 0)).integers.tolist() == [3]
    # Too narrow for float64 to divide: saturated.
    assert quantise.uniform([1.0, -1.0, 0.0], limits=(-1e-310, 1e-310)).integers.tolist() == [127, -127, 0]


def test_static_scales_in_any_format():
    samples = np.array([0.5, -1.0, 2.0, 4.0])
    q = quantise.grid(samples, "pot4", search=[1])
    assert q.encode([1.9, -100.0]).dequantise().tolist() == [2.0, -4.0]  # beyond the samples it saturates
    pairs = quantise.olive([1.0, 1.0, -2.0, 7.0], search=[1])
    assert pairs.encode([3.0, 60.0, 1.0]).codes.shape == (4,)
    assert pairs.encode([[3.0, 60.0, 1.0]]).dequantise().shape == (1, 3)


def test_percentile():
    x = np.concatenate([np.linspace(-1, 1, 1001), [1000.0]])
    low, high = quantise.calibrate(x, method="percentile", percentile=99)
    assert (float(low), float(high)) == pytest.approx((-0.99, 0.99), abs=0.01)
    low, high = quantise.calibrate(x, method="percentile", percentile=99, symmetric=False)
    assert (float(low), float(high)) == pytest.approx((-0.98, 0.98), abs=0.01)
    assert float(quantise.calibrate(np.abs(x), method="percentile").low) == 0


@pytest.mark.parametrize("symmetric", [True, False])
def test_mse_is_never_worse_than_minmax(symmetric):
    x = np.random.default_rng(1).laplace(size=(3, 4000))
    for format in ("int4", "int8"):
        wide, best = (
            quantise.uniform(x, format, symmetric=symmetric, axis=0, method=method) for method in ("minmax", "mse")
        )
        assert best.error(x) <= wide.error(x)
    assert best.scale.shape == (3, 1)
    # Clipping pays for one outlier in many small values.
    x = np.append(np.random.default_rng(2).normal(size=5000), 60)
    assert float(quantise.calibrate(x, method="mse", format="int4").high) < 30


def test_calibration_of_channels():
    samples = [tensor((3, 2, 5), seed) for seed in range(4)]
    together = np.concatenate(samples, 1)
    for method in quantise.METHODS:
        limits = quantise.calibrate(samples, method=method, axis=0)
        assert [limit.shape for limit in limits] == [(3, 1, 1)] * 2
        expected = quantise.calibrate(together, method=method, axis=0)
        assert all((a == b).all() for a, b in zip(limits, expected, strict=True))
    assert (limits.high > 0).all()


def test_grid_finds_the_best_of_the_search():
    x = np.random.default_rng(3).normal(size=800)
    q = quantise.grid(x, "flint4")
    errors = {}
    for i in range(75, 150):
        scale = np.abs(x).max() * (i / 100) / 16
        errors[i] = ((scale * Flint(4).nearest(x / scale) - x) ** 2).mean()
    best = min(errors, key=errors.get)
    assert float(q.scale) == pytest.approx(np.abs(x).max() * best / 1600, rel=1e-12)
    assert q.error(x) == pytest.approx(errors[best], rel=1e-9)
    assert float(quantise.grid(x, "int8").scale) >= np.abs(x).max() * 0.95 / 127


def test_of_equally_good_scales_the_first_is_chosen():
    for search in ([1, 2], [2, 1], [4, 1, 2]):
        assert float(quantise.grid([64.0, -32.0], "pot4", search=search).scale) == search[0]
    assert float(quantise.grid([0.0, 0.0]).scale) == float(quantise.olive([0.0, 0.0]).scale) == 1


def test_tensors_on_the_grid_are_exact():
    for format in ("pot4", "apot4", "flint4", "float5", "uflint4", "ufloat4", "uapot4", "flint8"):
        q = quantise.grid(np.zeros(1), format)
        x = q.format.levels * 0.375
        assert quantise.grid(x, format).dequantise() == pytest.approx(x, rel=1e-12)


DISTRIBUTIONS = {
    "uniform": lambda rng: rng.uniform(-1, 1, N),
    "normal": lambda rng: rng.normal(size=N),
    "laplace": lambda rng: rng.laplace(size=N),
    "student3": lambda rng: rng.standard_t(3, size=N),
    "lognormal": lambda rng: rng.lognormal(sigma=2, size=N) * rng.choice([-1, 1], N),
}


@pytest.mark.parametrize(
    ("name", "signed", "unsigned"),
    [
        ("uniform", Uniform, Uniform),
        ("normal", Flint, Uniform),
        ("laplace", Flint, Flint),
        ("student3", PoT, AntFloat),
        ("lognormal", PoT, AntFloat),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_ant_chooses_by_distribution(name, signed, unsigned, seed):
    """The longer the tail, the more of the codes are large: int, then flint, then powers of two or float."""
    x = DISTRIBUTIONS[name](np.random.default_rng(seed))
    assert type(quantise.ant(x).format) is signed
    assert type(quantise.ant(np.abs(x)).format) is unsigned


def test_ant_chooses_the_first_of_equally_good_types():
    x = np.random.default_rng(0).standard_t(3, size=2000)
    assert type(quantise.ant(x, candidates=("float", "pot")).format) is AntFloat
    assert type(quantise.ant(x, candidates=("pot", "float")).format) is PoT
    assert quantise.ant(np.abs(x), bits=5).format.bits == 5
    # If a type does not exist in that width, one of the others is chosen.
    assert quantise.ant(x, bits=8).format.bits == 8


@pytest.mark.parametrize("normal", ["int4", "flint4"])
def test_pairs_pay_with_outliers(normal):
    """With a few large outliers, pairs are better than the same normal type, clipped or scaled to the outliers."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=N)
    x[rng.choice(N, N // 200, replace=False)] *= 12
    pairs = quantise.olive(x, normal)
    q = quantise.grid(x, normal)
    assert pairs.error(x) < 0.5 * q.error(x)
    every = [quantise.grid(x, normal, search=[part]) for part in np.arange(3, 150, 3) / 100]
    assert pairs.error(x) < min(q.error(x) for q in every)


@pytest.mark.parametrize("name", ["laplace", "student3"])
def test_pairs_beat_clipping_at_three_sigma(name):
    x = DISTRIBUTIONS[name](np.random.default_rng(6))
    pairs = quantise.olive(x, "int4")
    clipped = pairs.scale * Uniform("int4", narrow=True).nearest(x / pairs.scale)
    assert pairs.error(x) < np.mean((clipped - x) ** 2)
    assert pairs.error(x) < quantise.uniform(x, "int4").error(x)


def test_pairs_do_not_pay_without_outliers():
    x = DISTRIBUTIONS["uniform"](np.random.default_rng(7))
    assert quantise.uniform(x, "int4").error(x) < quantise.olive(x, "int4").error(x)


def test_pairs_of_odd_rows():
    x = tensor((3, 7))
    q = quantise.olive(x, axis=0)
    assert q.codes.shape == (3, 8)
    assert q.dequantise().shape == (3, 7)
    even = quantise.olive(np.pad(x, [(0, 0), (0, 1)]), search=[1.0])
    assert even.codes.shape == (3, 8)


def test_codebook():
    x = np.random.default_rng(8).normal(size=(50, 60))
    x[np.abs(x) < 0.7] = 0
    q = quantise.codebook(x)
    assert q.format.entries[0] == 0
    assert max(abs(entry) for entry in q.format.entries) == 32767
    assert (q.codes[x == 0] == 0).all()
    assert q.error(x) < quantise.uniform(x, "int4").error(x)
    few = np.array([0.0, 1.5, -3.0, 1.5])
    assert quantise.codebook(few, 4).dequantise() == pytest.approx(few, abs=1e-4)
    assert quantise.codebook(np.zeros(3)).dequantise().tolist() == [0, 0, 0]


def test_bfloat16():
    x = np.array([1.0, -1.00390625, 3.0e38, 1e-40])
    q = quantise.bfloat16(x)
    assert q.dequantise() == pytest.approx(x, rel=2**-8, abs=2**-134)
    assert quantise.bfloat16(x, subnormals="flush").dequantise()[3] == 0
    with pytest.raises(QuantiseError, match="more than bfloat16 holds"):
        quantise.bfloat16([3.4e38])


def test_scalars():
    for q in (quantise.uniform(2.0), quantise.grid(-2.0), quantise.bfloat16(2.0), quantise.codebook(2.0)):
        assert abs(float(q.dequantise())) == pytest.approx(2.0, rel=0.02)


FUNCTIONS = [
    quantise.uniform, quantise.grid, quantise.ant, quantise.olive, quantise.codebook, quantise.bfloat16,
    quantise.calibrate,
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1.0, np.nan]], r"holds NaN at \(0, 1\)"),
        ([-np.inf, 0.0], r"holds infinity at \(0,\)"),
        (np.zeros((3, 0)), r"shape \(3, 0\) has no values"),
        ([1e200, 0.0], "holds 1e\\+200 in magnitude"),
        (["a", "b"], "not an array of real numbers"),
        ([[1.0], [1.0, 2.0]], "not an array of real numbers"),
        (np.array([1 + 2j, 0]), "not an array of real numbers"),
    ],
)
def test_tensors_that_cannot_be_quantised(function, values, message):
    given = [values] if function is quantise.calibrate else values
    with pytest.raises(QuantiseError, match=message) as raised:
        function(given)
    assert isinstance(raised.value, ValueError)
    assert "\n" not in str(raised.value)


X = np.array([[-1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quantise.uniform(X, limits=(2, 1)), "limits 2 to 1 are in the wrong order"),
        (lambda: quantise.uniform(X, limits=(np.nan, 1)), "limits nan to 1 are not numbers"),
        (lambda: quantise.uniform(X, limits=(0, np.inf)), "limits 0 to inf are not numbers"),
        (lambda: quantise.uniform(X, limits=(1, 2, 3)), "limits are not a lowest and a highest"),
        (lambda: quantise.uniform(X, limits=3), "limits are not a lowest and a highest"),
        (lambda: quantise.uniform(X, limits=("low", "high")), "limits are not a lowest and a highest"),
        (lambda: quantise.uniform(X, limits=([], [])), r"limits of shape \(0,\)"),
        (lambda: quantise.uniform(X, limits=(np.zeros(3), np.ones(3))), r"limits of shape \(3,\)"),
        (lambda: quantise.uniform(X, limits=(np.zeros((2, 2, 2)), np.ones((2, 2, 2)))), r"limits of shape \(2, 2, 2\)"),
        (lambda: quantise.uniform(X, axis=0).encode(np.ones(3)), r"scales of shape \(2, 1\) do not fit shape \(3,\)"),
        (lambda: quantise.uniform(X).encode([np.nan]), "holds NaN"),
        (lambda: quantise.uniform(X).encode([]), "has no values"),
        (lambda: quantise.olive(X).encode(3.0), r"pairs lie along the last axis, and shape \(\) has none"),
        (lambda: quantise.uniform(X, "uint8"), "uint8 with zero point 0 holds nothing below 0"),
        (lambda: quantise.uniform(X, "int1"), "int1 is not int2 to int16"),
        (lambda: quantise.uniform(X, "flint4"), "flint4 is not int2 to int16"),
        (lambda: quantise.uniform(X, "int99"), "int99 is not one of"),
        (lambda: quantise.uniform(X, rounding="odd"), "rounding odd is not one of"),
        (lambda: quantise.uniform(X, axis=2), "axis 2 is not one of the 2 axes"),
        (lambda: quantise.uniform(X, method="max"), "method max is not one of"),
        (lambda: quantise.uniform(X, method="percentile", percentile=50), "percentile 50 is not above 50"),
        (lambda: quantise.calibrate([]), "no samples"),
        (lambda: quantise.calibrate([X, np.ones((3, 2))], axis=0), "samples have 2 and 3 channels along axis 0"),
        (lambda: quantise.grid(X, "uflint4"), "uflint4 has no sign, and the tensor holds -1"),
        (lambda: quantise.grid(X, "pot9"), "PoT with a sign has 2 to 7 bits"),
        (lambda: quantise.grid(X, search=[]), "search is not a list of positive numbers"),
        (lambda: quantise.grid(X, search=[0.5, 0]), "search is not a list of positive numbers"),
        (lambda: quantise.ant(X, candidates=()), "no candidates"),
        (lambda: quantise.ant(X, 99), "no candidates"),
        (lambda: quantise.ant(X, 8, candidates=["int", "pot"]), "PoT with a sign has 2 to 7 bits, not 8"),
        (lambda: quantise.olive(X, "int5"), "normal format int5 is not one of"),
        (lambda: quantise.olive(X, axis=1), "pairs lie along the last axis"),
        (lambda: quantise.olive(3.0), r"shape \(\) has no scales"),
        (lambda: quantise.codebook(X, 12), "power of two of entries, at least 2, not 12"),
        (lambda: quantise.codebook(X, width=40), "entries have 2 to 32 bits, not 40"),
        (lambda: quantise.bfloat16(X, subnormals="no"), "subnormals no is not one of keep, flush"),
    ],
)
def test_contradictory_requests(call, message):
    with pytest.raises(QuantiseError, match=message):
        call()
