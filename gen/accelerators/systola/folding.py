"""Convolutions of few channels: the columns of the kernel are folded into the lanes of a word."""

from dataclasses import dataclass, replace

from ...compile.layers import ConvolutionLayer, DramTensor


@dataclass(frozen=True)
class FoldedTensor(DramTensor):
    """Image whose pixels are the windows of a row: pixel x has the bytes from x * step - left on, `channels` of them.

    `step` is in bytes, `line` the bytes of a row in DRAM; bytes outside the row are padding.
    """

    step: int = 1
    line: int = 1
    left: int = 0

    @property
    def bytes(self) -> int:
        return self.images * self.height * self.line

    @property
    def strides(self) -> tuple[int, int, int]:
        return self.step, self.line, self.height * self.line

    def outside(self, column: int) -> tuple[int, int]:
        """Bytes of a pixel before the row and after it."""
        first = column * self.step - self.left
        before = min(self.channels, max(0, -first))
        return before, min(self.channels - before, max(0, first + self.channels - self.line))


def folded(layer: ConvolutionLayer, size: int) -> ConvolutionLayer | None:
    """The same convolution with a kernel of one column, whose channels are those of a row of the kernel; None if they
    exceed a word of `size` bytes, or if the kernel has one column.

    Weights and results are the same bytes: a row of the kernel has its columns and channels one after the other.
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
        line=image.width * depth,
        left=layer.padding[1][0] * depth,
    )
    return replace(
        layer,
        input=tensor,
        kernel=(rows, 1),
        stride=(layer.stride[0], 1),
        padding=(layer.padding[0], (0, 0)),
    )
