"""Requantisation: rows of wide sums to rows of narrow integers."""

from typing import Annotated, Literal

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..formats import integer
from ..mac.wide import WideMultiply
from ..stream.buffer import buffered
from ..stream.packet import Packet, lanes

Rounding = Literal["gemmlowp", "single"]
WORD = 32
"""Bits of TFLite's arithmetic: of a sum with its bias, and of a multiplier."""
NEAR = 3
"""Bits of a shift that its second step executes: the first shifts by a multiple of 2^NEAR."""
BUFFER_LATENCY = 2

# Cycle in which a row uses each setting, counted from its acceptance; the last one produces the result.
USE_CYCLES = {
    "gemmlowp": {
        "bias": 1,
        "left_far": 1,
        "left": 2,
        "multiplier": 2,
        "right_far": 7,
        "right": 8,
        "zero_point": 9,
        "low": 10,
        "high": 11,
    },
    "single": {"bias": 1, "multiplier": 1, "right_far": 5, "right": 6, "zero_point": 7, "low": 8, "high": 9},
}
COMMON = ("zero_point", "low", "high")


class Requantise(Component):
    """Requantisation: y[c] = min(max(round((x[c] + bias[c]) * scale[c]) + zero_point, low), high) for each lane.

    `x` carries rows of `cols` sums of `acc_width` bits, `y` carries each as a row of `cols` integers of `out_format`,
    with the same `last`. scale = multiplier * 2^(shift - 31), a multiplier of int32 and a shift from -31 to 30, is
    separate for each lane or, without `per_channel`, common to all. x + bias wraps modulo 2^32. The rounding is
    bit-exact with TFLite's reference kernels. "single", with t = 31 - shift: (x * multiplier + 2^(t - 1)) >> t, so ties
    go up. "gemmlowp": x * 2^max(shift, 0) modulo 2^32; its product with the multiplier over 2^31, ties up; that over
    2^max(-shift, 0), ties away from zero. All further steps are exact. ReLU and ReLU6 are choices of `low` and `high`.

    `set` changes the settings of one lane per beat: `multiplier`, `shift` and `bias` of lane `lane` (lanes that do not
    exist are not written, `lane` is ignored where a setting is common to all), and with `last` also `zero_point`, `low`
    and `high` (values of out_format), which are common to all. The new set is pending until `last` has arrived. It then
    applies from the first packet on that begins two cycles after `last` was accepted, or later. No packet uses two
    sets; lanes that a set does not write keep their settings. Before the first set the results are unspecified.

    Latency, with B = 2 (0 without a buffer): 10 + B with single rounding, 12 + B with gemmlowp's two.
    Initiation interval 1, also where sets change.

    Back-pressure: a row is accepted only if the output buffer has space for its result, so the lanes never stall. `set`
    is ready except from `last` until all stages use its set: 9 cycles (gemmlowp: 11) from `last` to the next beat, or
    longer if a packet is open. No output depends combinationally on an input.

    Area grows with cols: a lane has 4 multipliers of 18 x 18 bits (2 with single rounding, acc_width up to 18 and no
    bias) and two copies of its settings. Shifts to the right keep only the bits that out_format can distinguish.

    Source: B. Jacob et al., CVPR 2018, section 2.2 (integer-arithmetic-only inference); gemmlowp, fixedpoint.h;
    TensorFlow Lite, MultiplyByQuantizedMultiplier.
    """

    class Parameters(Parameters):
        cols: int = Field(16, ge=1, le=256, description="lanes: values in a row")
        acc_width: int = Field(32, ge=8, le=WORD, description="bits of an incoming lane, signed")
        out_format: integer.IntegerFormat = integer.format_field("format of the results")
        rounding: Rounding = Field("gemmlowp", description="TFLite's two roundings, or its newer single rounding")
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

        shapes = _shapes(p.rounding, p.out)
        values = {name: change[name] for name in ("multiplier", *COMMON)} | _steps(m, p.rounding, change.shift)
        if p.bias:
            values["bias"] = change.bias
        shared = tuple((name, shapes[name], at) for name, at in use_cycles.items() if name not in p.own)
        settings = place(m, platform, "settings", SettingRegisters, settings=shared)
        m.d.comb += [settings.change[name].eq(values[name]) for name, _, _ in shared]
        m.d.comb += [settings.write.eq(arrived), settings.swaps.eq(swaps)]

        own = Signal(_bundle(p.own, shapes))
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


class SettingRegisters(Component):
    """Pending and current values of the `settings`, each (name, shape, cycle in which a row uses it).

    `write` stores `change` as pending. `swaps[n]` makes those current that are used in cycle n + 1.
    """

    class Parameters(Parameters):
        settings: tuple

    @staticmethod
    def members(p):
        bundle = Bundle({name: shape for name, shape, _ in p.settings})
        return {
            "change": In(bundle),
            "write": In(1),
            "swaps": In(max(at for _, _, at in p.settings)),
            "current": Out(bundle),
        }

    def elaborate(self, platform):
        m = Module()
        for name, shape, at in self.p.settings:
            waiting = Signal(shape, name=f"waiting_{name}", reset_less=True)
            current = Signal(shape, name=f"current_{name}", reset_less=True)
            with m.If(self.write):
                m.d.sync += waiting.eq(self.change[name])
            with m.If(self.swaps[at - 1]):
                m.d.sync += current.eq(waiting)
            m.d.comb += self.current[name].eq(current)
        return m


class RequantiseLane(Component):
    """Requantisation lane: y = min(max(round((x + bias) * scale) + zero_point, low), high): see :class:`Requantise`.

    The settings in `own` are stored in the lane, and changed by `change`, `write` and `swaps`; the others arrive in
    `common`, each in the cycle in which the row uses it. Latency and initiation interval as :class:`Requantise` without
    a buffer.
    """

    class Parameters(Parameters):
        acc_width: int
        out: Shape
        rounding: Rounding
        own: tuple
        bias: bool

        @property
        def others(self) -> tuple[str, ...]:
            return tuple(
                name for name in USE_CYCLES[self.rounding] if name not in self.own and (name != "bias" or self.bias)
            )

    @staticmethod
    def members(p):
        shapes = _shapes(p.rounding, p.out)
        alter = {"change": In(_bundle(p.own, shapes)), "write": In(1), "swaps": In(USE_CYCLES[p.rounding]["high"])}
        return (alter if p.own else {}) | {
            "x": In(signed(p.acc_width)),
            "common": In(_bundle(p.others, shapes)),
            "y": Out(p.out),
        }

    def elaborate(self, platform):
        m = Module()
        p, shapes = self.p, _shapes(self.p.rounding, self.p.out)
        get = {name: self.common[name] for name in p.others}
        if p.own:
            own_settings = tuple((name, shapes[name], USE_CYCLES[p.rounding][name]) for name in p.own)
            settings = place(m, platform, "settings", SettingRegisters, settings=own_settings)
            m.d.comb += [
                settings.change.as_value().eq(self.change.as_value()),
                settings.write.eq(self.write),
                settings.swaps.eq(self.swaps),
            ]
            get |= {name: settings.current[name] for name in p.own}

        total = entered = Signal(self.x.shape(), reset_less=True)
        m.d.sync += entered.eq(self.x)
        if p.bias:
            total = Signal(signed(WORD))
            m.d.comb += total.eq(entered + get["bias"])
        if p.rounding == "gemmlowp":
            raised = Signal(signed(WORD), reset_less=True)
            m.d.sync += raised.eq(total << Cat(Const(0, NEAR), get["left_far"]))
            total = Signal(signed(WORD), name="raised_more")
            m.d.comb += total.eq(raised << get["left"])

        multiply = place(m, platform, "multiply", WideMultiply, a=total.shape(), b=signed(WORD))
        m.d.comb += [multiply.a.eq(total), multiply.b.eq(get["multiplier"])]
        product = multiply.product
        if p.rounding == "gemmlowp":
            # With q = product >> 30, the first rounding gives v = (q + 1) >> 1. The second, of v with ties away from
            # zero, equals that of (2v - (q < 0)) / 2 with ties upwards; 2v - (q < 0) is q, q + 1 or q - 1. The one v
            # that gemmlowp saturates, 2^31, is beyond every clamp without a shift and rounds to the same with one.
            q = product[WORD - 2 :].as_signed()
            negative, odd = q[-1], q[0]
            product = Signal(q.shape(), name="away", reset_less=True)
            m.d.sync += product.eq(q + Cat(negative ^ odd, negative & ~odd).as_signed())

        # One bit is kept below the binary point, for the last rounding. Two more bits than the result are sufficient
        # for all values that a zero point can bring back into its range.
        scaled = _narrow(m, product, get["right_far"], get["right"], p.out.width + 2)
        moved = Signal(signed(p.out.width + 2), reset_less=True)
        m.d.sync += moved.eq((scaled + (get["zero_point"] << 1) + 1) >> 1)
        floor = Signal(moved.shape(), reset_less=True)
        y = Signal(p.out, reset_less=True)
        m.d.sync += [
            floor.eq(Mux(moved < get["low"], get["low"], moved)),
            y.eq(Mux(floor > get["high"], get["high"], floor)),
        ]
        m.d.comb += self.y.eq(y)
        return m


def _shapes(rounding: Rounding, out: Shape) -> dict[str, Shape]:
    """Return the shape in which each setting is stored."""
    steps = {"left_far": 2, "left": NEAR, "right_far": 2} if rounding == "gemmlowp" else {"right_far": 3}
    widths = steps | {"right": NEAR}
    kept = {name: Shape(width) for name, width in widths.items()}
    return kept | dict.fromkeys(("bias", "multiplier"), signed(WORD)) | dict.fromkeys(COMMON, out)


def _bundle(names: tuple[str, ...], shapes: dict[str, Shape]) -> Bundle:
    return Bundle({name: shapes[name] for name in names})


def _steps(m, rounding: Rounding, shift) -> dict:
    """Return a shift as the steps of the stages: to the left before the product, to the right after it."""
    left = Signal(2 + NEAR)
    right = Signal(3 + NEAR)
    if rounding == "single":
        m.d.comb += right.eq(WORD - 2 - shift)  # to one bit below the binary point
        return {"right_far": right[NEAR:], "right": right[:NEAR]}
    with m.If(shift < 0):
        m.d.comb += right.eq(-shift)
    with m.Else():
        m.d.comb += left.eq(shift)
    return {
        "left_far": left[NEAR:],
        "left": left[:NEAR],
        "right_far": right[NEAR:-1],
        "right": right[:NEAR],
    }


def _narrow(m, value, far, near, width: int):
    """Return value >> (far * 2^NEAR + near), saturated to `width` bits; `near` arrives one cycle later.

    Two cycles. The bits above the kept ones are only checked for equality.
    """
    kept = width + (1 << NEAR) - 1
    low = Signal(signed(kept), reset_less=True)
    fits = Signal(reset_less=True)
    sign = Signal(reset_less=True)
    tops = [value[min((k << NEAR) + kept, len(value)) - 1 :] for k in range(1 << len(far))]
    m.d.sync += [
        low.eq(value >> Cat(Const(0, NEAR), far)),
        fits.eq(Cat(_alike(top) for top in tops).bit_select(far, 1)),
        sign.eq(value[-1]),
    ]
    shifted = Signal(signed(kept))
    narrow = Signal(signed(width), reset_less=True)
    limit = Cat((~sign).replicate(width - 1), sign)
    m.d.comb += shifted.eq(low >> near)
    m.d.sync += narrow.eq(Mux(fits & _alike(shifted[width - 1 :]), shifted[:width], limit))
    return narrow


def _alike(bits):
    return bits.all() | ~bits.any()
