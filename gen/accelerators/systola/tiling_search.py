"""Search for a tiling: all that fit are estimated; the best few are compiled and run on the cost model."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ....hw.cores.systola.parameters import SystolaParameters
from ...compile.allocator import DoesNotFit
from ...compile.layers import ConvolutionLayer
from ...compile.tiling import Chunk, Tiling, cut
from .convolution import ConvolutionSchedule
from .emitter import Emitter
from .estimate import estimate
from .resident import IN_DRAM, Residency
from .timing_model import MEASURED, Costs, Timeline, predict

SHAPES, FINALISTS = 4, 3
"""Number of tile shapes that are estimated with all their chunkings, and of schedules that run on the cost model."""


def choose(
    parameters: SystolaParameters,
    layer: ConvolutionLayer,
    order: str = "overlapped",
    costs: Costs = MEASURED,
    residency: Residency = IN_DRAM,
    previous: ConvolutionSchedule | None = None,
    weight_words: int | None = None,
) -> ConvolutionSchedule:
    """Fastest schedule of a layer according to the cost model. Raises `ValueError` if the layer does not fit.

    `previous` is the schedule of the layer before it, if that is a convolution too. `weight_words` of the weight
    scratchpad are for the layer, by default all.
    """

    def make(tiling: Tiling) -> ConvolutionSchedule:
        return ConvolutionSchedule(parameters, layer, tiling, order, residency, previous, weight_words)

    shapes = sorted(candidates(parameters, layer), key=lambda shape: rough(parameters, layer, shape, costs))
    found = _estimated(make, parameters, layer, shapes, costs)
    if not found:  # retry without gaps between pixels
        found = _estimated(make, parameters, layer, [replace(shape, spread=False) for shape in shapes], costs)
    if not found:
        found = _smallest(make, parameters, layer, costs)
    best = [schedule for _, _, schedule in sorted(found)[:FINALISTS]]
    if order != "overlapped":
        return best[0]
    return _fastest(make, best, costs)


Make = Callable[[Tiling], ConvolutionSchedule]
"""Schedule of the layer with a tiling."""


def _estimated(make: Make, p: SystolaParameters, layer: ConvolutionLayer, shapes: list[Tiling], costs: Costs) -> list:
    """Estimates and schedules of the first few shapes that fit, with all their chunks."""
    found = []
    for shape in shapes:
        for chunks in chunkings(p, layer, shape):
            schedule = _fitting(make, replace(shape, chunks=chunks))
            if schedule:
                found.append((estimate(schedule, costs), len(found), schedule))
        if len({(schedule.tiling.points, schedule.tiling.filters) for _, _, schedule in found}) >= SHAPES:
            break
    return found


def _smallest(make: Make, p: SystolaParameters, layer: ConvolutionLayer, costs: Costs) -> list:
    """Estimates and schedules of tiles of any size; without one, a schedule that cuts the windows of the input.

    Raises `ValueError`, which names the need of the smallest tile, if none fits.
    """
    shares = [1 << bit for bit in range(p.accumulators.bit_length() - 1)]
    shapes = [replace(shape, spread=False) for shape in candidates(p, layer, shares)]
    shapes.sort(key=lambda shape: rough(p, layer, shape, costs))
    if found := _estimated(make, p, layer, shapes, costs):
        return found
    for shape in shapes:
        for tiling in cut_windows(p, layer, shape):
            if schedule := _fitting(make, tiling):
                return [(estimate(schedule, costs), 0, schedule)]
    *_, smallest = cut_windows(p, layer, Tiling(1, 1, 1, p.size, (), spread=False))
    try:
        return [(0, 0, make(smallest))]
    except DoesNotFit as misfit:
        raise misfit.error("the smallest tile", p.size) from None


def cut_windows(p: SystolaParameters, layer: ConvolutionLayer, shape: Tiling) -> Iterator[Tiling]:
    """Tilings of a shape by smaller and smaller chunks: of all taps, then of a row of taps, then of one, whose input
    is loaded alone; each with all channels, then with half of them and so on."""
    taps, channels = layer.kernel[0] * layer.kernel[1], layer.input.channels
    blocks = -(-channels // p.size)
    for together in dict.fromkeys((taps, layer.kernel[1], 1)):
        for bit in range(blocks.bit_length() + 1):
            step = p.size * -(-blocks // (1 << bit))
            chunks = tuple(Chunk(part, depth) for depth in cut(channels, step) for part in cut(taps, together))
            yield replace(shape, chunks=chunks, whole_windows=together == taps)


def _fastest(make: Make, schedules: list[ConvolutionSchedule], costs: Costs) -> ConvolutionSchedule:
    """Fastest schedule on the cost model, after trials of tapering the last tile and of more buffers for results."""
    found, best = min(((timeline(one, costs), one) for one in schedules), key=lambda pair: pair[0].cycles)
    for change in ({"taper": 1}, {"taper": 2}, {"taper": 3}, {"outputs": 4}, {"outputs": 8}):
        one = _fitting(make, replace(best.tiling, **change))
        if one and len(one.tiles) >= one.tiling.outputs and (modelled := timeline(one, costs)).cycles < found.cycles:
            found, best = modelled, one
    return _close(make, best, found)


def _close(make: Make, schedule: ConvolutionSchedule, found: Timeline) -> ConvolutionSchedule:
    """Remove the gaps between pixels if stores dominate and the array has slack.

    The lanes then write to one bank at a time. A store uses all banks in turn, so that one of `banks` words conflicts.
    """
    if found.busy("store") < 0.9 * found.cycles or found.busy("array") > 0.75 * found.busy("store"):
        return schedule
    return _fitting(make, replace(schedule.tiling, spread=False)) or schedule


def _fitting(make: Make, tiling: Tiling) -> ConvolutionSchedule | None:
    """Schedule with a tiling; None if it does not fit."""
    try:
        return make(tiling)
    except DoesNotFit:
        return None


def timeline(schedule: ConvolutionSchedule, costs: Costs = MEASURED) -> Timeline:
    """Timeline of a schedule alone, as a program on the cost model."""
    emitter = Emitter(schedule.p)
    schedule.emit(emitter)
    emitter.program.halt()
    return predict(schedule.p, emitter.program, costs)


def candidates(p: SystolaParameters, layer: ConvolutionLayer, shares: Sequence[int] = (1, 2, 4)) -> Iterator[Tiling]:
    """Candidate shapes of tiles, in both loop orders, without chunks; `shares` divide the accumulators of a tile."""
    result, half = layer.result, p.accumulators // 2
    all_lanes = -(-layer.filters // p.size)
    taps, channels = layer.kernel[0] * layer.kernel[1], layer.input.channels
    seen = set()
    for lanes in sorted({even(all_lanes, 1 << bit) for bit in range(12) if 1 << bit <= half}):
        for share in shares:
            points = half // lanes // share
            if points < 1:
                continue
            columns = even(result.width, points)
            rows = even(result.height, points // columns) if columns == result.width else 1
            whole = columns == result.width and rows == result.height
            images = even(result.images, points // (rows * columns)) if whole else 1
            for first in (True, False):
                group = max(1, p.weight_words // (2 * (lanes + p.banks) + 4))
                chunks = (Chunk((0, taps), (0, channels)),)
                one = Tiling(images, rows, columns, lanes * p.size, chunks, first, group)
                if one not in seen:
                    seen.add(one)
                    yield one


def rough(p: SystolaParameters, layer: ConvolutionLayer, shape: Tiling, costs: Costs) -> float:
    """Rough cycles of a shape; reloads are counted from sizes alone, without simulating the scratchpads."""
    result, beat = layer.result, p.data_width // 8
    images, rows, columns = (
        -(-whole // part)
        for whole, part in (
            (result.images, shape.images),
            (result.height, shape.rows),
            (result.width, shape.columns),
        )
    )
    blocks, lanes = images * rows * columns, shape.filters // p.size
    parts = -(-layer.filters // shape.filters)
    taps = layer.kernel[0] * layer.kernel[1]
    depth = taps * -(-layer.input.channels // p.size)
    compute = blocks * parts * depth * lanes * shape.images * max(shape.rows * shape.columns, p.size)
    window = ((shape.rows - 1) * layer.stride[0] + layer.kernel[0]) * (
        (shape.columns - 1) * layer.stride[1] + layer.kernel[1]
    )
    x = shape.images * window * -(-layer.input.channels // p.size) * p.size
    w = depth * p.size * shape.filters
    x_stays = x <= p.activation_bytes // 2 if shape.filters_first else x * blocks <= p.activation_bytes // 2
    w_stays = w * parts <= p.weight_bytes * 3 // 4 if shape.filters_first else w <= p.weight_bytes // 2
    load = (x * blocks * (1 if x_stays else parts) + w * parts * (1 if w_stays else blocks)) / beat
    store = blocks * parts * shape.points * min(shape.filters, layer.filters) / beat
    vector = blocks * parts * lanes * (shape.points + p.size + costs.settings)
    boundary = costs.sync + 4 * p.size + costs.shift + costs.fill + 10 * costs.control
    ends = p.size * (shape.points + shape.filters) / beat + 3 * shape.points * lanes
    return max(compute, load, store, vector) + blocks * parts * boundary + ends


def even(total: int, most: int) -> int:
    """Size of the largest part when `total` is split as evenly as possible into parts of at most `most`."""
    most = max(1, min(total, most))
    return -(-total // -(-total // most))


def chunkings(p: SystolaParameters, layer: ConvolutionLayer, shape: Tiling) -> Iterator[tuple[Chunk, ...]]:
    """Candidate chunkings of the sums: by channels, by taps, or none."""
    taps, channels = layer.kernel[0] * layer.kernel[1], layer.input.channels
    blocks, lanes = -(-channels // p.size), shape.filters // p.size
    yield shape.chunks
    if taps > 1:
        columns = layer.kernel[1]
        yield tuple(Chunk((at, at + columns), (0, channels)) for at in range(0, taps, columns))
        yield tuple(Chunk((at, at + 1), (0, channels)) for at in range(taps))
    # Ratio of computing to loading a chunk, by which the next chunk may be larger.
    load = (shape.points + shape.filters) * 8 / p.data_width
    growth = lanes * max(shape.points, p.size) / p.size / load
    available = p.weight_words - 2 * p.size * lanes
    deepest = max(1, available // (2 * (lanes + p.banks) * taps * p.size))
    seen: set[tuple[int, ...]] = {(blocks,)}
    for start in (1, 2, 4, 8):
        for down in (False, True):
            sizes = tuple(ramp(blocks, start, min(max(growth, 1.0), 2.0), deepest, down))
            if sizes not in seen:
                seen.add(sizes)
                ends = [0]
                for size in sizes:
                    ends.append(min(channels, ends[-1] + size * p.size))
                yield tuple(Chunk((0, taps), part) for part in pairwise(ends))


def ramp(total: int, start: int, growth: float, most: int, down: bool) -> list[int]:
    """Split `total` into parts that start with `start` and grow by the factor `growth`, up to `most`, and shrink again
    if `down`. With a growth of 1 or less, loading is the bottleneck and the array stalls anyway: the parts double."""
    if growth <= 1.0:
        growth = 2.0
    up, size = [], float(min(start, most))
    while sum(up) + size < (total / 2 if down else total) and size < most:
        up.append(int(size))
        size = max(size * growth, size + 0.5)
    middle = total - sum(up) * (2 if down else 1)
    parts = [even(middle, most)] * (middle // even(middle, most)) if middle else []
    parts += [middle - sum(parts)] if middle > sum(parts) else []
    return [*up, *parts, *(reversed(up) if down else [])]
