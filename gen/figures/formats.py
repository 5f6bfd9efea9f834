"""Figures of the number formats: quantisation error on several distributions."""

import numpy as np

from ...sim.golden.formats.names import find
from ...sim.network import quantise
from .section import Section

COUNT = 100_000
SIGNED = ("int4", "flint4", "pot4", "apot4")
UNSIGNED = ("uint4", "uflint4", "upot4", "ufloat4", "uapot4")
PAIRS = ("int4", "flint4")

TENSORS = {
    "uniform": lambda rng: rng.uniform(-1, 1, COUNT),
    "normal": lambda rng: rng.normal(size=COUNT),
    "Laplace": lambda rng: rng.laplace(size=COUNT),
    "Student, 3 degrees": lambda rng: rng.standard_t(3, COUNT),
    "log-normal, sigma 2": lambda rng: rng.lognormal(sigma=2, size=COUNT) * rng.choice([-1, 1], COUNT),
}


def errors() -> Section:
    """Mean squared error of every four-bit format, and the choice of ANT's search."""
    section = Section(
        "Four-bit number formats: quantisation error",
        f"Mean squared error in per cent of the mean square, {COUNT:,} values, seed 0, one scale per tensor as "
        "determined by `quantise.grid` and `quantise.olive` by default. `ant` is the choice of `quantise.ant` among "
        "int, flint, PoT and float. Pairs reserve one code for outliers, and lose one value of each pair with an "
        "outlier. 16 entries: a codebook made for the tensor.",
        ["tensor", "ant", *SIGNED, *(f"pairs, {name}" for name in PAIRS), "16 entries", *UNSIGNED, "ant, magnitudes"],
    )
    for title, draw in TENSORS.items():
        values = draw(np.random.default_rng(0))
        magnitudes = np.abs(values)
        row = [_error(quantise.grid(values, name), values) for name in SIGNED]
        row += [_error(quantise.olive(values, name), values) for name in PAIRS]
        row.append(_error(quantise.codebook(values), values))
        row += [_error(quantise.grid(magnitudes, name), magnitudes) for name in UNSIGNED]
        section.rows.append([title, _name(quantise.ant(values)), *row, _name(quantise.ant(magnitudes))])
    return section


def _error(q: quantise.Quantised, values: np.ndarray) -> str:
    return f"{100 * q.error(values) / np.square(values).mean():.3g}"


def _name(q: quantise.Quantised) -> str:
    return next(name for name in (*SIGNED, *UNSIGNED) if find(name) == q.format)
