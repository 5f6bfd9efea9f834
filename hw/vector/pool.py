"""Pooling: maximum or average of each window of a streamed image."""

from math import frexp
from typing import Annotated, Literal

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..formats import integer
from ..mac.wide import WideMultiply
from ..stream.buffer import SLICE, buffered
from ..stream.packet import Packet

Mode = Literal["max", "average"]
BUFFER_LATENCY = 2
HEIGHT = 16
"""Bits of an image's height."""


class Pool(Component):
    """Pooling: y[i, j, c] = max, or rounded average, of x[i * stride_y + r, j * stride_x + s, c] over a window (r, s).

    `x` carries an image pixel by pixel, each a row of `cols` channels of `format`, lines from left to right, the upper
    first. `y` carries a row of channels for each window that lies within the image, in the same order, `last` with the
    image's last window. `size` carries one beat per image, which must be accepted before its first pixel is: `width`
    from max(2, window_width) to max_width, `height` from window_height on. The average is floor(sum / area + 1 / 2):
    the exact quotient rounded once, ties upwards, as :class:`.Requantise` does with single rounding.

    Latency, from a window's last pixel, with B = 2 (0 without a buffer): 1 + ceil(log2 window_width) + B; plus
    1 + ceil(log2 window_height) if window_height > 1; plus, for averages, 1 where the window's area is a power of two
    and 5 elsewhere. Initiation interval 1, also from image to image if the next size is available.

    Back-pressure: a pixel is accepted only if the output buffer has space for a result. No output depends
    combinationally on an input.

    A :class:`.LoopNest` does not suffice: the counters follow the pixels that arrive, and count down to the next
    window's end.

    Area grows with cols: a lane has (window_height - 1) x max_width / stride_x sums or maxima in block memory, a tree
    over a window's width and one over its height; for averages one multiplier of 18 x 18 bits up to int8, 2 or 4 for
    wider values, none where the window's area is a power of two.

    Source: Y. LeCun et al., Gradient-Based Learning Applied to Document Recognition, Proc. IEEE 1998, section II
    (sub-sampling).
    """

    class Parameters(Parameters):
        cols: int = Field(16, ge=1, le=256, description="lanes: channels of a pixel")
        format: integer.IntegerFormat = integer.format_field("format of the values")
        mode: Mode = Field("max", description="maximum or average of a window")
        window_width: int = Field(2, ge=1, le=8, description="columns of a window")
        window_height: int = Field(2, ge=1, le=8, description="lines of a window")
        stride_x: int = Field(2, ge=1, le=8, description="columns from a window to the next")
        stride_y: int = Field(2, ge=1, le=8, description="lines from a window to the next")
        max_width: int = Field(256, ge=2, le=4096, description="pixels of the longest line")
        buffer: Annotated[int, Field(ge=0, le=4096)] | Literal["auto"] = Field(
            "auto",
            description="rows of the output buffer; auto: full speed; 0: none, the consumer must always be ready",
            json_schema_extra={"legal": "an integer from 0 to 4096, or auto"},
        )

        @model_validator(mode="after")
        def _fits(self):
            if self.window_width > self.max_width:
                raise ValueError(
                    f"window_width={self.window_width}: window_width must be at most max_width, {self.max_width}."
                )
            return self

        @property
        def channel(self) -> Shape:
            return integer.shape(self.format)

    unit = "value"

    @staticmethod
    def members(p):
        y = Packet(Lanes(p.channel, p.cols))
        return {
            "x": In(stream.Signature(Lanes(p.channel, p.cols))),
            "size": In(stream.Signature(Bundle({"width": p.max_width.bit_length(), "height": HEIGHT}))),
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
        }

    @property
    def lanes(self) -> dict:
        """Return the parameters of the lanes, but for their number."""
        p = self.p
        return {
            "channel": p.channel,
            "mode": p.mode,
            "width": p.window_width,
            "height": p.window_height,
            "depth": (p.max_width - p.window_width) // p.stride_x + 1,
        }

    @property
    def latency(self) -> int:
        inner = PoolLanes.latency(PoolLanes.Parameters(lanes=1, **self.lanes))
        return inner + (BUFFER_LATENCY if self.p.buffer else 0)

    @property
    def peak(self) -> int:
        return self.p.cols

    def elaborate(self, platform):
        m = Module()
        p = self.p
        inner = PoolLanes.Parameters(lanes=1, **self.lanes)

        # The next image's size waits while the current image is processed.
        size = Signal(self.size.payload.shape(), reset_less=True)
        waiting = Signal()
        active = Signal()
        right = Signal(p.max_width.bit_length(), reset_less=True)  # index of a line's last column
        left_x = Signal(p.max_width.bit_length(), reset_less=True)  # remaining columns and lines
        left_y = Signal(HEIGHT, reset_less=True)
        wait_x = Signal(range(8), reset_less=True)  # of them, those to the end of the next window
        wait_y = Signal(range(8), reset_less=True)
        column = Signal(range(max(2, inner.depth)), reset_less=True)  # index of the window in its line

        space = Signal()
        enter = Signal()
        ending = Signal()
        across = Signal()  # a window's width is complete
        hit = Signal()  # a window is complete
        m.d.comb += [
            self.size.ready.eq(~waiting),
            self.x.ready.eq(active & space),
            enter.eq(self.x.valid & self.x.ready),
            ending.eq(enter & (left_x == 0) & (left_y == 0)),
            across.eq(enter & (wait_x == 0)),
            hit.eq(across & (wait_y == 0)),
        ]
        with m.If(enter):
            m.d.sync += [left_x.eq(left_x - 1), wait_x.eq(Mux(wait_x == 0, p.stride_x - 1, wait_x - 1))]
            with m.If(wait_x == 0):
                m.d.sync += column.eq(column + 1)
            with m.If(left_x == 0):
                m.d.sync += [
                    left_x.eq(right),
                    left_y.eq(left_y - 1),
                    wait_x.eq(p.window_width - 1),
                    wait_y.eq(Mux(wait_y == 0, p.stride_y - 1, wait_y - 1)),
                    column.eq(0),
                ]
        with m.If(~active | ending):
            m.d.sync += [
                active.eq(waiting),
                waiting.eq(0),
                right.eq(size.width - 1),
                left_x.eq(size.width - 1),
                left_y.eq(size.height - 1),
                wait_x.eq(p.window_width - 1),
                wait_y.eq(p.window_height - 1),
                column.eq(0),
            ]
        with m.If(self.size.valid & self.size.ready):
            m.d.sync += [size.eq(self.size.payload), waiting.eq(1)]

        group = max(1, SLICE // (max(1, p.window_height - 1) * inner.line.width))
        results = []
        for start in range(0, p.cols, group):
            stop = min(p.cols, start + group)
            lanes = place(m, platform, f"lanes{start}", PoolLanes, lanes=stop - start, **self.lanes)
            m.d.comb += [
                lanes.x.eq(self.x.payload.as_value()[start * p.channel.width : stop * p.channel.width]),
                lanes.enter.eq(enter),
                lanes.across.eq(across),
                lanes.column.eq(column),
            ]
            results.append(lanes.y)

        stages = PoolLanes.latency(inner)
        valid = Signal(stages)
        last = Signal(stages, reset_less=True)
        final = (left_x < p.stride_x) & (left_y < p.stride_y)
        m.d.sync += [valid.eq(Cat(hit, valid)), last.eq(Cat(final, last))]
        row = Signal(self.y.payload.shape())
        m.d.comb += [row.data.as_value().eq(Cat(results)), row.last.eq(last[-1])]
        if p.buffer == 0:
            m.d.comb += [space.eq(1), self.y.payload.eq(row), self.y.valid.eq(valid[-1])]
        else:
            depth = self.latency + 2 if p.buffer == "auto" else p.buffer
            buffered(m, platform, reserve=hit, space=space, row=row, valid=valid[-1], out=self.y, depth=depth)
        return m


class PoolLanes(Component):
    """Slice of a pool's channels, at most :data:`SLICE` bits of line storage where a channel fits: y for every pixel.

    `enter` accepts a pixel `x`; `across` marks that it completes a window's width, the `column`-th of the windows. The
    partial result of the lines above is read, and written back including this line in the next cycle: in lines of 2
    pixels or more no column is read while it is written. Latency as :class:`Pool`'s, without the buffer; y is
    valid where a window is complete.
    """

    class Parameters(Parameters):
        lanes: int
        channel: Shape
        mode: Mode
        width: int
        height: int
        depth: int

        def span(self, terms: int) -> Shape:
            """Return the shape of the reduction of `terms` values."""
            return (
                Shape(self.channel.width + _levels(terms), self.channel.signed)
                if self.mode == "average"
                else self.channel
            )

        @property
        def line(self) -> Shape:
            return self.span(self.width)

        @property
        def scale(self) -> tuple[int, int, int]:
            """Return (multiplier, nudge, right): floor(sum / area + 1 / 2) = (sum * multiplier + nudge) >> right.

            An average has at most `channel.width` bits, so that 9 bits more in the multiplier keep its error below
            2^-9. The arguments of the floor are multiples of 1 / (2 * area), and area is at most 2^6: a quarter of 1 /
            area, added to the half, is more than the error and less than the distance to the next multiple.
            """
            area, bits = self.width * self.height, self.channel.width + 9
            fraction, exponent = frexp(1 / area)
            multiplier, right = round(fraction * 2**bits), bits - exponent
            zeros = (multiplier & -multiplier).bit_length() - 1
            right -= zeros
            return multiplier >> zeros, (1 << right >> 1) + (1 << right) // (4 * area), right

    @staticmethod
    def latency(p) -> int:
        reduced = 1 + _levels(p.width) + (1 + _levels(p.height) if p.height > 1 else 0)
        if p.mode == "max":
            return reduced
        return reduced + 1 + (WideMultiply.LATENCY if p.scale[0] > 1 else 0)

    @staticmethod
    def members(p):
        return {
            "x": In(p.lanes * p.channel.width),
            "enter": In(1),
            "across": In(1),
            "column": In(range(max(2, p.depth))),
            "y": Out(p.lanes * p.channel.width),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        pixels = Signal(p.width * p.lanes * p.channel.width, reset_less=True)  # the latest first
        with m.If(self.enter):
            m.d.sync += pixels.eq(Cat(self.x, pixels))
        lines = []
        for lane in range(p.lanes):
            window = [_part(pixels, n * p.lanes + lane, p.channel) for n in range(p.width)]
            lines.append(_tree(m, window, p.mode, f"across{lane}"))
        line = Cat(lines)

        columns = [line]
        if p.height > 1:
            late = Signal(1 + _levels(p.width))
            column = self.column
            for n in range(_levels(p.width)):
                column, early = Signal(self.column.shape(), name=f"column{n}", reset_less=True), column
                m.d.sync += column.eq(early)
            m.d.sync += late.eq(Cat(self.across, late))
            style = {"no_rw_check": 1, "ram_style": "block"}
            m.submodules.lines = memory = Memory(
                shape=(p.height - 1) * len(line), depth=max(2, p.depth), init=[], attrs=style
            )
            read, write = memory.read_port(), memory.write_port()
            store_column = Signal(self.column.shape(), reset_less=True)
            m.d.sync += store_column.eq(column)
            m.d.comb += [
                read.addr.eq(column),
                write.addr.eq(store_column),
                write.data.eq(Cat(line, read.data)),
                write.en.eq(late[-1]),
            ]
            every = Signal(p.height * len(line), reset_less=True)
            m.d.sync += every.eq(Cat(line, read.data))
            columns = [every[n * len(line) : (n + 1) * len(line)] for n in range(p.height)]

        results = []
        for lane in range(p.lanes):
            window = [_part(each, lane, p.line) for each in columns]
            value = _tree(m, window, p.mode, f"down{lane}")
            results.append(value if p.mode == "max" else self._average(m, platform, value, lane))
        m.d.comb += self.y.eq(Cat(results))
        return m

    def _average(self, m, platform, total, lane: int):
        multiplier, rounding, right = self.p.scale
        if multiplier > 1:
            factor = Const(multiplier)
            multiply = place(m, platform, f"multiply{lane}", WideMultiply, a=total.shape(), b=factor.shape())
            m.d.comb += [multiply.a.eq(total), multiply.b.eq(factor)]
            total = multiply.product
        y = Signal(self.p.channel, name=f"average{lane}", reset_less=True)
        m.d.sync += y.eq((total + rounding) >> right)
        return y


def _part(bits, n: int, shape: Shape):
    part = bits[n * shape.width : (n + 1) * shape.width]
    return part.as_signed() if shape.signed else part


def _tree(m, values: list, mode: Mode, name: str):
    """Return the sum or the maximum of `values`, of one shape, with a register after every level."""
    level = 0
    while len(values) > 1:
        pairs = []
        for n in range(0, len(values) - 1, 2):
            a, b = values[n : n + 2]
            shape = a.shape() if mode == "max" else Shape(a.shape().width + 1, a.shape().signed)
            pairs.append(register := Signal(shape, name=f"{name}_{level}_{n // 2}", reset_less=True))
            m.d.sync += register.eq(Mux(a > b, a, b) if mode == "max" else a + b)
        if len(values) % 2:
            single = values[-1]
            pairs.append(register := Signal(pairs[0].shape(), name=f"{name}_{level}_single", reset_less=True))
            m.d.sync += register.eq(single)
        values, level = pairs, level + 1
    return values[0]


def _levels(terms: int) -> int:
    return (terms - 1).bit_length()
