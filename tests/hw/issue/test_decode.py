"""Decoding: every opcode and setting, and illegal ones, against the table of instructions."""

import itertools

from amaranth.sim import Simulator

from systola.hw.cores.systola.isa import ISA, Op, Setting, Unit
from systola.hw.issue.decode import Decode

TARGETS = {queue.name: Unit[queue.unit.upper()] for queue in ISA.queues}


def meaning(code: int, number: int) -> tuple[set[str], set[str], bool]:
    """The opcodes and queues whose bits are set, and whether it is unknown."""
    if code not in set(Op):
        return set(), set(), True
    units = [ISA.unit_of(ISA.rows[code])]
    unknown = False
    if code == Op.SET:
        unknown = number not in set(Setting)
        units = [] if unknown else [ISA.unit_of(ISA.configs[number])]
    return {Op(code).name.lower()}, {name for name, unit in TARGETS.items() if unit in units}, unknown


def test_every_opcode_and_setting():
    decode = Decode(isa=ISA)
    bits = ISA.rows[Op.SET].flag("setting").bits

    async def bench(ctx):
        cases = itertools.chain(
            ((code, 0) for code in range(1 << ISA.opcode.bits)), ((Op.SET, number) for number in range(1 << bits))
        )
        for code, number in cases:
            ctx.set(decode.code, code)
            ctx.set(decode.flags, number)
            found = ctx.get(decode.o)
            ops, queues, unknown = meaning(code, number)
            assert {op.name.lower() for op in Op if found.op[op.name.lower()]} == ops, (code, number)
            assert {name for name in TARGETS if found.to[name]} == queues, (code, number)
            assert found.unknown == unknown, (code, number)

    simulator = Simulator(decode)
    simulator.add_testbench(bench)
    simulator.run()
