"""The issuer: instructions in order, each to its unit; SYNC waits for units."""

from itertools import pairwise

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..accelerator.contract import FAULT, PC_WIDTH
from ..bundle import Bundle
from ..component import Component, place
from .command import commands
from .decode import TARGETS
from .isa import BYTES, LOOPS, OPERANDS, Error, Op, Unit
from .operands import Operands

TIMES = 16
"""Bits of how often a loop runs."""
PENDING = 8
"""Bits of how many commands a unit has not ended."""

DONE = Bundle(dict.fromkeys((*TARGETS, "array"), 1))
"""For one cycle each: a command has ended. `matmul`: its operands are read; `array`: its results are in place."""


class Issuer(Component):
    """Runs a program: loops and registers here, everything else as commands to the units, in order.

    Nothing is known of what commands depend on. A command waits only for room in its unit's queue; SYNC waits until
    the units it names have ended all that they were given. The program ends with `halted`, all units idle, or with a
    `fault`.

    `index`, `take`, `word` and `filled` go to the instruction buffer. `oldest` is the first instruction that may still
    be wanted; `stuck` says that nothing more will come before it changes. `waits`: in SYNC or HALT; `issued`: an
    instruction is done; `pending`: units that have something to do.

    Latency from instruction to command: 3. Initiation interval: 1; of END, ADD and MOVE 6. `go` low holds everything.
    Area: `Operands`, the loops' stack, a counter for each unit.

    Source: the policy of lectures on accelerators with explicit synchronisation: units run what they are given, `sync`
    waits for them, nothing else does; N. Jouppi et al., ISCA 2017, section 2 (synchronize instructions).
    """

    @staticmethod
    def members(p):
        return {name: Out(commands()) for name in TARGETS} | {
            "go": In(1),
            "filled": In(PC_WIDTH),
            "stuck": In(1),
            "broken": In(1),
            "index": Out(PC_WIDTH),
            "take": Out(1),
            "word": In(BYTES * 8),
            "oldest": Out(PC_WIDTH),
            "done": In(DONE),
            "pending": Out(DONE),
            "halted": Out(1),
            "waits": Out(1),
            "issued": Out(1),
            "pc": Out(PC_WIDTH),
            "fault": Out(FAULT),
        }

    def elaborate(self, platform):
        m = Module()
        operands = place(m, platform, "operands", Operands)
        m.d.comb += [
            operands.filled.eq(self.filled),
            operands.word.eq(self.word),
            self.index.eq(operands.index),
            self.take.eq(operands.take),
        ]
        now, valid = operands.o.payload, operands.o.valid & self.go
        leaves = Signal()
        m.d.comb += [operands.o.ready.eq(leaves), self.issued.eq(leaves)]

        ops = {op: now.decoded.op[op.name.lower()] for op in Op}
        error = Signal(4)  # of the present instruction
        with m.If(now.decoded.unknown):
            m.d.comb += error.eq(Error.OPCODE)

        # Each kind of instruction passes by itself: whether a queue has room is known late.
        given = self._commands(m, now, valid)
        idle = self._idle(m)
        waited, loops, changed = Signal(), Signal(), Signal()
        units = now.flags[: len(idle)]
        m.d.comb += [
            waited.eq(ops[Op.SYNC] & ~(units & ~Cat(idle.values())).any()),
            loops.eq(ops[Op.LOOP] & (error == 0)),
            leaves.eq(valid & (given | waited | loops | changed)),
            self.halted.eq(valid & ops[Op.HALT] & Cat(idle.values()).all()),
            self.waits.eq(valid & (ops[Op.SYNC] & ~waited | ops[Op.HALT])),
        ]

        # Registers change one a cycle; then what was read is read again.
        step = Signal(range(len(OPERANDS)))
        changes = Signal()
        m.d.comb += [
            changes.eq((ops[Op.END] | ops[Op.ADD] | ops[Op.MOVE]) & (error == 0)),
            changed.eq(changes & (step == len(OPERANDS) - 1)),
            operands.write.enable.eq(valid & changes),
            operands.write.number.eq(chosen(step, [now[f"r{operand}"] for operand in OPERANDS])),
            operands.write.value.eq(chosen(step, [now[operand] for operand in OPERANDS])),
            operands.restart.eq(valid & changed),
            self.pc.eq(now.pc),
        ]
        with m.If(operands.write.enable):
            m.d.sync += step.eq(Mux(changed, 0, step + 1))

        in_loop, body = self._loops(m, now, leaves, ops, error, operands.target)
        after = Signal(PC_WIDTH)  # the last instruction that left
        with m.If(leaves):
            m.d.sync += after.eq(now.pc + 1)
        m.d.comb += self.oldest.eq(Mux(in_loop, body, after))

        starved = Signal()
        m.d.comb += starved.eq(self.go & operands.empty & ~operands.o.valid)
        m.d.sync += self.fault.valid.eq(0)
        with m.If(valid & (error != 0)):
            m.d.sync += [self.fault.valid.eq(1), self.fault.code.eq(error), self.fault.pc.eq(now.pc)]
        with m.Elif(starved & (self.broken | self.stuck & in_loop)):
            m.d.sync += [self.fault.valid.eq(1), self.fault.pc.eq(operands.index)]
            m.d.sync += self.fault.code.eq(Mux(self.broken, Error.FETCH, Error.LOOP))
        return m

    def _commands(self, m, now, valid):
        """Offer the instruction to its unit; whether that takes it."""
        for name in TARGETS:
            command = getattr(self, name)
            m.d.comb += [
                command.valid.eq(valid & now.decoded.to[name]),
                *(command.payload[field].eq(now[field]) for field, _ in command.payload.shape()),
            ]
        return Cat(now.decoded.to[name] & getattr(self, name).ready for name in TARGETS).any()

    def _idle(self, m):
        """The units that have ended all that they were given, in the order of SYNC's flags."""
        none = {}
        for name, _ in self.done.shape():
            command = getattr(self, "matmul" if name == "array" else name)
            given = command.valid & command.ready & (command.payload.op != Op.SET)
            pending = Signal(PENDING, name=f"pending_{name}")
            none[name] = Signal(name=f"no_{name}", init=1)  # `pending` is 0
            last = (pending == 0) | (pending == 1) & self.done[name]
            m.d.sync += [pending.eq(pending + given - self.done[name]), none[name].eq(~given & last)]
            m.d.comb += self.pending[name].eq(~none[name])
        fetch = none["weights"] & none["matmul"]
        return {
            Unit.LOAD: none["load"],
            Unit.STORE: none["store"],
            Unit.FETCH: fetch,
            Unit.ARRAY: fetch & none["array"],
            Unit.VECTOR: none["vector"],
        }

    def _loops(self, m, now, leaves, ops, error, target):
        """The stack of loops, the innermost first; whether there is one, and where the outermost one's body begins."""
        frame = Bundle({"body": PC_WIDTH, "times": TIMES})
        stack = [Signal(frame, name=f"loop{n}", reset_less=True) for n in range(LOOPS)]
        depth = Signal(range(LOOPS + 1))
        again = stack[0].times != 1
        m.d.comb += target.eq(Mux(ops[Op.END] & again, stack[0].body, now.pc + 1))
        with m.If(ops[Op.LOOP]):
            bad_times = (now.a == 0) | now.a[TIMES:].any()
            m.d.comb += error.eq(Mux(depth == LOOPS, Error.LOOP, Mux(bad_times, Error.OPERAND, Error.NONE)))
            with m.If(leaves):
                m.d.sync += [outer.eq(inner) for inner, outer in pairwise(stack)]
                m.d.sync += [stack[0].body.eq(now.pc + 1), stack[0].times.eq(now.a), depth.eq(depth + 1)]
        with m.If(ops[Op.END]):
            with m.If(depth == 0):
                m.d.comb += error.eq(Error.LOOP)
            with m.If(leaves):
                m.d.sync += stack[0].times.eq(stack[0].times - 1)
                with m.If(~again):
                    m.d.sync += [inner.eq(outer) for inner, outer in pairwise(stack)]
                    m.d.sync += depth.eq(depth - 1)
        return depth != 0, chosen(depth, [0, *(frame.body for frame in stack)])


def chosen(index, values):
    """The value at an index; the last one beyond."""
    *others, value = values
    for n, other in reversed(list(enumerate(others))):
        value = Mux(index == n, other, value)
    return value
