"""Operands: sums of registers and immediates; a restart reads changed registers."""

from amaranth.sim import Simulator

from systola.hw.cores.systola.isa import ISA, Op
from systola.hw.issue.operand_fetch import OperandFetch


def encode(op, numbers=(0, 0, 0), immediates=(0, 0, 0)):
    head = op | sum(number << 20 + 4 * n for n, number in enumerate(numbers))
    return head | sum(value << 32 * (n + 1) for n, value in enumerate(immediates))


def test_values_and_restarts():
    operands = OperandFetch(isa=ISA)
    words = [encode(Op.LOAD, (1, 2, 0), (10, 0xFFFFFFFF, 7)), encode(Op.MOVE, (1, 2, 3), (5, 6, 7))]
    seen = []

    async def bench(ctx):
        ctx.set(operands.filled, 2)
        ctx.set(operands.o.ready, 1)
        for cycle in range(60):
            restart = cycle == 40
            ctx.set(operands.write.enable, 30 <= cycle <= 31)
            ctx.set(operands.write.number, 1 if cycle == 30 else 0)
            ctx.set(operands.write.value, 100)
            ctx.set(operands.restart, restart)
            _, _, take, index, valid, payload = await ctx.tick().sample(
                operands.read, operands.index, operands.o.valid, operands.o.payload
            )
            if take:
                ctx.set(operands.word, words[index])
            if valid:
                seen.append((payload.pc, payload.a, payload.b, payload.c))

    simulator = Simulator(operands)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    first = [(0, 10, 0xFFFFFFFF, 7), (1, 5, 6, 7)]
    assert seen == [*first, (0, 110, 0xFFFFFFFF, 7), first[1]]  # register 0 remains 0
