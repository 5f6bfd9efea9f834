"""Requantisation: rows of wide sums to rows of narrow integers."""

from typing import Annotated, Literal

from amaranth.hdl import Cat, Module, Shape, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..formats import integer
from ..stream.buffer import buffered
from ..stream.packet import Packet, lanes
from .requantise_lane import (
    COMMON,
    USE_CYCLES,
    WORD,
    RequantiseLane,
    Rounding,
    SettingRegisters,
    setting_shapes,
    setting_values,
    settings_bundle,
)

BUFFER_LATENCY = 2


class Requantise(Component):
    """Requantisation: y[c] = min(max(round((x[c] + bias[c]) * scale[c]) + zero_point, low), high) for each lane.

    `x` carries rows of `cols` sums of `acc_width` bits, `y` carries each as a row of `cols` integers of `out_format`,
    with the same `last`. scale = multiplier * 2^(shift - 31), a multiplier of int32 and a shift from -31 to 30, is
    separate for each lane or, without `per_channel`, common to all. x + bias wraps modulo 2^32. The rounding is
    bit-exact with TFLite's reference kernels. "single", with t = 31 - shift: (x * multiplier + 2^(t - 1)) >> t, so ties
    go up. "gemmlowp": x * 2^max(shift, 0) modulo 2^32; its product with the multiplier over 2^31, ties up; that over
    2^max(-shift, 0), ties away from zero. All further steps are exact. ReLU and ReLU6 are choices of `low` and `high`.

    "float32" is bit-exact with XNNPACK and ONNX Runtime, with integers only: x is rounded to float32, and so is its
    product with the scale; that is rounded to an integer; all ties to even. A multiplier from 2^30 on is a significand:
    its bits 6 to 0 are ignored, and one with bit 30 = 0 is a scale of 0; a sign is ignored too.

    `set` changes the settings of one lane per beat: `multiplier`, `shift` and `bias` of lane `lane` (lanes that do not
    exist are not written, `lane` is ignored where a setting is common to all), and with `last` also `zero_point`, `low`
    and `high` (values of out_format), which are common to all. The new set is pending until `last` has arrived. It then
    applies from the first packet on that begins two cycles after `last` was accepted, or later. No packet uses two
    sets; lanes that a set does not write keep their settings. Before the first set the results are unspecified.

    Latency, with B = 2 (0 without a buffer): 10 + B with "single", 12 + B with "gemmlowp", 17 + B with "float32".
    Initiation interval 1, also where sets change.

    Back-pressure: a row is accepted only if the output buffer has space for its result, so the lanes never stall. `set`
    is ready except from `last` until all stages use its set: 9 cycles (gemmlowp: 11, float32: 16) from `last` to the
    next beat, or longer if a packet is open. No output depends combinationally on an input.

    Area grows with cols: a lane has 4 multipliers of 18 x 18 bits (2 with single rounding, acc_width up to 18 and no
    bias) and two copies of its settings. Shifts to the right keep only the bits that out_format can distinguish.

    Source: B. Jacob et al., CVPR 2018, section 2.2 (integer-arithmetic-only inference); gemmlowp, fixedpoint.h;
    TensorFlow Lite, MultiplyByQuantizedMultiplier; XNNPACK, qs8 requantisation "fp32".
    """

    class Parameters(Parameters):
        cols: int = Field(16, ge=1, le=256, description="lanes: values in a row")
        acc_width: int = Field(32, ge=8, le=WORD, description="bits of an incoming lane, signed")
        out_format: integer.IntegerFormat = integer.format_field("format of the results")
        rounding: Rounding = Field("gemmlowp", description="TFLite's two roundings, its newer single one, or float32")
        per_channel: bool = Field(True, description="a multiplier and a shift for each lane, or one for all")
        bias: bool = Field(True, description="a bias of 32 bits for each lane, added first")
        buffer: Annotated[int, Field(ge=0, le=4096)] | Literal["auto"] = Field(
            "auto",
            description="rows of the output buffer; auto: full speed; 0: none, the consumer must always be ready",
            json_schema_extra={"legal": "an integer from 0 to 4096, or auto"},
        )

        @property
        def out(self) -> Shape:
            return integer.shape(self.out_format)

        @property
        def use_cycles(self) -> dict[str, int]:
            return {name: at for name, at in USE_CYCLES[self.rounding].items() if name != "bias" or self.bias}

        @property
        def own(self) -> tuple[str, ...]:
            """Settings that each lane has separately."""
            scale = [name for name in self.use_cycles if name not in ("bias", *COMMON)]
            return ("bias",) * self.bias + tuple(scale) * self.per_channel

        @property
        def stages(self) -> int:
            return self.use_cycles["high"] + 1

    unit = "value"

    @staticmethod
    def members(p):
        change = {"lane": (p.cols - 1).bit_length()} if p.own and p.cols > 1 else {}
        change |= {"multiplier": signed(WORD), "shift": signed(6)}
        change |= {"bias": signed(WORD)} if p.bias else {}
        change |= dict.fromkeys(COMMON, p.out) | {"last": 1}
        y = Packet(Lanes(p.out, p.cols))
        return {
            "x": In(lanes(signed(p.acc_width), p.cols)),
            "set": In(stream.Signature(Bundle(change))),
            "y": Out(stream.Signature(y, always_ready=p.buffer == 0)),
        }

    @property
    def latency(self) -> int:
        return self.p.stages + (BUFFER_LATENCY if self.p.buffer else 0)

    @property
    def peak(self) -> int:
        return self.p.cols

    def elaborate(self, platform):
        m = Module()
        p, use_cycles = self.p, self.p.use_cycles

        space = Signal()
        enter = Signal()
        between = Signal(init=1)  # no packet is open
        m.d.comb += [self.x.ready.eq(space), enter.eq(self.x.valid & space)]
        with m.If(enter):
            m.d.sync += between.eq(self.x.payload.last)

        # A set becomes current between two packets: not at once, but in each stage with the first row that may use it.
        change = Signal(self.set.payload.shape(), reset_less=True)
        arrived = Signal()
        closing = Signal()
        closed = Signal()
        swap = Signal()
        swapping = Signal(use_cycles["high"] - 1)
        swaps = Cat(swap, swapping)
        m.d.comb += [
            closing.eq(arrived & change.last),
            swap.eq(closed & between),
            # An arriving beat is written in the next cycle, when the last stage may still read the pending set.
            self.set.ready.eq(~(closing | closed | swapping[:-2].any())),
        ]
        m.d.sync += [
            change.eq(self.set.payload),
            arrived.eq(self.set.valid & self.set.ready),
            closed.eq(closing | (closed & ~between)),
            swapping.eq(swaps),
        ]

        shapes = setting_shapes(p.rounding, p.out)
        values = {name: change[name] for name in COMMON}
        values |= setting_values(m, p.rounding, change.multiplier, change.shift)
        if p.bias:
            values["bias"] = change.bias
        shared = tuple((name, shapes[name], at) for name, at in use_cycles.items() if name not in p.own)
        settings = place(m, platform, "settings", SettingRegisters, settings=shared)
        m.d.comb += [settings.change[name].eq(values[name]) for name, _, _ in shared]
        m.d.comb += [settings.write.eq(arrived), settings.swaps.eq(swaps)]

        own = Signal(settings_bundle(p.own, shapes))
        m.d.comb += [own[name].eq(values[name]) for name in p.own]
        results = []
        for c in range(p.cols):
            lane = place(
                m,
                platform,
                f"lane{c}",
                RequantiseLane,
                acc_width=p.acc_width,
                out=p.out,
                rounding=p.rounding,
                own=p.own,
                bias=p.bias,
            )
            m.d.comb += [lane.x.eq(self.x.payload.data[c]), lane.common.eq(settings.current)]
            if p.own:
                write = arrived & (change.lane == c) if p.cols > 1 else arrived
                m.d.comb += [lane.change.eq(own), lane.write.eq(write), lane.swaps.eq(swaps)]
            results.append(lane.y)

        valid = Signal(p.stages)
        last = Signal(p.stages, reset_less=True)
        m.d.sync += [valid.eq(Cat(enter, valid)), last.eq(Cat(self.x.payload.last, last))]
        row = Signal(self.y.payload.shape())
        m.d.comb += [row.data.as_value().eq(Cat(results)), row.last.eq(last[-1])]
        if p.buffer == 0:
            m.d.comb += [space.eq(1), self.y.payload.eq(row), self.y.valid.eq(valid[-1])]
        else:
            depth = self.latency + 2 if p.buffer == "auto" else p.buffer
            buffered(m, platform, reserve=enter, space=space, row=row, valid=valid[-1], out=self.y, depth=depth)
        return m
