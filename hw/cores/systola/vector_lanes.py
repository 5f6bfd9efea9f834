"""Lanes of the vector unit: scale and add, reduce windows, requantise, look up."""

from amaranth.hdl import Cat, Module, Mux, Shape, Signal, signed
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ...bundle import Bundle
from ...component import Component, Parameters, place
from ...mac.multiply import Multiply
from ...vector.requantise import Requantise
from ...vector.requantise_lane import Rounding

SCALE = 18
"""Bits of the factors of activations."""
TABLE = 256
"""Entries of the table."""
BEFORE = 3
"""Cycles from an element to requantisation."""

MODE = Bundle(
    {"scratchpad": 1, "add": 1, "maximum": 1, "table": 1, "multiply": 1}
    | {"scale_a": signed(SCALE), "scale_b": signed(SCALE)}
)
"""Mode of all elements of an operation. `multiply`: b is added to the factor of a."""


class LanesParameters(Parameters):
    size: int
    activation: Shape
    rounding: Rounding
    table: bool

    @property
    def requantise(self) -> dict:
        name = "int8" if self.activation.signed else "uint8"
        return {"cols": self.size, "out_format": name, "rounding": self.rounding, "buffer": 0}


class VectorLanes(Component):
    """y = table(requantise(maximum or sum over a window of (sums, or a x factor) + b x scale_b)), lane by lane.

    The factor of a is scale_a or, with `multiply`, scale_a + b modulo 2^18.

    An element arrives with `valid`: `sums` (32 bits per lane), the activations `a` and `b`, and whether it is the
    `first` and the `end` of its window, and in the `last` window of its operation. `mode` is stable from the first
    element of an operation to its last result. `set` carries the settings of :class:`Requantise`; `write` writes a byte
    into every lane's table.

    Sums wrap modulo 2^32. Latency 4 and that of requantisation, initiation interval 1; no back-pressure. Area: for
    each lane a `Requantise` lane, two multipliers of a byte by 18 bits, a table of 256 bytes.
    """

    Parameters = LanesParameters

    @staticmethod
    def members(p):
        x = {"sums": p.size * 32, "a": p.size * 8, "b": p.size * 8, "first": 1, "end": 1, "last": 1}
        return {
            "x": In(stream.Signature(Bundle(x), always_ready=True)),
            "mode": In(MODE),
            "set": Requantise.members(Requantise.Parameters(**p.requantise))["set"],
            "write": In(Bundle({"enable": 1, "addr": 8, "data": 8})),
            "y": Out(stream.Signature(Bundle({"data": p.size * 8}), always_ready=True)),
        }

    @staticmethod
    def latency(p) -> int:
        return BEFORE + Requantise(**p.requantise).described().latency + 1

    def elaborate(self, platform):
        m = Module()
        p, x, mode = self.p, self.x.payload, self.mode
        requantise = place(m, platform, "requantise", Requantise, **p.requantise)

        flags = Bundle({"valid": 1, "first": 1, "end": 1, "last": 1})
        stages = [Signal(flags, name=f"stage{n}") for n in range(BEFORE)]
        m.d.sync += [
            stages[0].eq(Cat(self.x.valid, x.first, x.end, x.last)),
            *(stages[n + 1].eq(stages[n]) for n in range(BEFORE - 1)),
        ]
        for c in range(p.size):
            products = []
            second = Signal(p.activation, name=f"second{c}")
            m.d.comb += second.eq(x.b[8 * c : 8 * c + 8])
            factor = (mode.scale_a + Mux(mode.multiply, second, 0))[:SCALE].as_signed()
            factors = {"a": factor, "b": mode.scale_b}
            for name, factor in factors.items():
                multiply = place(
                    m,
                    platform,
                    f"multiply_{name}{c}",
                    Multiply,
                    a=p.activation,
                    b=factor.shape(),
                    operand_register=False,
                    product_register=True,
                )
                m.d.comb += [multiply.a.eq(x[name][8 * c : 8 * c + 8]), multiply.b.eq(factor)]
                products.append(multiply.product)
            sums = Signal(signed(32), name=f"sums{c}", reset_less=True)
            value = Signal(signed(32), name=f"value{c}", reset_less=True)
            window = Signal(signed(32), name=f"window{c}", reset_less=True)
            m.d.sync += [
                sums.eq(x.sums[32 * c : 32 * c + 32]),
                value.eq(Mux(mode.scratchpad, products[0], sums) + Mux(mode.add, products[1], 0)),
            ]
            with m.If(stages[1].valid):
                more = Mux(mode.maximum, Mux(value > window, value, window), value + window)
                m.d.sync += window.eq(Mux(stages[1].first, value, more))
            m.d.comb += requantise.x.payload.data[c].eq(window)
        ready = stages[-1]
        m.d.comb += [
            requantise.x.valid.eq(ready.valid & ready.end),
            requantise.x.payload.last.eq(ready.last),
            requantise.set.payload.eq(self.set.payload),
            requantise.set.valid.eq(self.set.valid),
            self.set.ready.eq(requantise.set.ready),
        ]

        narrow = requantise.y.payload.data.as_value()
        plain = Signal(p.size * 8, reset_less=True)
        m.d.sync += [plain.eq(narrow), self.y.valid.eq(requantise.y.valid)]
        m.d.comb += self.y.payload.data.eq(plain)
        if p.table:
            found = []
            for c in range(p.size):
                m.submodules[f"table{c}"] = memory = Memory(shape=8, depth=TABLE, init=[], attrs={"no_rw_check": 1})
                write, read = memory.write_port(), memory.read_port()
                m.d.comb += [
                    write.addr.eq(self.write.addr),
                    write.data.eq(self.write.data),
                    write.en.eq(self.write.enable),
                    read.addr.eq(narrow[8 * c : 8 * c + 8]),
                ]
                found.append(read.data)
            with m.If(mode.table):
                m.d.comb += self.y.payload.data.eq(Cat(found))
        return m
