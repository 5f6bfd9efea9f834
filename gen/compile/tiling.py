"""Tiling of convolutions: tiles of the result, chunks of the sums, and the order of computation."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from .layers import ConvolutionLayer

T = TypeVar("T")


@dataclass(frozen=True)
class Chunk:
    """Part of each sum: ranges [first, end) of taps, numbered ky x kernel columns + kx, and of channels."""

    taps: tuple[int, int]
    channels: tuple[int, int]

    def part_of(self, kernel: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows and columns of the kernel that contain the taps."""
        (top, left), (bottom, right) = (divmod(tap, kernel[1]) for tap in (self.taps[0], self.taps[1] - 1))
        return (top, bottom + 1), (left, right + 1) if top == bottom else (0, kernel[1])

    @property
    def depth(self) -> int:
        """Products per sum."""
        return (self.taps[1] - self.taps[0]) * (self.channels[1] - self.channels[0])


@dataclass(frozen=True)
class Tiling:
    """Tiling of a convolution: size of a tile, chunks of its sums, and order of the tiles.

    A tile has up to images x rows x columns points and `filters` filters; its sums fit half of the accumulators.

    - `filters_first`: the tiles of all filters at some points precede those at the next points, otherwise the reverse.
    - `group`: maximum number of products per sum of a phase, except in the first and the last tile.
    - `outputs`: number of tiles of results that the scratchpad holds at the same time.
    - `taper`: number of times that the last tile is halved, which shortens the tail of the layer.
    - `spread`: pixels of many words have a pitch of one word more than a multiple of the number of banks, so that
      accesses of the array and the lanes use all banks in turn.
    - `whole_windows`: the input of all taps is loaded at once; otherwise each chunk loads the input of its own taps.
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
    whole_windows: bool = True

    @property
    def points(self) -> int:
        """Points of a whole tile."""
        return self.images * self.rows * self.columns


@dataclass(frozen=True)
class Points:
    """Box of points of the result: ranges [first, end) of images, rows and columns."""

    images: tuple[int, int]
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of images, of rows and of columns."""
        images, rows, columns = (high - low for low, high in (self.images, self.rows, self.columns))
        return images, rows, columns

    @property
    def count(self) -> int:
        """Number of points."""
        images, rows, columns = self.shape
        return images * rows * columns

    def halves(self) -> tuple["Points", "Points"] | None:
        """Two halves, cut along images if there are several, else along rows, else columns; None for a single point."""
        sides = {"images": self.images, "rows": self.rows, "columns": self.columns}
        name = max(sides, key=lambda side: (sides[side][1] - sides[side][0] > 1, side == "images", side == "rows"))
        low, high = sides[name]
        if high - low < 2:
            return None
        middle = high - (high - low) // 2
        return Points(**sides | {name: (low, middle)}), Points(**sides | {name: (middle, high)})


@dataclass(frozen=True)
class LayerTile:
    """Tile: `points` of a range of filters. Its input is that of `block`, which contains the points."""

    block: Points
    points: Points
    filters: tuple[int, int]


@dataclass(frozen=True)
class Phase:
    """Phase: the chunks of a tile that the array computes between two synchronisations."""

    tile: int
    chunks: tuple[int, ...]
    first: bool
    last: bool


def cut(total: int, step: int) -> list[tuple[int, int]]:
    """Ranges [first, end) of `step` elements each, the last of at most `step`, that cover `total` elements."""
    return list(pairwise([*range(0, total, step), total]))


def tiles(layer: ConvolutionLayer, tiling: Tiling) -> list[LayerTile]:
    """Tiles in the order of computation.

    Every second pass over the inner loop runs backwards, so that it starts with operands that are still loaded.
    """
    result = layer.result
    blocks = [
        Points(i, y, x)
        for i in cut(result.images, tiling.images)
        for y in cut(result.height, tiling.rows)
        for x in cut(result.width, tiling.columns)
    ]
    filters = cut(layer.filters, tiling.filters)
    if tiling.filters_first:
        pairs = [(block, part) for number, block in enumerate(blocks) for part in _alternating(filters, number)]
    else:
        pairs = [(block, part) for number, part in enumerate(filters) for block in _alternating(blocks, number)]
    found = [LayerTile(block, block, part) for block, part in pairs]
    for _ in range(tiling.taper):
        halves = found[-1].points.halves()
        if halves is None or halves[1].count * (found[-1].filters[1] - found[-1].filters[0]) < 1:
            break
        last = found.pop()
        found += [LayerTile(last.block, half, last.filters) for half in halves]
    return found


def _alternating(items: list[T], number: int) -> list[T]:
    """Items in the direction of a pass: forwards in even passes, backwards in odd ones."""
    return items[::-1] if number % 2 else items


def phases(layer: ConvolutionLayer, tiling: Tiling) -> list[Phase]:
    """Phases of all tiles, in order.

    The order of the chunks is reversed in every second tile. In the first and the last tile each phase has one chunk:
    computation begins early, and little work remains after the last operand is loaded.
    """
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
    """Consecutive chunks of at most `tiling.group` products per sum; a larger chunk is a group of one."""
    groups: list[list[int]] = []
    budget = 0
    for chunk in chunks:
        depth = tiling.chunks[chunk].depth
        if not groups or depth > budget:
            groups.append([])
            budget = tiling.group
        groups[-1].append(chunk)
        budget -= depth
    return groups
