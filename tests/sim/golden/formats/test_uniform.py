"""Integers: saturation, three roundings, scale and zero point."""

import numpy as np
import pytest

from systola.sim.golden.formats.uniform import Uniform


def test_codes_are_twos_complement():
    assert Uniform("int4").decode(np.arange(16)).tolist() == [*range(8), *range(-8, 0)]
    assert Uniform("uint4").decode(np.arange(16)).tolist() == list(range(16))
    assert Uniform("int8").encode([-200, -128, -127.4, -1, 0, 127, 1e30]).tolist() == [128, 128, 129, 255, 0, 127, 127]
    assert Uniform("int8", narrow=True).encode([-128, -127]).tolist() == [129, 129]
    assert Uniform("uint8").encode([-3, 255.4, 256]).tolist() == [0, 255, 255]


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("even", [-2, -2, 0, 0, 2, 2]), ("away", [-3, -2, -1, 1, 2, 3]), ("up", [-2, -1, 0, 1, 2, 3])],
)
def test_halves(rounding, expected):
    form = Uniform("int8", rounding=rounding)
    assert form.nearest([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]).tolist() == expected
    others = np.linspace(-140, 140, 997)
    others = others[np.abs(others % 1 - 0.5) > 1e-9]
    assert (form.nearest(others) == np.clip(np.rint(others), -128, 127)).all()


def test_affine():
    form = Uniform("uint8")
    assert [float(x) for x in form.affine(-1.0, 1.55)] == [pytest.approx(0.01), 100]
    # Widened to contain 0, rounded to an integer, saturated, and empty.
    assert [float(x) for x in form.affine(2.0, 5.1)] == [pytest.approx(0.02), 0]
    assert [float(x) for x in form.affine(-5.1, -2.0)] == [pytest.approx(0.02), 255]
    assert [float(x) for x in form.affine(0.0, 0.0)] == [1, 0]
    scale, zero = Uniform("int8").affine(np.array([-1.0, 0.0, -3.0]), np.array([1.0, 2.55, 0.0]))
    assert zero.tolist() == [0, -128, 127]
    assert scale == pytest.approx(np.array([2 / 255, 0.01, 3 / 255]))


def test_symmetric():
    scale, zero = Uniform("int8", narrow=True).symmetric(np.array([-2.54, -1.0, 0.0]), np.array([1.0, 1.27, 0.0]))
    assert scale == pytest.approx(np.array([0.02, 0.01, 1.0]))
    assert zero.tolist() == [0, 0, 0]


def test_zero_is_exact_and_errors_are_half_a_step():
    rng = np.random.default_rng(3)
    for name in ("int4", "uint4", "int8", "uint8"):
        form = Uniform(name)
        for low, high in rng.uniform(-5, 5, (200, 2)):
            low, high = min(low, high), max(low, high)
            scale, zero = form.affine(low, high)
            assert scale * (form.nearest(0 / scale + zero) - zero) == 0
            x = rng.uniform(low, high, 50)
            # Rounding of the zero point may move an end out of the range by up to 0.5 steps.
            assert (np.abs(scale * (form.nearest(x / scale + zero) - zero) - x) <= scale * 1.0001).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"rounding": "odd"}, "rounding odd is not one of"), ({"name": "uint8", "narrow": True}, "no narrow range")],
)
def test_mistakes(options, message):
    with pytest.raises(ValueError, match=message):
        Uniform(**options)
