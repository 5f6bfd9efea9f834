"""Stimulus of the N:M sparse matrix engine: random tiles, some with illegal metadata, and those of a whole product."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..golden.formats import sparse
from . import gemm
from .illegal_places import Kind, corrupt, kinds
from .systolic import SystolicCase, draw


@dataclass
class Compressed:
    """Weights of a tile: values and their places in the groups, (columns, groups, n) each."""

    kept: np.ndarray
    places: np.ndarray


def pattern(sparsity: str) -> tuple[int, int]:
    """(n, m) of "n:m"."""
    n, m = sparsity.split(":")
    return int(n), int(m)


def tiles(a: np.ndarray, w: np.ndarray, rows: int, cols: int, sparsity: str = "2:4") -> list:
    """Cut A (M, K) and an n:m sparse W (K, N) into tiles for an engine of rows x cols: see `gemm.tiles`.

    `gemm.assemble` with `rows` * m / n assembles their results. Raises `ValueError` where W is not n:m along K.
    """
    n, m = pattern(sparsity)
    return [(x, Compressed(*sparse.compress(y.T, n, m))) for x, y in gemm.tiles(a, w, rows * m // n, cols)]


def random_cases(parameters: dict, count: int, seed: int, *, tiles: int = 4) -> list[SystolicCase]:
    """Seeded random tiles that fit the engine: every fourth case runs without pauses, some hold only extreme values.

    In every other tile some of the metadata are illegal, of all kinds in turn. Every eighth case, without pauses, has
    only tiles of one row: their period is that of the weights.
    """
    rng = np.random.default_rng(seed)
    n, m = pattern(parameters["sparsity"])
    turn = kinds(n)
    return [_random_case(parameters, rng, number, tiles, n, m, turn) for number in range(count)]


def many_tiles(parameters: dict, count: int, rng: np.random.Generator) -> SystolicCase:
    """Case of `count` equal tiles of one row, the last of which has illegal metadata in its first group."""
    n, m = pattern(parameters["sparsity"])
    shape = (parameters["cols"], parameters["rows"] // n, n)
    a = draw(rng, parameters["a_format"], (1, shape[1] * m), "uniform")
    kept = draw(rng, parameters["w_format"], shape, "uniform")
    places = np.broadcast_to(np.arange(n), shape)
    wrong = places.copy()
    wrong[:, 0] = 0
    return SystolicCase([(a, Compressed(kept, places))] * (count - 1) + [(a, Compressed(kept, wrong))])


def _random_case(
    p: dict, rng: np.random.Generator, number: int, tiles: int, n: int, m: int, turn: Iterator[Kind]
) -> SystolicCase:
    shape = (p["cols"], p["rows"] // n, n)
    pairs = []
    short = number % 8 == 4
    for _ in range(tiles if short else int(rng.integers(1, tiles + 1))):
        kind = ("uniform", "extremes", "uniform", "sparse")[int(rng.integers(4))]
        length = 1 if short else int(rng.integers(1, 3 * shape[1] + 2))
        a = draw(rng, p["a_format"], (length, shape[1] * m), kind)
        kept = draw(rng, p["w_format"], shape, kind)
        places = np.sort(rng.random((*shape[:2], m)).argsort(-1)[..., :n], -1)
        wrong = rng.random(shape[:2]) < rng.choice([0.0, 0.1, 0.7], p=[0.5, 0.3, 0.2])
        pairs.append((a, Compressed(kept, corrupt(rng, places, wrong, m, turn))))
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 4) * (number % 4 != 0)
    stall = float(gaps[3]) if p["buffer"] != 0 else 0.0
    names = ("a", "w", "meta")
    return SystolicCase(pairs, dict(zip(names, gaps.tolist(), strict=False)), stall, seed=int(rng.integers(2**31)))
