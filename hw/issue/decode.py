"""What an instruction is, and where it goes, by its first word."""

from amaranth.hdl import Cat, Const, Module
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component
from .isa import FLAG_BITS, INSTRUCTIONS, OPCODE_BITS, Op, Setting, Unit

TARGETS = {"load": Unit.LOAD, "store": Unit.STORE, "weights": Unit.FETCH, "matmul": Unit.ARRAY, "vector": Unit.VECTOR}
"""Where commands go, and whose settings go there: the array has two queues."""

DECODED = Bundle(
    {
        "op": Bundle({op.name.lower(): 1 for op in Op}),
        "to": Bundle(dict.fromkeys(TARGETS, 1)),
        "unknown": 1,
    }
)
"""One bit for each opcode, one for each queue that may get it; `unknown`: neither an opcode nor a setting."""


class Decode(Component):
    """Opcode and flags, as one bit for each thing that they may mean.

    Latency 0. Area: a LUT or three for each bit.
    """

    @staticmethod
    def members(p):
        return {"code": In(OPCODE_BITS), "flags": In(FLAG_BITS), "o": Out(DECODED)}

    def elaborate(self, platform):
        m = Module()
        number = self.flags[: INSTRUCTIONS[Op.SET].flag("setting").bits]
        ops = {op: self.o.op[op.name.lower()] for op in Op}
        known = Const(sum(1 << setting for setting in Setting), 1 << len(number)).bit_select(number, 1)
        m.d.comb += [is_op.eq(self.code == op) for op, is_op in ops.items()]
        m.d.comb += self.o.unknown.eq(~Cat(ops.values()).any() | ops[Op.SET] & ~known)
        for name, unit in TARGETS.items():
            mine = [ops[op] for op, each in INSTRUCTIONS.items() if each.unit is unit]
            numbers = [setting for setting in Setting if setting.unit is unit]
            sets = ops[Op.SET] & Cat(number == setting for setting in numbers).any()
            m.d.comb += self.o.to[name].eq(Cat(mine, sets).any())
        return m
