"""Which tiling to take: all that fit are estimated, the best few are written and run on the cost model."""

from collections.abc import Iterator
from dataclasses import replace

from ...hw.cores.parameters import CoreParameters
from ...hw.issue.isa import Unit
from .convolution import Schedule
from .cost import Costs, Timeline, predict
from .emitter import Emitter
from .estimate import estimate
from .layers import Convolution
from .residency import DoesNotFit
from .tiling import Chunk, Tiling

FINALISTS = 3
TAPERS = (0, 1, 2, 3)


def choose(
    parameters: CoreParameters, layer: Convolution, order: str = "overlapped", costs: Costs = Costs()
) -> Schedule:
    """The schedule of a layer that the model finds fastest. Raises `ValueError` if the layer does not fit."""
    found = []
    for tiling in candidates(parameters, layer, order, costs):
        try:
            schedule = Schedule(parameters, layer, tiling, order)
        except DoesNotFit:
            continue
        found.append((estimate(schedule, costs), len(found), schedule))
    if not found:
        raise ValueError(f"kernel={layer.kernel}: no tile of this layer fits into the scratchpads.")
    best = [schedule for _, _, schedule in sorted(found)[:FINALISTS]]
    if order != "overlapped":
        return best[0]
    tried = []
    for schedule in best:
        for taper in TAPERS:
            try:
                one = Schedule(parameters, layer, replace(schedule.tiling, taper=taper), order)
            except DoesNotFit:
                continue
            tried.append((timeline(one, costs).cycles, len(tried), one))
    return min(tried)[2]


def timeline(schedule: Schedule, costs: Costs = Costs()) -> Timeline:
    """A schedule alone, as a program on the model."""
    emitter = Emitter(schedule.p)
    schedule.emit(emitter)
    emitter.program.halt()
    return predict(schedule.p, emitter.program, costs)


def candidates(p: CoreParameters, layer: Convolution, order: str, costs: Costs) -> Iterator[Tiling]:
    """Tilings that may be worth a look."""
    result, half = layer.result, p.accumulators // 2
    all_lanes = -(-layer.filters // p.size)
    lane_counts = sorted({min(all_lanes, 1 << bit) for bit in range(12) if 1 << bit <= half})
    seen = set()
    for lanes in lane_counts:
        lanes = even(all_lanes, lanes)
        for share in (1, 2, 4):
            room = half // lanes // share
            if room < 1:
                continue
            columns = even(result.width, room)
            rows = even(result.height, room // columns) if columns == result.width else 1
            whole = columns == result.width and rows == result.height
            images = even(result.images, room // (rows * columns)) if whole else 1
            for chunks in chunkings(p, layer, images * rows * columns, lanes):
                for first in (True, False):
                    for outputs in (2, 4, 8):
                        shape = (images, rows, columns, lanes * p.size, chunks, first)
                        one = Tiling(*shape, group=_group(p, layer, shape), outputs=outputs)
                        if one not in seen:
                            seen.add(one)
                            yield one


def even(total: int, most: int) -> int:
    """Parts as equal as can be, none larger than `most`: the size of the largest."""
    most = max(1, min(total, most))
    return -(-total // -(-total // most))


def chunkings(p: CoreParameters, layer: Convolution, points: int, lanes: int) -> Iterator[tuple[Chunk, ...]]:
    """Ways to cut the sums: by channels, by taps, or not at all."""
    taps, channels = layer.kernel[0] * layer.kernel[1], layer.input.channels
    blocks = -(-channels // p.size)
    yield (Chunk((0, taps), (0, channels)),)
    if taps > 1:
        columns = layer.kernel[1]
        yield tuple(Chunk((at, at + columns), (0, channels)) for at in range(0, taps, columns))
        yield tuple(Chunk((at, at + 1), (0, channels)) for at in range(taps))
    # Computing a chunk takes so much longer than loading one: the next one may be larger by that.
    compute = lanes * max(points, p.size) / p.size
    growth = max(1.0, compute / ((points + lanes * p.size) * 8 / p.data_width))
    deepest = max(1, p.weight_words // (2 * lanes * taps * p.size))
    for start in (1, 2, 4, 8):
        for down in (False, True):
            sizes = ramp(blocks, start, min(growth, 2.0), deepest, down)
            if len(sizes) > 1:
                ends = [0]
                for size in sizes:
                    ends.append(min(channels, ends[-1] + size * p.size))
                yield tuple(Chunk((0, taps), part) for part in zip(ends, ends[1:], strict=False))


def ramp(total: int, start: int, growth: float, most: int, down: bool) -> list[int]:
    """Parts of `total`, the first `start`, each larger than the one before by `growth`, up to `most`; down again if
    `down`."""
    up, size = [], float(start)
    while sum(up) < (total / 2 if down else total) and int(size) < most:
        up.append(int(size))
        size = max(size * growth, size + (growth > 1.0) * 0.5)
        if growth == 1.0 or len(up) > 12:
            size *= 2
    parts = list(up)
    left = total - sum(up) - (sum(up) if down else 0)
    while left > 0:
        parts.append(min(most, left))
        left -= parts[-1]
    parts += reversed(up) if down else []
    while sum(parts) > total:
        excess = sum(parts) - total
        widest = max(range(len(parts)), key=lambda at: parts[at])
        parts[widest] -= min(excess, parts[widest])
        parts = [part for part in parts if part]
    return parts


def _group(p: CoreParameters, layer: Convolution, shape) -> int:
    """How deep a phase may be, so that two fit."""
    images, rows, columns, filters, _, _ = shape
    by_weights = p.weight_words * p.size // (2 * filters + 64)
    return max(1, by_weights)


__all__ = ["Unit", "candidates", "choose", "timeline"]
