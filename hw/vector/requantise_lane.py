"""Requantisation lane: one sum per cycle to one narrow integer."""

from typing import Literal

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, signed
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..mac.fp32 import stage
from ..mac.wide import WideMultiply
from .float_scale import SIGNIFICAND, FloatOperand, FloatResult

Rounding = Literal["gemmlowp", "single", "float32"]
WORD = 32
"""Bits of TFLite's arithmetic: of a sum with its bias, and of a multiplier."""
NEAR = 3
"""Bits of a shift that its second step executes: the first shifts by a multiple of 2^NEAR."""

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
    "float32": {"bias": 1, "multiplier": 6, "shift": 10, "zero_point": 14, "low": 15, "high": 16},
}
COMMON = ("zero_point", "low", "high")


class SettingRegisters(Component):
    """Pending and current values of the `settings`, each (name, shape, cycle in which a row uses it).

    `write` stores `change` as pending. `swaps[n]` makes those settings current that are used in cycle n + 1.
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

    The settings in `own` are stored in the lane, and updated by `change`, `write` and `swaps`; the others are driven on
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
        shapes = setting_shapes(p.rounding, p.out)
        alter = {
            "change": In(settings_bundle(p.own, shapes)),
            "write": In(1),
            "swaps": In(USE_CYCLES[p.rounding]["high"]),
        }
        return (alter if p.own else {}) | {
            "x": In(signed(p.acc_width)),
            "common": In(settings_bundle(p.others, shapes)),
            "y": Out(p.out),
        }

    def elaborate(self, platform):
        m = Module()
        p, shapes = self.p, setting_shapes(self.p.rounding, self.p.out)
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
        scale = self._scale_float32 if p.rounding == "float32" else self._scale_integer
        scaled = scale(m, platform, total, get)

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

    def _scale_integer(self, m, platform, total, get):
        """Return total * multiplier * 2^(shift - 31) with one bit below the binary point, for the last rounding.

        It has two more bits than the result, enough for all values that adding a zero point can bring into its range.
        """
        p = self.p
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
        return _narrow(m, product, get["right_far"], get["right"], p.out.width + 2)

    def _scale_float32(self, m, platform, total, get):
        """Return the product rounded in float32 and then to an integer, as wide as that of `_scale_integer`."""
        operand = place(m, platform, "operand", FloatOperand)
        multiply = place(m, platform, "multiply", WideMultiply, a=operand.a.shape(), b=Shape(SIGNIFICAND))
        result = place(m, platform, "result", FloatResult, width=self.p.out.width + 1)
        m.d.comb += [
            operand.x.eq(total),
            multiply.a.eq(operand.a),
            multiply.b.eq(get["multiplier"]),
            result.product.eq(multiply.product),
            result.exponent.eq(stage(m, "exponent", operand.exponent, WideMultiply.LATENCY)),
            result.negative.eq(stage(m, "negative", operand.negative, WideMultiply.LATENCY)),
            result.shift.eq(get["shift"]),
        ]
        return result.y << 1


def setting_shapes(rounding: Rounding, out: Shape) -> dict[str, Shape]:
    """Return the shape in which each setting is stored."""
    others = {"bias": signed(WORD)} | dict.fromkeys(COMMON, out)
    if rounding == "float32":
        return {"multiplier": Shape(SIGNIFICAND), "shift": signed(6)} | others
    steps = {"left_far": 2, "left": NEAR, "right_far": 2} if rounding == "gemmlowp" else {"right_far": 3}
    return (
        {name: Shape(width) for name, width in steps.items()}
        | {
            "right": Shape(NEAR),
            "multiplier": signed(WORD),
        }
        | others
    )


def setting_values(m, rounding: Rounding, multiplier, shift) -> dict:
    """Return a multiplier and a shift in the form that the pipeline stages use.

    gemmlowp: a left shift before the product, a right one after it; single: a right one after it. float32: a scale is 0
    unless the highest bit of its significand, bit 30 of the multiplier, is set.
    """
    if rounding == "float32":
        bits = multiplier[WORD - 1 - SIGNIFICAND : WORD - 1]
        significand = Signal(SIGNIFICAND)
        m.d.comb += significand.eq(Mux(bits[-1], bits, 0))
        return {"multiplier": significand, "shift": shift}
    left = Signal(2 + NEAR)
    right = Signal(3 + NEAR)
    if rounding == "single":
        m.d.comb += right.eq(WORD - 2 - shift)  # to one bit below the binary point
        return {"multiplier": multiplier, "right_far": right[NEAR:], "right": right[:NEAR]}
    with m.If(shift < 0):
        m.d.comb += right.eq(-shift)
    with m.Else():
        m.d.comb += left.eq(shift)
    return {
        "multiplier": multiplier,
        "left_far": left[NEAR:],
        "left": left[:NEAR],
        "right_far": right[NEAR:-1],
        "right": right[:NEAR],
    }


def settings_bundle(names: tuple[str, ...], shapes: dict[str, Shape]) -> Bundle:
    """Return the layout of the settings `names`."""
    return Bundle({name: shapes[name] for name in names})


def _narrow(m, value, far, near, width: int):
    """Return value >> (far * 2^NEAR + near), saturated to `width` bits; `near` is used one cycle after `far`.

    Latency 2. Saturation only checks whether the bits above the kept ones are all equal.
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
