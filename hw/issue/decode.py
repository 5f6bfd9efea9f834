"""Decoder: an instruction's operation and its command queue, one bit each."""

from functools import cache

from amaranth.hdl import Cat, Const, Module
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters
from .isa import Isa
from .isa_spec import Control


@cache
def decoded(isa: Isa) -> Bundle:
    """One bit per opcode, one bit per queue; `unknown`: no such opcode or configuration register."""
    return Bundle(
        {
            "op": Bundle({op.name.lower(): 1 for op in isa.Op}),
            "to": Bundle({queue.name: 1 for queue in isa.queues}),
            "unknown": 1,
        }
    )


class Decode(Component):
    """Instruction decoder: opcode and flags as one bit per possible meaning.

    SET goes to the queue of its configuration register. Latency 0. Area: up to three LUTs per bit.
    """

    class Parameters(Parameters):
        isa: Isa

    @staticmethod
    def members(p):
        return {"code": In(p.isa.opcode.bits), "flags": In(p.isa.flags.bits), "o": Out(decoded(p.isa))}

    def elaborate(self, platform):
        m = Module()
        isa = self.p.isa
        ops = {op: self.o.op[op.name.lower()] for op in isa.Op}
        m.d.comb += [is_op.eq(self.code == op) for op, is_op in ops.items()]
        is_set = number = None
        unknown = ~Cat(ops.values()).any()
        if Control.SET in isa.controls:
            op = isa.controls[Control.SET]
            is_set, number = ops[op], self.flags[isa.rows[op].flags[0].range]
            known = sum(1 << setting for setting in isa.configs)
            unknown |= is_set & ~Const(known, 1 << len(number)).bit_select(number, 1)
        m.d.comb += self.o.unknown.eq(unknown)
        for queue in isa.queues:
            to = [ops[op] for op, row in isa.rows.items() if row.queue == queue.name]
            numbers = [setting for setting, row in isa.configs.items() if row.queue == queue.name]
            if is_set is not None:
                to.append(is_set & Cat(number == setting for setting in numbers).any())
            m.d.comb += self.o.to[queue.name].eq(Cat(to).any())
        return m
