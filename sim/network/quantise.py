"""Quantisation of tensors to codes and back.

    q = quantise.uniform(weights, "int8", axis=0)                    # one scale for each output channel
    q.codes, q.scale, q.dequantise()

Every function takes an array of reals of any shape, and returns a :class:`Quantised` whose codes have the same shape.
With `axis` there is one scale per index of that axis, otherwise one scale per tensor. A scale is dynamic if it is
derived from the tensor itself. It is static if it comes from the limits that :func:`calibrate` derived from samples,
or, in any format, from an earlier quantisation (:meth:`Quantised.encode`). All results are deterministic. Input that
cannot be quantised (NaN, infinities, empty tensors, impossible limits) raises :class:`QuantiseError`.
"""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ..golden.formats import bfloat16 as bf16
from ..golden.formats import codebook as books
from ..golden.formats.names import find
from ..golden.formats.olive import Pairs
from ..golden.formats.uniform import Uniform

TYPES = ("int", "flint", "pot", "float")
"""Candidate types of ANT."""
METHODS = ("minmax", "percentile", "mse")
LARGEST = 1e100
"""Limit of magnitudes: sums of squares of larger values would overflow float64."""


class QuantiseError(ValueError):
    """Tensor or request that cannot be quantised, in one sentence."""


class Limits(NamedTuple):
    """Limits `low` and `high` of reals, each an array that broadcasts with the tensor: one number, or one per
    channel."""

    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Quantised:
    """Tensor in codes: real = scale * (integer - zero)."""

    codes: np.ndarray
    """Bit patterns from 0 to 2^bits - 1, int64, shaped as the tensor; pairs have an even last axis."""
    format: Any
    """Format of the codes, with `decode(codes)`: one of `sim.golden.formats`."""
    scale: np.ndarray
    """Scale; broadcasts with `codes`."""
    zero: np.ndarray
    """Integer that represents 0.0; broadcasts with `codes`."""
    columns: int
    """Length of the tensor's last axis, without the padding for pairs."""

    @property
    def integers(self) -> np.ndarray:
        """Values of the codes, with their zero point: int64 (float32 for bfloat16)."""
        return self.format.decode(self.codes)

    def dequantise(self) -> np.ndarray:
        """Reals that the codes represent, float64."""
        reals = self.scale * (self.integers.astype(np.float64) - self.zero)
        return reals[..., : self.columns] if reals.ndim else reals

    def encode(self, values: np.ndarray) -> "Quantised":
        """Encode other values in this format with this scale and zero point: static, for any format. Values out of
        range saturate."""
        values = checked(values)
        if not _fits(self.scale, values):
            raise QuantiseError(f"scales of shape {self.scale.shape} do not fit shape {values.shape}")
        columns = values.shape[-1] if values.ndim else 1
        if isinstance(self.format, Pairs):
            if not values.ndim:
                raise QuantiseError("pairs lie along the last axis, and shape () has none")
            values = _paired(values)
        codes = self.format.encode(_divided(values, self.scale) + self.zero)
        return replace(self, codes=codes, columns=columns)

    def error(self, values: np.ndarray) -> float:
        """Mean squared difference from the tensor."""
        return float(np.mean((np.asarray(values, np.float64) - self.dequantise()) ** 2))


def calibrate(
    samples: np.ndarray | Sequence[np.ndarray],
    *,
    method: str = "minmax",
    percentile: float = 99.9,
    format: str = "int8",
    symmetric: bool = True,
    axis: int | None = None,
) -> Limits:
    """Limits for :func:`uniform`, from one array or a list of arrays with the same channels along `axis`.

    "minmax": the full range. "percentile": that percentage of the magnitudes if `symmetric`, otherwise without
    100 - percentile per cent at each end. "mse": of 1, 0.99, ... 0.2 times the limits of "minmax" those with the
    least squared error in `format`; of equally good ones the widest.
    """
    arrays: Sequence[Any] = samples if isinstance(samples, list | tuple) else [samples]
    if not arrays:
        raise QuantiseError("there are no samples to calibrate with")
    arrays = [checked(array) for array in arrays]
    rows = [_rows(array, axis) for array in arrays]
    if len({len(each) for each in rows}) > 1:
        raise QuantiseError(f"samples have {' and '.join(str(len(each)) for each in rows)} channels along axis {axis}")
    limits = _limits(np.concatenate(rows, 1), _uniform(format, symmetric), method, percentile, symmetric)
    shape = _shape(arrays[0], axis)
    return Limits(*(limit.reshape(shape) for limit in limits))


def uniform(
    values: np.ndarray,
    format: str = "int8",
    *,
    symmetric: bool = True,
    axis: int | None = None,
    limits: Limits | tuple[float, float] | None = None,
    method: str = "minmax",
    percentile: float = 99.9,
    rounding: str = "even",
) -> Quantised:
    """Quantise to integers with a scale, and a zero point unless `symmetric`; one of each per index of `axis`.

    `format` is int2 to int16 or uint1 to uint16. Symmetric signed formats are narrow (int8: -127 to 127). By default
    the limits are derived from the values by :func:`calibrate`; values outside given `limits` saturate.
    """
    values = checked(values)
    form = _uniform(format, symmetric, rounding)
    if limits is None:
        limits = calibrate(values, method=method, percentile=percentile, format=format, symmetric=symmetric, axis=axis)
    try:
        low, high = (np.asarray(limit, np.float64) for limit in limits)
    except (TypeError, ValueError):
        raise QuantiseError("limits are not a lowest and a highest real number, or one of each per channel") from None
    if not _fits(low, values) or not _fits(high, values):
        raise QuantiseError(f"limits of shape {low.shape} and {high.shape} do not fit shape {values.shape}")
    if not (np.abs([low.min(), low.max(), high.min(), high.max()]) <= LARGEST).all():
        raise QuantiseError(f"limits {_text(low)} to {_text(high)} are not numbers up to {LARGEST:g}")
    if (low > high).any():
        raise QuantiseError(f"limits {_text(low)} to {_text(high)} are in the wrong order")
    if symmetric and format.startswith("u") and (low < 0).any():
        raise QuantiseError(f"{format} with zero point 0 holds nothing below 0, and the limits begin at {_text(low)}")
    scale, zero = _affine(form, low, high, symmetric)
    return _quantised(form, form.round(_divided(values, scale)) + zero, scale, zero)


def grid(
    values: np.ndarray, format: str = "flint4", *, axis: int | None = None, search: Sequence | None = None
) -> Quantised:
    """Quantise in any format of `golden.formats.names`, with the scale of least squared error.

    The largest value of the format represents alpha, and alpha is max|values| times each of `search`, by default 0.75,
    0.76, ... 1.49 (ANT), from 0.95 for more than 6 bits; the first of equally good ones.
    """
    values = checked(values)
    form = _find(format)
    if format.startswith("u") and values.min() < 0:
        raise QuantiseError(f"{format} has no sign, and the tensor holds {values.min():g}")
    factors = np.arange(95 if form.bits > 6 else 75, 150) / 100 if search is None else search
    rows = _rows(values, axis)
    scale = _search(rows, form, np.abs(rows).max(1), factors).reshape(_shape(values, axis))
    return _quantised(form, _divided(values, scale), scale)


def ant(
    values: np.ndarray,
    bits: int = 4,
    *,
    candidates: Sequence[str] | None = None,
    axis: int | None = None,
    search: Sequence | None = None,
) -> Quantised:
    """Quantise in the format of least squared error for the whole tensor, each scaled as by :func:`grid`; ties: first.

    Candidates are those given, by default int, flint, pot and float, as far as they exist with this number of bits.
    They are signed if the tensor holds negative values. ANT's signed float of four bits is the same as its pot.
    """
    values = checked(values)
    sign = "" if values.min() < 0 else "u"
    names = [f"{sign}{name}{bits}" for name in (TYPES if candidates is None else candidates)]
    if candidates is None:
        names = [name for name in names if _exists(name)]
    if not names:
        raise QuantiseError("there are no candidates to choose from")
    tried = [grid(values, name, axis=axis, search=search) for name in names]
    return min(tried, key=lambda q: q.error(values))


def olive(
    values: np.ndarray,
    normal: str = "int4",
    *,
    keep: str = "larger",
    axis: int | None = None,
    search: Sequence | None = None,
) -> Quantised:
    """Quantise to outlier-victim pairs along the last axis, which is padded with a 0 if it is odd.

    The largest normal value represents alpha, and alpha is max|mean +- 3 sigma| times each of `search`, by default
    0.75, 0.77, ... 1.49; the one of least squared error is used, the first of equally good ones. `keep` selects which
    of two outliers in a pair stays: "larger" or "left".
    """
    values = checked(values)
    with translated():
        form = Pairs(normal, keep)
    if values.ndim == 0 or (axis is not None and axis % values.ndim == values.ndim - 1):
        raise QuantiseError(f"pairs lie along the last axis, so shape {values.shape} has no scales along axis {axis}")
    padded = _paired(values)
    rows = _rows(values, axis)
    alpha = np.abs(rows.mean(1)) + 3 * rows.std(1)
    factors = np.arange(75, 150, 2) / 100 if search is None else search
    scale = _search(_rows(padded, axis), form, alpha, factors).reshape(_shape(values, axis))
    return _quantised(form, _divided(padded, scale), scale, columns=values.shape[-1])


def codebook(values: np.ndarray, entries: int = 16, *, width: int = 16, zero: bool = True, seed: int = 0) -> Quantised:
    """Quantise to indices of a table of k-means centres (Deep Compression, EIE): entries of `width` bits, one scale.

    Entry 0 is 0 if `zero`. The scale is chosen so that the largest centre uses the whole width.
    """
    values = checked(values)
    if entries < 2 or entries & entries - 1:
        raise QuantiseError(f"a codebook has a power of two of entries, at least 2, not {entries}")
    if not 2 <= width <= 32:
        raise QuantiseError(f"entries have 2 to 32 bits, not {width}")
    centres = books.fit(values, entries, zero=zero, seed=seed)
    scale = _scale(np.abs(centres).max() / (2 ** (width - 1) - 1))
    table = books.Codebook(tuple(int(entry) for entry in np.rint(centres / scale)))
    return _quantised(table, _divided(values, scale), scale)


def bfloat16(values: np.ndarray, *, subnormals: str = "keep") -> Quantised:
    """Quantise to bfloat16: rounded to fp32, then to nearest even; scale 1. `subnormals`: "keep" or "flush"."""
    values = checked(values)
    with translated():
        codes = bf16.encode(values, subnormals=subnormals)
    if not np.isfinite(bf16.decode(codes)).all():
        raise QuantiseError(f"{np.abs(values).max():g} is more than bfloat16 holds, about 3.39e38")
    return Quantised(codes, bf16, np.asarray(1.0), np.asarray(0, np.int64), values.shape[-1] if values.ndim else 1)


@contextmanager
def translated(sentence: str | None = None):
    """Convert a `ValueError` of the formats to a :class:`QuantiseError` for callers of these functions."""
    try:
        yield
    except ValueError as error:
        raise QuantiseError(sentence or str(error)) from None


def checked(values: np.ndarray) -> np.ndarray:
    """Tensor as float64. Raises :class:`QuantiseError` where it cannot be quantised."""
    with translated("the tensor is not an array of real numbers"):
        values = np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise QuantiseError("the tensor is not an array of real numbers")
    values = values.astype(np.float64)
    if not values.size:
        raise QuantiseError(f"a tensor of shape {values.shape} has no values to quantise")
    for what, found in (("NaN", np.isnan(values)), ("infinity", np.isinf(values))):
        if found.any():
            raise QuantiseError(f"the tensor holds {what} at {tuple(int(i) for i in np.argwhere(found)[0])}")
    if (largest := np.abs(values).max()) > LARGEST:
        raise QuantiseError(f"the tensor holds {largest:g} in magnitude, which is more than {LARGEST:g}")
    return values


def _rows(values: np.ndarray, axis: int | None) -> np.ndarray:
    """Values as channels x values: one row without an axis."""
    if axis is None:
        return values.reshape(1, -1)
    if not -values.ndim <= axis < values.ndim:
        raise QuantiseError(f"axis {axis} is not one of the {values.ndim} axes of the tensor")
    return np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)


def _paired(values: np.ndarray) -> np.ndarray:
    """Append a 0 to a last axis of odd length."""
    return np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, values.shape[-1] % 2)])


def _shape(values: np.ndarray, axis: int | None) -> tuple[int, ...]:
    """Shape in which one number per channel broadcasts with the tensor."""
    return () if axis is None else tuple(size if i == axis % values.ndim else 1 for i, size in enumerate(values.shape))


def _fits(limit: np.ndarray, values: np.ndarray) -> bool:
    try:
        return np.broadcast_shapes(limit.shape, values.shape) == values.shape
    except ValueError:
        return False


def _find(format: str) -> Any:
    with translated():
        return find(format)


def _exists(format: str) -> bool:
    try:
        return bool(find(format))
    except ValueError:
        return False


def _uniform(format: str, symmetric: bool, rounding: str = "even") -> Uniform:
    if not isinstance(_find(format), Uniform) or format == "int1":
        raise QuantiseError(f"{format} is not int2 to int16 or uint1 to uint16")
    with translated():
        return Uniform(format, narrow=symmetric and not format.startswith("u"), rounding=rounding)


def _limits(rows: np.ndarray, form: Uniform, method: str, percentile: float, symmetric: bool) -> Limits:
    if method not in METHODS:
        raise QuantiseError(f"method {method} is not one of {', '.join(METHODS)}")
    if method == "percentile":
        if not 50 < percentile <= 100:
            raise QuantiseError(f"percentile {percentile} is not above 50 and at most 100")
        if symmetric:
            high = np.percentile(np.abs(rows), percentile, axis=1)
            return Limits(np.where(rows.min(1) < 0, -high, 0.0), high)
        return Limits(*np.percentile(rows, [100 - percentile, percentile], axis=1))
    low, high = rows.min(1), rows.max(1)
    if method == "minmax":
        return Limits(low, high)
    best, least = np.ones(len(rows)), np.full(len(rows), np.inf)
    for part in np.arange(100, 19, -1) / 100:
        scale, zero = (each[:, None] for each in _affine(form, low * part, high * part, symmetric))
        error = ((scale * (form.nearest(form.round(_divided(rows, scale)) + zero) - zero) - rows) ** 2).sum(1)
        best, least = np.where(error < least, part, best), np.minimum(error, least)
    return Limits(low * best, high * best)


def _affine(form: Uniform, low: np.ndarray, high: np.ndarray, symmetric: bool) -> tuple[np.ndarray, np.ndarray]:
    return (form.symmetric if symmetric else form.affine)(low, high)


def _divided(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Quotient, infinite where the scale is too small for the value: every format saturates that."""
    with np.errstate(over="ignore"):
        return values / scale


def _search(rows: np.ndarray, form: Any, alpha: np.ndarray, search: Sequence | np.ndarray) -> np.ndarray:
    """Scale of each row: the best of alpha / peak times each part of `search`, or the first; 1 if alpha is 0."""
    parts = np.asarray(search, np.float64)
    if parts.ndim != 1 or not parts.size or not (np.isfinite(parts) & (parts > 0)).all():
        raise QuantiseError("search is not a list of positive numbers")
    empty = alpha / form.peak == 0
    unit = np.where(empty, 1.0, alpha / form.peak)
    best, least = unit * parts[0], np.full(len(rows), np.inf)
    for part in parts:
        scale = unit * part
        error = ((scale[:, None] * form.nearest(_divided(rows, scale[:, None])) - rows) ** 2).sum(1)
        best, least = np.where(error < least, scale, best), np.minimum(error, least)
    return np.where(empty, 1.0, best)


def _scale(scale: np.ndarray) -> np.ndarray:
    """Replace the undefined scale of an all-zero tensor by 1."""
    return np.where(scale == 0, 1.0, scale)


def _quantised(
    form: Any, scaled: np.ndarray, scale: np.ndarray, zero: Any = 0, columns: int | None = None
) -> Quantised:
    if columns is None:
        columns = int(scaled.shape[-1]) if scaled.ndim else 1
    return Quantised(form.encode(scaled), form, np.asarray(scale), np.asarray(zero, np.int64), columns)


def _text(limit: np.ndarray) -> str:
    """One number for a message, for any number of channels."""
    return f"{np.asarray(limit).flat[0]:g}"
