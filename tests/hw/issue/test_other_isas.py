"""Fetch, decode and issue of instruction sets unlike Systola's, from bytes in memory to commands."""

from collections import Counter

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from systola.gen.isa.instruction import BaseInstruction
from systola.gen.isa.program import BaseProgram
from systola.hw.issue.command import settings
from systola.hw.issue.fetch import InstructionFetch
from systola.hw.issue.issuer import Issuer

from .tiny import NARROW, THIN, TINY

LATER = 30


class TinyInstruction(BaseInstruction):
    isa = TINY


class TinyProgram(BaseProgram):
    instruction = TinyInstruction


class NarrowInstruction(BaseInstruction):
    isa = NARROW


class NarrowProgram(BaseProgram):
    instruction = NarrowInstruction


class ThinInstruction(BaseInstruction):
    isa = THIN


class ThinProgram(BaseProgram):
    instruction = ThinInstruction


def run(code: bytes, isa, data_width: int, work: int = 20, cycles: int = 600, address: int = 0x100):
    """Commands (cycle, queue, payload), the end of the program, and its configuration registers.

    A command completes after `work` cycles, and under each further name LATER cycles after that.
    """
    m = Module()
    m.submodules.fetch = fetch = InstructionFetch(isa=isa, depth=32, data_width=data_width)
    m.submodules.issuer = issuer = Issuer(isa=isa)
    m.d.comb += [getattr(fetch, name).eq(getattr(issuer, name)) for name in ("oldest", "index", "read")]
    m.d.comb += [
        getattr(issuer, name).eq(getattr(fetch, name)) for name in ("filled", "word", "buffer_full", "bus_error")
    ]
    registers = {}
    if isa.configuration:
        stream = getattr(issuer, isa.configuration[0].queue)
        registers = settings(m, isa, stream, dict.fromkeys(isa.Setting, 16))
    names = [queue.name for queue in isa.queues]
    memory = bytes(address) + code + bytes(4096)
    found, ended, beats, values = [], {}, [], {}

    async def bench(ctx):
        ctx.set(fetch.address, address)
        for each in (fetch.go, issuer.go, fetch.ar.ready, *(getattr(issuer, name).ready for name in names)):
            ctx.set(each, 1)
        busy = []
        for cycle in range(cycles):
            done = Counter(name for end, name in busy if end == cycle)
            for name in isa.completions:
                ctx.set(issuer.done[name], done[name])
            ctx.set(fetch.r.valid, bool(beats))
            if beats:
                at, last = beats.pop(0)
                data = int.from_bytes(memory[at : at + data_width // 8], "little")
                ctx.set(fetch.r.payload.data, data)
                ctx.set(fetch.r.payload.last, last)
            streams = [getattr(issuer, name) for name in names]
            _, _, asks, ar, halted, fault, *seen = await ctx.tick().sample(
                fetch.ar.valid,
                fetch.ar.payload,
                issuer.halted,
                issuer.fault,
                *(value for s in streams for value in (s.valid, s.payload)),
            )
            if asks:
                beats.extend((ar.addr + data_width // 8 * n, n == ar.len) for n in range(ar.len + 1))
            for n, queue in enumerate(isa.queues):
                if seen[2 * n]:
                    found.append((cycle, queue.name, seen[2 * n + 1]))
                    if seen[2 * n + 1].op != isa.Op.__members__.get("SET"):
                        busy.extend(
                            (cycle + work + LATER * at, name) for at, name in enumerate((queue.name, *queue.further))
                        )
            if halted or fault.valid:
                ended.update(cycle=cycle, halted=halted, error=fault.code * fault.valid, pc=fault.pc)
                break
        values.update((setting, ctx.get(register)) for setting, register in registers.items())

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found, ended, values


def tiny() -> TinyProgram:
    op, p = TINY.Op, TinyProgram()
    p.set(TINY.Setting.STRIDE, 7)
    p.emit(op.READ_WEIGHTS, 0x12_3456_789A, 3)
    p.sync(TINY.Unit.FETCH)
    p.emit(op.MATMUL, 0xABCDEF, 0x1234, 0x89ABCDEF, accumulate=1, function=5)
    p.sync()
    p.emit(op.MATMUL, buffer=1, accumulator=2, length=3)
    p.halt()
    return p


@pytest.mark.parametrize("data_width", [32, 64, 128])
def test_instructions_of_12_bytes(data_width):
    found, ended, values = run(tiny().encode(), TINY, data_width)
    assert (ended["halted"], ended["error"]) == (1, 0)
    assert [(queue, TINY.Op(c.op).name, c.pc) for _, queue, c in found] == [
        ("matrix", "SET", 0),
        ("fetch", "READ_WEIGHTS", 1),
        ("matrix", "MATMUL", 3),
        ("matrix", "MATMUL", 5),
    ]
    _, weights, first, second = (c for _, _, c in found)
    assert (weights.weight, weights.length) == (0x12_3456_789A, 3)
    assert (first.buffer, first.accumulator, first.length) == (0xABCDEF, 0x1234, 0x89ABCDEF)
    assert first.flags == 1 | 5 << 8
    assert (second.buffer, second.accumulator, second.length, second.flags) == (1, 2, 3, 0)
    assert values == {TINY.Setting.STRIDE: 7}


def test_sync_waits_for_its_units():
    found, ended, _ = run(tiny().encode(), TINY, 64, work=50)
    _, (weights, *_), (first, *_), (second, *_) = found
    assert 50 <= first - weights <= 55  # after the fetch
    assert 50 + LATER <= second - first <= 55 + LATER  # after the results
    assert ended["cycle"] - second >= 50 + LATER


def test_sync_waits_for_units_that_its_unit_includes():
    p = TinyProgram()
    p.emit(TINY.Op.READ_WEIGHTS, 1, 1)
    p.sync(TINY.Unit.MATRIX)
    p.emit(TINY.Op.MATMUL, 1, 1, 1)
    p.halt()
    ((weights, *_), (matmul, *_)), _, _ = run(p.encode(), TINY, 64, work=50)
    assert 50 <= matmul - weights <= 55


def test_unknown_opcodes_stop_the_program():
    code = tiny().encode()[:32] + bytes([0x77]) + bytes(15)
    _, ended, _ = run(code, TINY, 64)
    assert (ended["error"], ended["pc"]) == (TINY.Error.OPCODE, 2)


def test_unknown_configuration_registers_stop_the_program():
    word = TINY.Op.SET | 6 << 8 + 2
    _, ended, _ = run(word.to_bytes(16, "little"), TINY, 64)
    assert (ended["error"], ended["pc"]) == (TINY.Error.OPCODE, 0)


def narrow(kind: type[BaseProgram]) -> BaseProgram:
    p = kind()
    step = p.isa.Op.STEP
    p.emit(step, 63, -1)
    with p.loop(3):
        p.emit(step, 2, 100)
        p.emit(step, 3, 200)
    for n in range(12):
        p.emit(step, 4, n)
    p.halt()
    return p


@pytest.mark.parametrize("data_width", [32, 64, 128])
@pytest.mark.parametrize(("kind", "skip"), [(NarrowProgram, 0), (NarrowProgram, 1), (ThinProgram, 0)])
def test_several_instructions_in_a_beat_and_loops_without_registers(kind, skip, data_width):
    p = narrow(kind)
    found, ended, _ = run(p.encode(), p.isa, data_width, address=0x100 + 16 * skip)
    assert ended["halted"]
    assert [(c.id, c.immediate) for _, _, c in found] == [
        (63, (1 << p.isa.operand("immediate").bits) - 1),
        *[(2, 100), (3, 200)] * 3,
        *((4, n) for n in range(12)),
    ]
