"""How a convolution is cut: tiles of the result, chunks of the sums, and in which order they are computed."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from .layers import ConvolutionLayer

T = TypeVar("T")


@dataclass(frozen=True)
class Chunk:
    """A part of each sum: taps (ky x kernel's columns + kx) and channels, from the first to before the second."""

    taps: tuple[int, int]
    channels: tuple[int, int]

    @property
    def depth(self) -> int:
        return (self.taps[1] - self.taps[0]) * (self.channels[1] - self.channels[0])


@dataclass(frozen=True)
class Tiling:
    """Points of a tile (images x rows x columns) and its filters, both within half the accumulators; the chunks.

    `filters_first`: all filters of some points, then the next points; else the other way round. `group`: phases are
    so deep at most, where the pipeline is full. `outputs`: tiles of results that there is room for.
    The last tile is halved `taper` times, so that little is left to do when its sums are complete. `spread`: pixels of
    many words lie one word further apart, so that the array and the lanes go through the banks in step.
    """

    images: int
    rows: int
    columns: int
    filters: int
    chunks: tuple[Chunk, ...]
    filters_first: bool = True
    group: int = 0
    outputs: int = 2
    taper: int = 0
    spread: bool = True

    @property
    def points(self) -> int:
        return self.images * self.rows * self.columns


@dataclass(frozen=True)
class Points:
    """A box of points of the result: images, rows, columns, each from the first to before the second."""

    images: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        images, rows, columns = (high - low for low, high in (self.images, self.rows, self.columns))
        return images, rows, columns

    @property
    def count(self) -> int:
        images, rows, columns = self.shape
        return images * rows * columns

    def halves(self) -> tuple["Points", "Points"] | None:
        """Cut along the longest side, if there is one."""
        sides = {"images": self.images, "rows": self.rows, "columns": self.columns}
        name = max(sides, key=lambda side: (sides[side][1] - sides[side][0] > 1, side == "images", side == "rows"))
        low, high = sides[name]
        if high - low < 2:
            return None
        middle = high - (high - low) // 2
        return Points(**sides | {name: (low, middle)}), Points(**sides | {name: (middle, high)})


@dataclass(frozen=True)
class LayerTile:
    """`points` of some filters, computed from the input of `block`, which contains them."""

    block: Points
    points: Points
    filters: tuple[int, int]


@dataclass(frozen=True)
class Phase:
    """Some chunks of a tile: what the array does between two synchronisations."""

    tile: int
    chunks: tuple[int, ...]
    first: bool
    last: bool


def cut(total: int, step: int) -> list[tuple[int, int]]:
    return list(pairwise([*range(0, total, step), total]))


def tiles(layer: ConvolutionLayer, tiling: Tiling) -> list[LayerTile]:
    """In the order of computing; every second pass over the inner loop goes backwards, to where operands still are."""
    result = layer.result
    blocks = [
        Points(i, y, x)
        for i in cut(result.images, tiling.images)
        for y in cut(result.height, tiling.rows)
        for x in cut(result.width, tiling.columns)
    ]
    filters = cut(layer.filters, tiling.filters)
    if tiling.filters_first:
        pairs = [(block, part) for turn, block in enumerate(blocks) for part in _turned(filters, turn)]
    else:
        pairs = [(block, part) for turn, part in enumerate(filters) for block in _turned(blocks, turn)]
    found = [LayerTile(block, block, part) for block, part in pairs]
    for _ in range(tiling.taper):
        halves = found[-1].points.halves()
        if halves is None or halves[1].count * (found[-1].filters[1] - found[-1].filters[0]) < 1:
            break
        last = found.pop()
        found += [LayerTile(last.block, half, last.filters) for half in halves]
    return found


def _turned(items: list[T], turn: int) -> list[T]:
    return items[::-1] if turn % 2 else items


def phases(layer: ConvolutionLayer, tiling: Tiling) -> list[Phase]:
    """The phases of all tiles. Chunks go forwards and backwards in turn; the first tile takes them one by one, and
    the last too, so that computing begins early and that little is left when the last operand has come."""
    count = len(tiles(layer, tiling))
    found = []
    for tile in range(count):
        chunks = list(range(len(tiling.chunks)))
        if tile % 2:
            chunks.reverse()
        single = tile in (0, count - 1)
        groups = [[chunk] for chunk in chunks] if single else _groups(chunks, tiling)
        for number, group in enumerate(groups):
            found.append(Phase(tile, tuple(group), number == 0, number == len(groups) - 1))
    return found


def _groups(chunks: list[int], tiling: Tiling) -> list[list[int]]:
    groups: list[list[int]] = []
    room = 0
    for chunk in chunks:
        depth = tiling.chunks[chunk].depth
        if not groups or depth > room:
            groups.append([])
            room = tiling.group
        groups[-1].append(chunk)
        room -= depth
    return groups
