"""Loop nest: counters, and addresses that advance with them."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters

COUNT_WIDTH = 16


class NestParameters(Parameters):
    """Parameters of a nest that determine its layouts: `loops`, `addresses` as (name, width), and `count_width`."""

    @staticmethod
    def base(name: str) -> str:
        """Return the name of the field with an address's base."""
        return f"{name}_base"

    @staticmethod
    def stride(name: str, d: int) -> str:
        """Return the name of the field with an address's stride in loop d."""
        return f"{name}_stride{d}"

    @property
    def nest(self) -> Bundle:
        fields = {self.base(name): signed(width) for name, width in self.addresses}
        for d in range(self.loops):
            fields[f"count{d}"] = self.count_width
            fields |= {self.stride(name, d): signed(width) for name, width in self.addresses}
        return Bundle(fields)

    @property
    def iteration(self) -> Bundle:
        return Bundle({name: signed(width) for name, width in self.addresses} | {"ended": self.loops})


class LoopNest(Component):
    """Iterations of nested loops: for i_d < count_d, i_0 fastest, each address is base + sum of i_d x stride_d.

    `i` carries a nest: count{d} of each loop d from 0 (the innermost), and for each address `name` of `width` bits
    `name`_base and `name`_stride{d}, signed. `o` has, per iteration, each address under its name (signed, modulo
    2^width), and `ended`: one flag per loop, high in the loop's last iteration. So ended.all() marks the last iteration
    of the nest, and a prefix of flags marks the ends of its inner loops. Counts are from 1 to 2^count_width - 1.

    Addresses are not checked. With two bits more than a memory's addresses, and strides that fit them, the consumer
    can detect the first address out of range.

    Latency 1 from nest to first iteration, initiation interval 1, also from one nest to the next. `i.ready` follows
    `o.ready` combinationally; there is no other combinational path. Area: two counters and two flags per loop, an
    address and a stride per loop of each address; one adder per address.
    """

    class Parameters(NestParameters):
        loops: int
        addresses: tuple[tuple[str, int], ...] = ()
        count_width: int = COUNT_WIDTH

    @staticmethod
    def members(p):
        return {"i": In(stream.Signature(p.nest)), "o": Out(stream.Signature(p.iteration))}

    def elaborate(self, platform):
        m = Module()
        p, new = self.p, self.i.payload
        loops = range(p.loops)
        at, stride = {}, {}  # of each address, its value and stride in each loop
        for name, width in p.addresses:
            prefix = f"{name}_" if len(p.addresses) > 1 else ""
            at[name] = [Signal(signed(width), name=f"{prefix}at{d}", reset_less=True) for d in loops]
            stride[name] = [Signal(signed(width), name=f"{prefix}stride{d}", reset_less=True) for d in loops]
        remaining = [Signal(p.count_width, name=f"remaining{d}", reset_less=True) for d in loops]  # further iterations
        limit = [Signal(p.count_width, name=f"limit{d}", reset_less=True) for d in loops]
        ended = Signal(p.loops, reset_less=True)
        single = Signal(p.loops, reset_less=True)
        advance = Signal()
        m.d.comb += [
            advance.eq(self.o.valid & self.o.ready),
            *(self.o.payload[name].eq(each[0]) for name, each in at.items()),
            self.o.payload.ended.eq(ended),
            self.i.ready.eq(~self.o.valid | advance & ended.all()),
        ]

        # The innermost loop that has not ended advances; the loops inside it restart from its new address.
        following = {}
        for name, width in p.addresses:
            prefix = f"{name}_" if len(p.addresses) > 1 else ""
            base, step, total = (Signal(signed(width), name=f"{prefix}{what}") for what in ("from", "step", "next"))
            m.d.comb += [base.eq(at[name][-1]), step.eq(stride[name][-1]), total.eq(base + step)]
            for d in reversed(loops[:-1]):
                with m.If(~ended[d]):
                    m.d.comb += [base.eq(at[name][d]), step.eq(stride[name][d])]
            following[name] = total
        within = Const(1, 1)
        for d in loops:
            with m.If(advance & within):
                m.d.sync += [
                    *(at[name][d].eq(total) for name, total in following.items()),
                    remaining[d].eq(Mux(ended[d], limit[d], remaining[d] - 1)),
                    ended[d].eq(Mux(ended[d], single[d], remaining[d] == 1)),
                ]
            within = within & ended[d]
        with m.If(advance & ended.all()):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += self.o.valid.eq(1)
            one = Cat(new[f"count{d}"] == 1 for d in loops)
            m.d.sync += [ended.eq(one), single.eq(one)]
            for d in loops:
                for name in at:
                    m.d.sync += [at[name][d].eq(new[p.base(name)]), stride[name][d].eq(new[p.stride(name, d)])]
                further = new[f"count{d}"] - 1
                m.d.sync += [remaining[d].eq(further), limit[d].eq(further)]
        return m
