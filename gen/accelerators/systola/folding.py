"""Folding of convolutions of few channels: the columns of the kernel become channels of one word."""

from dataclasses import dataclass, replace

from ...compile.layers import ConvolutionLayer, DramTensor


@dataclass(frozen=True)
class FoldedTensor(DramTensor):
    """Image whose pixels are windows of the rows of another one, in the same bytes of DRAM.

    Pixel x of a row has `channels` bytes, from byte x * step - left of the row on. A row has `row_bytes` bytes; bytes
    outside it are padding.
    """

    step: int = 1
    row_bytes: int = 1
    left: int = 0

    @property
    def bytes(self) -> int:
        return self.images * self.height * self.row_bytes

    @property
    def strides(self) -> tuple[int, int, int]:
        return self.step, self.row_bytes, self.height * self.row_bytes

    def outside(self, column: int) -> tuple[int, int]:
        """Bytes of a pixel before the row and after it."""
        first = column * self.step - self.left
        before = min(self.channels, max(0, -first))
        return before, min(self.channels - before, max(0, first + self.channels - self.row_bytes))


def folded(layer: ConvolutionLayer, size: int) -> ConvolutionLayer | None:
    """Equal convolution with a kernel of one column: the columns of the kernel become channels of the input.

    Weights and results are unchanged in DRAM, where the weights of a row of the kernel are contiguous. None if the
    kernel has one column, or if columns times channels exceed a word of `size` bytes.
    """
    image, (rows, columns) = layer.input, layer.kernel
    if columns == 1 or columns * image.channels > size:
        return None
    depth, _, _ = image.strides
    tensor = FoldedTensor(
        image.address,
        image.images,
        image.height,
        layer.output_size[1],
        columns * image.channels,
        step=layer.stride[1] * depth,
        row_bytes=image.width * depth,
        left=layer.padding[1][0] * depth,
    )
    return replace(
        layer,
        input=tensor,
        kernel=(rows, 1),
        stride=(layer.stride[0], 1),
        padding=(layer.padding[0], (0, 0)),
    )
