"""Run a generated design against its golden model."""

import tempfile
from pathlib import Path

import numpy as np

from . import job
from .golden import integer
from .job import Case, Job, Outcome
from .simulator import SimulatorError, build


def simulate(design, cases: list[Case], *, simulator: str = "verilator", waves: Path | None = None, keep: bool = False,
             hier_blocks: tuple[str, ...] = (), timeout: float | None = None) -> tuple[Outcome, list[list[np.ndarray]]]:
    """Run `cases` on a generated design (`.name`, `.top`, `.verilog`, `.parameters`) in the bench of its name.

    Returns what was counted and, with `keep`, the results of every tile. A mismatch is counted, not raised; raises
    `SimulatorError` when the simulation itself fails.
    """
    built = build(design.verilog, design.top, simulator=simulator, waves=waves.suffix[1:] if waves else False,
                  hier_blocks=hier_blocks)
    with tempfile.TemporaryDirectory(prefix="systola-") as temporary:
        folder = Path(temporary)
        Job(design.parameters, cases, keep).save(folder)
        try:
            built.run(f"systola.sim.bench.{design.name}", env={job.ENVIRONMENT: str(folder)}, workdir=folder,
                      waves=waves, timeout=timeout)
        except SimulatorError:
            if not (folder / "outcome.json").exists():
                raise
        return job.load_outcome(folder)


def random_cases(parameters: dict, count: int, seed: int, *, tiles: int = 4) -> list[Case]:
    """Seeded random tiles that fit the engine: every fourth case runs without pauses, some hold only extreme values."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number, tiles) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int, tiles: int) -> Case:
    dataflow, rows, cols = p.get("dataflow", "ws"), p["rows"], p["cols"]
    pauses = number % 4 != 0
    pairs = []
    for _ in range(int(rng.integers(1, tiles + 1))):
        length = int(rng.integers(1, 3 * rows + 2))
        shapes = {
            "ws": ((length, rows), (rows, cols)),
            "os": ((rows, length), (length, cols)),
            "is": ((cols, rows), (rows, length)),
        }[dataflow]
        kind = ("uniform", "extremes", "uniform", "sparse")[int(rng.integers(4))]
        pairs.append(tuple(draw(rng, p[f"{name}_format"], shape, kind)
                           for name, shape in zip("aw", shapes, strict=True)))
    gap = lambda: float(rng.choice([0.0, 0.1, 0.5, 0.9])) if pauses else 0.0  # noqa: E731
    stall = gap() if p["buffer"] != 0 else 0.0
    return Case(pairs, {"a": gap(), "w": gap()}, stall, seed=int(rng.integers(2**31)))


def draw(rng: np.random.Generator, name: str, shape: tuple[int, ...], kind: str = "uniform") -> np.ndarray:
    """Random values of a format: "uniform", only "extremes", or "sparse" (mostly zero)."""
    low, high = integer.limits(name)
    if kind == "extremes":
        return rng.choice(np.array([low, low, high, -1 if low else 0]), shape)
    values = rng.integers(low, high, shape, endpoint=True)
    return values * (rng.random(shape) < 0.1) if kind == "sparse" else values
