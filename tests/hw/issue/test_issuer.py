"""Issuer: commands in order with their operands, loops, SYNC, and faults of programs."""

import random
from collections import Counter

import pytest
from amaranth.sim import Simulator

from systola.gen.accelerators.systola.program import Program, Reg
from systola.hw.cores.systola.isa import ISA, Error, Op, Setting, Unit
from systola.hw.issue.issuer import Issuer

BYTES = ISA.bytes
TARGETS = {queue.name: Unit[queue.unit.upper()] for queue in ISA.queues}


class IssuerRun:
    """The actions of an issuer for a program whose units take `work` cycles per command."""

    def __init__(self, code: bytes, *, work=lambda name: 10, ready=lambda: True, cycles=3000, available=None):
        words = [int.from_bytes(code[at : at + BYTES], "little") for at in range(0, len(code), BYTES)]
        issuer = Issuer(isa=ISA)
        self.commands = []  # (cycle, target, op, flags, a, b, c, pc)
        self.halted = self.fault = None
        self.most = 0
        busy = []

        async def bench(ctx):
            ctx.set(issuer.go, 1)
            ctx.set(issuer.filled, len(words) if available is None else available)
            ctx.set(issuer.buffer_full, available is not None)
            for cycle in range(cycles):
                for name in TARGETS:
                    ctx.set(getattr(issuer, name).ready, ready())
                ended = Counter(name for end, name in busy if end == cycle)
                assert max(ended.values(), default=0) <= 1
                for name in ISA.completions:
                    ctx.set(issuer.done[name], ended[name])
                streams = [getattr(issuer, name) for name in TARGETS]
                values = [value for s in streams for value in (s.valid, s.ready, s.payload)]
                _, _, take, index, oldest, halted, fault, *seen = await ctx.tick().sample(
                    issuer.read, issuer.index, issuer.oldest, issuer.halted, issuer.fault, *values
                )
                if take:
                    assert index >= oldest
                    self.most = max(self.most, index)
                    ctx.set(issuer.word, words[index])
                for n, name in enumerate(TARGETS):
                    valid, is_ready, c = seen[3 * n : 3 * n + 3]
                    if valid and is_ready:
                        self.commands.append((cycle, name, Op(c.op), c.flags, c.a, c.b, c.c, c.pc))
                        if c.op != Op.SET:
                            for each in (name, "array") if name == "matmul" else (name,):
                                last = max((end for end, other in busy if other == each), default=cycle)
                                busy.append((max(cycle, last) + work(each), each))
                if halted and self.halted is None:
                    self.halted = cycle
                if fault.valid and self.fault is None:
                    self.fault = (Error(fault.code), fault.pc)
                if halted or fault.valid:
                    break
            self.ends = [end for end, _ in busy]

        simulator = Simulator(issuer)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()


def loops() -> Program:
    p = Program()
    p.set(Setting.COUNT_X, 4)
    p.move({1: 100, 2: 7})
    with p.loop(3) as outer:
        with p.loop(2) as inner:
            p.weights(Reg(1) + 5, 8)
            p.matmul(Reg(2), Reg(3) + 1, accumulate=Reg(4))
            inner.step({1: 10, 4: 1})
        p.load(Reg(5) + 0x1000, 64)
        outer.step({1: -20, 2: 1, 5: 256, 6: 1})
    p.halt()
    return p


@pytest.mark.parametrize("slow", [False, True])
def test_loops_and_registers(slow):
    rng = random.Random(2)
    ran = IssuerRun(loops().encode(), ready=(lambda: rng.random() < 0.3) if slow else (lambda: True))
    assert ran.halted is not None
    got = [(name, *operands[:3]) for _, name, op, _, *operands, _ in ran.commands if op != Op.SET]
    expected = []
    for outer in range(3):
        for inner in range(2):
            expected.append(("weights", 105 + 10 * inner, 8, 0))
            expected.append(("matmul", 7 + outer, 1, 2 * outer + inner))
        expected.append(("load", 0x1000 + 256 * outer, 64, 0))
    assert got == expected


def test_sync_waits_for_the_units_it_names_and_no_others():
    p = Program()
    p.load(0, 0)
    p.store(0, 0)
    p.sync(Unit.LOAD)
    p.matmul(0, 0)
    p.sync(Unit.FETCH)
    p.vector(0, 0)
    p.sync(Unit.ARRAY)
    p.load(0, 0)
    p.halt()
    work = {"load": 50, "store": 500, "matmul": 20, "array": 60, "vector": 5, "weights": 1}
    ran = IssuerRun(p.encode(), work=work.get)
    begun = {}
    for cycle, name, *_ in ran.commands:
        begun.setdefault(name, []).append(cycle)
    assert 50 <= begun["matmul"][0] - begun["load"][0] <= 54
    assert 20 <= begun["vector"][0] - begun["matmul"][0] <= 24
    assert 60 <= begun["load"][1] - begun["matmul"][0] <= 64
    assert ran.halted >= max(ran.ends)


def test_one_command_per_cycle():
    p = Program()
    for n in range(20):
        p.load(n, n)
    p.halt()
    ran = IssuerRun(p.encode())
    cycles = [cycle for cycle, *_ in ran.commands]
    assert cycles == list(range(cycles[0], cycles[0] + 20))


def test_settings_reach_their_units():
    p = Program()
    for setting in Setting:
        p.set(setting, int(setting))
    p.halt()
    ran = IssuerRun(p.encode())
    assert [(TARGETS[name], flags) for _, name, _, flags, *_ in ran.commands] == [
        (ISA.unit_of(ISA.configs[s]), s) for s in Setting
    ]


def word(op: int, flags: int = 0, a: int = 0) -> bytes:
    return (op | flags << 6 | a << 32).to_bytes(BYTES, "little")


@pytest.mark.parametrize(
    ("code", "error", "pc"),
    [
        (word(0), Error.OPCODE, 0),
        (word(0x3F), Error.OPCODE, 0),
        (word(Op.SYNC) + word(Op.SET, 127), Error.OPCODE, 1),
        (word(Op.LOOP), Error.OPERAND, 0),
        (word(Op.LOOP, a=65536), Error.OPERAND, 0),
        (word(Op.END), Error.LOOP, 0),
        (word(Op.LOOP, a=1) * 5, Error.LOOP, 4),
    ],
)
def test_illegal_instructions_stop_the_program(code, error, pc):
    ran = IssuerRun(code + word(Op.HALT))
    assert ran.fault == (error, pc)
    assert ran.commands == []


def test_a_body_that_does_not_fit_is_reported():
    p = Program()
    with p.loop(2):
        for _ in range(20):
            p.sync(Unit.LOAD)
    p.halt()
    assert IssuerRun(p.encode(), available=10).fault == (Error.LOOP, 10)
