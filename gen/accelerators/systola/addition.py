"""Exact requantised sums of two tensors: a search for factors, checked for all pairs of values."""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ....sim.golden.integer import limits
from ....sim.golden.requantise import fixed_point, requantise
from ....sim.network.arithmetic import Tflite
from ....sim.network.arithmetic.tflite import Rescale
from ....sim.network.graph import Addition, Graph, Subtraction
from ...compile.layers import SAME, SCALES, Scale

CANDIDATES = 512
"""Number of pairs of factors that are tried."""
SPREAD = np.arange(-256, 257) * 2.0**-31
"""Relative deviations of the scale that are tried."""


class Sum(NamedTuple):
    """Addition y = requantise(p a + q b + bias): `factors` p and q, and the scale with the bias."""

    factors: tuple[int, int]
    scale: Scale


class _Addends(NamedTuple):
    """Two tensors and their sum: type, zero points, and the arithmetic in parts that compare by value."""

    type: str
    zero_points: tuple[int, int, int]
    multiplier: int
    shift: int
    bounds: tuple[int, int]
    rounding: str
    operands: tuple[int | Rescale, int | Rescale]
    bias: int
    negative: bool


def exact_sum(graph: Graph, node: Addition | Subtraction, rounding: str) -> Sum | None:
    """Factors and scale that give every result of a node exactly, with the machine's `rounding`; None if none is found.

    Integer factors of the node's arithmetic are used unchanged. If the arithmetic scales its addends before it adds
    them, or has another rounding, factors are searched, and all 65,536 pairs of values are checked.
    """
    a, b, y = (graph[name] for name in (*node.inputs, node.output))
    rule, sign = node.arithmetic, -1 if isinstance(node, Subtraction) else 1
    assert isinstance(rule, Tflite)
    p, q = rule.operands
    if isinstance(p, int) and isinstance(q, int) and all(SCALES[0] <= factor <= SCALES[1] for factor in (p, sign * q)):
        bias = rule.bias - p * a.zero_point - sign * q * b.zero_point
        if rule.multiplier is None:
            return Sum((p, sign * q), replace(SAME, bias=bias))
        if rule.rounding == rounding:
            scale = Scale(np.asarray(rule.multiplier).item(), np.asarray(rule.shift).item(), bias)
            return Sum((p, sign * q), scale)
    if rule.multiplier is None:
        return None
    least, most = limits(y.type)
    return _search(
        _Addends(
            a.type,
            (a.zero_point, b.zero_point, y.zero_point),
            np.asarray(rule.multiplier).item(),
            np.asarray(rule.shift).item(),
            (least if rule.low is None else rule.low, most if rule.high is None else rule.high),
            rule.rounding,
            rule.operands,
            rule.bias,
            isinstance(node, Subtraction),
        ),
        rounding,
    )


@lru_cache(maxsize=256)
def _search(each: _Addends, rounding: str) -> Sum | None:
    """First of the candidate pairs of factors with a scale and a bias that give all results exactly."""
    low, high = limits(each.type)
    values = np.arange(low, high + 1)
    first, second = (
        _addend(values - zero, part, each.rounding)
        for zero, part in zip(each.zero_points[:2], each.operands, strict=True)
    )
    sign = -1 if each.negative else 1
    sums = first[:, None] + sign * second + each.bias
    expected = requantise(
        sums,
        each.multiplier,
        each.shift,
        rounding=each.rounding,
        zero_point=each.zero_points[2],
        low=each.bounds[0],
        high=each.bounds[1],
    )
    units = [_unit(part) * each.multiplier * 2.0 ** (each.shift - 31) for part in each.operands]
    for p, q in _factors(*units):
        sums = p * (values - each.zero_points[0])[:, None] + sign * q * (values - each.zero_points[1])
        found = _fit(sums, expected, each, units[0] / p)
        if found is None:
            continue
        scale, bias = found
        multiplier, shift = fixed_point(scale)
        result = requantise(
            sums,
            multiplier,
            shift,
            rounding=rounding,
            bias=bias,
            zero_point=each.zero_points[2],
            low=each.bounds[0],
            high=each.bounds[1],
        )
        if (result == expected).all():
            bias -= p * each.zero_points[0] + sign * q * each.zero_points[1]
            return Sum((p, sign * q), Scale(multiplier, shift, bias))
    return None


def _addend(x: np.ndarray, part: int | Rescale, rounding: str) -> np.ndarray:
    """Values of an operand in the unit of the sum."""
    if isinstance(part, Rescale):
        return requantise(x << part.left, part.multiplier, part.shift, rounding=rounding)
    return x * part


def _unit(part: int | Rescale) -> float:
    """Real factor of an addend."""
    return part.multiplier * 2.0 ** (part.shift - 31 + part.left) if isinstance(part, Rescale) else float(part)


def _factors(first: float, second: float):
    """Pairs of factors p and q with p / q near first / second, the nearest first; larger ones before their divisors."""
    larger = np.arange(SCALES[1], 0, -1)
    exact = larger * (min(first, second) / max(first, second))
    smaller = np.rint(exact)
    order = np.argsort(np.abs(smaller - exact) / larger, kind="stable")[:CANDIDATES]
    for large, small in zip(larger[order].tolist(), smaller[order].astype(int).tolist(), strict=True):
        yield (large, small) if first >= second else (small, large)


def _fit(sums: np.ndarray, expected: np.ndarray, each: _Addends, scale: float) -> tuple[float, int] | None:
    """Scale near `scale` and bias that put every sum on its side of every threshold between two results.

    The threshold above result k, k + 1/2 - zero point, must be above scale * (sum + bias) for all sums with results up
    to k, and below it for all others.
    """
    order = np.argsort(expected, axis=None, kind="stable")
    results, ordered = expected.ravel()[order], sums.ravel()[order]
    levels, starts = np.unique(results, return_index=True)
    largest = np.maximum.accumulate(np.maximum.reduceat(ordered, starts))[:-1]
    smallest = np.minimum.accumulate(np.minimum.reduceat(ordered, starts)[::-1])[::-1][1:]
    if (largest >= smallest).any():
        return None
    scales = scale * (1 + SPREAD[np.argsort(np.abs(SPREAD), kind="stable")])
    thresholds = (levels[:-1] + 0.5 - each.zero_points[2]) / scales[:, None]
    low, high = (thresholds - smallest).max(axis=1), (thresholds - largest).min(axis=1)
    middle = np.rint((low + high) / 2)
    legal = np.flatnonzero((low < middle) & (middle < high))
    if not legal.size:
        return None
    at = legal[np.argmax((high - low)[legal])]
    return float(scales[at]), int(middle[at])
