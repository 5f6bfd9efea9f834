"""Properties of every format of codes: all codes, nearest values by brute force, messages."""

import numpy as np
import pytest

from systola.sim.golden.formats.abfloat import AbFloat
from systola.sim.golden.formats.ant_float import AntFloat
from systola.sim.golden.formats.codebook import Codebook
from systola.sim.golden.formats.flint import Flint
from systola.sim.golden.formats.grid import nearest_index
from systola.sim.golden.formats.pot import APoT, PoT
from systola.sim.golden.formats.uniform import Uniform

FORMATS = [
    *(Uniform(f"{u}int{bits}", rounding="up") for u in ("", "u") for bits in (2, 3, 4, 8, 10)),
    *(Uniform(f"int{bits}", narrow=True, rounding="up") for bits in (2, 4, 8)),
    *(PoT(bits + signed, signed) for bits in range(1, 7) for signed in (False, True)),
    *(APoT(bits + signed, signed) for bits in (2, 3, 4, 5, 6, 8) for signed in (False, True)),
    *(Flint(bits + signed, signed) for bits in range(3, 9) for signed in (False, True)),
    *(AntFloat(bits + signed, signed) for bits in (3, 4, 5, 7) for signed in (False, True)),
    *(AntFloat(8, signed, exponent_bits=e) for e in (2, 4, 5) for signed in (False, True)),
    *(AbFloat(2, 1, bias=2), AbFloat(2, 1, bias=3), AbFloat(4, 3, bias=4), AbFloat(4, 3, bias=4, limit=1 << 15)),
    *(Codebook((0, 5, -7, 300)), Codebook(tuple(range(0, -160, -10))), Codebook((0, 3, 3, 9))),
]


@pytest.mark.parametrize("form", FORMATS, ids=str)
def test_all_codes(form):
    codes = np.arange(1 << form.bits)
    values = form.decode(codes)
    base, shift = form.fields(codes)
    terms = base << shift
    assert (values == (terms.sum(-1) if terms.ndim == 2 else terms)).all()
    assert (shift >= 0).all()
    # A canonical code is the encoding of its value; any other code has the value of a canonical one, or none.
    assert (form.encode(form.decode(form.codes)) == form.codes).all()
    assert (np.diff(form.levels) > 0).all()
    assert set(form.levels) <= set(values)
    assert (form.nearest(form.levels) == form.levels).all()
    assert form.peak == form.levels.max()


@pytest.mark.parametrize("form", FORMATS, ids=str)
def test_ties_round_to_the_larger_value(form):
    """As rounding is monotonic, its boundaries define it: one float64 below and one above each."""
    levels = form.levels
    borders = (levels[1:] + levels[:-1]) / 2
    assert (form.nearest(borders) == levels[1:]).all()
    assert (form.nearest(np.nextafter(borders, np.inf)) == levels[1:]).all()
    assert (form.nearest(np.nextafter(borders, -np.inf)) == levels[:-1]).all()
    ends = form.nearest([-np.inf, -1e300, levels[0] * 2.0 - 1, levels[-1] * 2.0 + 1, 1e300, np.inf])
    assert ends.tolist() == [levels[0]] * 3 + [levels[-1]] * 3


@pytest.mark.parametrize("form", FORMATS, ids=str)
def test_the_nearest_by_brute_force(form):
    rng = np.random.default_rng(1)
    low, high = float(form.levels[0]), float(form.levels[-1])
    spread = rng.uniform(low * 1.2 - 1, high * 1.2 + 1, 500)
    values = np.sort(np.concatenate([spread, rng.normal(0, 5, 500), spread / 50, [0.0, -0.0]]))
    chosen = form.nearest(values)
    # Clipped, so that distances of far values remain exact enough to compare.
    distance = np.abs(np.clip(values, low, high)[:, None] - form.levels).min(1)
    error = np.abs(np.clip(values, low, high) - chosen)
    assert error == pytest.approx(distance, rel=1e-12, abs=1e-12)
    assert (np.diff(chosen) >= 0).all()
    assert (form.decode(form.encode(values)) == chosen).all()


def test_shapes_are_kept():
    form = Flint(4)
    for shape in ((), (0,), (3,), (2, 3, 4)):
        assert form.encode(np.zeros(shape)).shape == shape
        assert form.decode(np.zeros(shape, int)).shape == shape
        assert APoT(4).decode(np.zeros(shape, int)).shape == shape
        assert APoT(5).fields(np.zeros(shape, int))[0].shape == (*shape, 2)


@pytest.mark.parametrize(("code", "form"), [(16, Flint(4)), (-1, PoT(4)), (8, Codebook(tuple(range(8))))])
def test_illegal_codes(code, form):
    with pytest.raises(ValueError, match=f"codes of {form.bits} bits are 0 to {2**form.bits - 1}, not {code}"):
        form.decode([0, code])


def test_ties_go_up():
    assert nearest_index(np.array([-2, 0, 2]), [-1, 1, -1.01, 0.99]).tolist() == [1, 2, 0, 1]
