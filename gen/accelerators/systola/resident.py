"""Tensors that stay in the activation scratchpad between layers."""

from dataclasses import dataclass, replace

from ...compile.boxes import Box, Dimension
from ...compile.layers import DramTensor

Sides = tuple[tuple[int, int], tuple[int, int]]
NO_BORDER: Sides = ((0, 0), (0, 0))


@dataclass(frozen=True)
class Resident:
    """One image in the activation scratchpad, with a border of padding, from word `word` on.

    `height` and `width` are in pixels, without the border. The channels of a pixel are in consecutive words; `pixel`
    and `row` are the words from one pixel and from one row to the next. `border` has the pixels of padding on each
    side, ((top, bottom), (left, right)); all their bytes are `value`.
    """

    word: int
    height: int
    width: int
    blocks: int
    """Words of a pixel with data."""
    pixel: int
    border: Sides = NO_BORDER
    value: int = 0

    @property
    def row(self) -> int:
        """Words from one row to the next, border included."""
        return (self.width + sum(self.border[1])) * self.pixel

    @property
    def words(self) -> int:
        """Words of the image with its border."""
        return (self.height + sum(self.border[0])) * self.row

    def at(self, row: int, column: int) -> int:
        """First word of a pixel; those of the border have negative indices, or indices from the height or width on."""
        (top, _), (left, _) = self.border
        return self.word + (row + top) * self.row + (column + left) * self.pixel

    def span(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[int, int]:
        """First word of a box of pixels, and the word after its last; `rows` and `columns` are ranges [first, end)."""
        return self.at(rows[0], columns[0]), self.at(rows[1] - 1, columns[1] - 1) + self.blocks

    def part(self, row: int, column: int, block: int, height: int, blocks: int) -> "Resident":
        """Pixels from a row and a column on, of `height` rows, and of their words `blocks` from `block` on."""
        word, width = self.at(row, column) + block, self.row // self.pixel
        return replace(self, word=word, height=height, width=width, blocks=blocks, border=NO_BORDER)

    def fills(self, size: int) -> list[Box]:
        """Boxes that fill the border: loads of padding only, without a read of DRAM. `size` is the bytes of a word."""
        (top, bottom), (left, right) = self.border
        across = (-left, self.width + right)
        strips = [
            ((-top, 0), across),
            ((self.height, self.height + bottom), across),
            ((0, self.height), (-left, 0)),
            ((0, self.height), (self.width, self.width + right)),
        ]
        bytes = self.blocks * size
        return [
            Box(
                0,
                self.at(rows[0], columns[0]) * size,
                (
                    Dimension(bytes, 1, 1, bytes, 0),
                    Dimension(columns[1] - columns[0], bytes, self.pixel * size),
                    Dimension(rows[1] - rows[0], bytes, self.row * size),
                ),
                self.value,
            )
            for rows, columns in strips
            if rows[0] < rows[1] and columns[0] < columns[1]
        ]

    def transfer(
        self,
        tensor: DramTensor,
        rows: tuple[int, int],
        columns: tuple[int, int],
        channels: tuple[int, int],
        size: int,
        *,
        padded: bool = False,
    ) -> Box:
        """Box between DRAM and the scratchpad for pixels of one image and channels from a multiple of `size` on.

        `padded`: the last word is filled with zeros.
        """
        pixel, row, _ = tensor.strides
        first, end = channels
        rest = (first - end) % size if padded else 0
        return Box(
            tensor.address + rows[0] * row + columns[0] * pixel + first,
            (self.at(rows[0], columns[0]) + first // size) * size,
            (
                Dimension(end - first + rest, 1, 1, 0, rest),
                Dimension(columns[1] - columns[0], pixel, self.pixel * size),
                Dimension(rows[1] - rows[0], row, self.row * size),
            ),
        )


@dataclass(frozen=True)
class Residency:
    """Places of the operands of a layer in the scratchpad; None for an operand in DRAM.

    `stored`: the result is stored in DRAM, also if it is resident. `buffers`: words of the activation scratchpad for
    operands and results that are not resident, [first, end); by default all.
    """

    sources: tuple[Resident | None, ...] = (None,)
    target: Resident | None = None
    stored: bool = True
    buffers: tuple[int, int] | None = None


IN_DRAM = Residency()
"""All operands in DRAM, the whole scratchpad for the layer."""
