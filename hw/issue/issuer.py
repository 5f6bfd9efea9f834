"""Issuer: issues instructions in order to their units; SYNC waits for units."""

from functools import cache, reduce
from itertools import pairwise
from operator import and_, or_

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..accelerator.contract import FAULT, PC_WIDTH
from ..bundle import Bundle
from ..component import Component, Parameters, place
from .command import commands
from .isa import Isa
from .isa_spec import ERROR_BITS, Control
from .operand_fetch import OperandFetch

TIMES = 16
"""Bits of a loop's number of iterations."""
PENDING = 8
"""Bits of a unit's number of commands that have not completed."""


@cache
def done(isa: Isa) -> Bundle:
    """Completions: one bit each, high for one cycle per completed command. Also the layout of `pending`."""
    return Bundle(dict.fromkeys(isa.completions, 1))


class Issuer(Component):
    """Issuer: executes loops and register instructions; all other instructions are commands to the units, in order.

    The issuer does not track dependences between commands. A command waits only for space in its unit's queue; SYNC
    waits until the units that it names have completed all their commands. The program ends with `halted`, when all
    units are idle, or with a `fault`.

    `index`, `read`, `word` and `filled` go to the instruction buffer. `oldest` is the first instruction that may still
    be needed; `buffer_full`: nothing more arrives before it changes. `waiting`: in SYNC or HALT; `issued`: an
    instruction is issued in this cycle; `pending`: outstanding completions.

    Latency 2 from an instruction in the buffer to its command. Initiation interval 1; of END, ADD and MOVE the number
    of operands with registers, and 2 more. `go` low stalls the issuer. Area: `OperandFetch`, the stack of loops, a
    counter for each completion.

    Source: explicit synchronisation as taught in lectures on accelerators: units execute their commands independently,
    and only `sync` waits for them; N. Jouppi et al., ISCA 2017, section 2 (explicit synchronisation instructions).
    """

    class Parameters(Parameters):
        isa: Isa

    @staticmethod
    def members(p):
        return {queue.name: Out(commands(p.isa)) for queue in p.isa.queues} | {
            "go": In(1),
            "filled": In(PC_WIDTH),
            "buffer_full": In(1),
            "bus_error": In(1),
            "index": Out(PC_WIDTH),
            "read": Out(1),
            "word": In(p.isa.bits),
            "oldest": Out(PC_WIDTH),
            "done": In(done(p.isa)),
            "pending": Out(done(p.isa)),
            "halted": Out(1),
            "waiting": Out(1),
            "issued": Out(1),
            "pc": Out(PC_WIDTH),
            "fault": Out(FAULT),
        }

    def elaborate(self, platform):
        m = Module()
        isa, codes = self.p.isa, self.p.isa.Error
        operands = place(m, platform, "operands", OperandFetch, isa=isa)
        m.d.comb += [
            operands.filled.eq(self.filled),
            operands.word.eq(self.word),
            self.index.eq(operands.index),
            self.read.eq(operands.read),
        ]
        current, valid = operands.o.payload, operands.o.valid & self.go
        issue = Signal()
        m.d.comb += [operands.o.ready.eq(issue), self.issued.eq(issue)]

        ops = {control: current.decoded.op[op.name.lower()] for control, op in isa.controls.items()}
        error = Signal(ERROR_BITS)  # of the current instruction
        with m.If(current.decoded.unknown):
            m.d.comb += error.eq(codes.OPCODE)

        # Each instruction class has its own issue condition: the queue-full signal arrives late.
        given = self._commands(m, current, valid)
        idle = self._idle(m)
        waited, loops, changed = Signal(), Signal(), Signal()
        stalls = ops[Control.HALT]
        if Control.SYNC in ops:
            units = current.flags[isa.rows[isa.controls[Control.SYNC]].flags[0].range]
            m.d.comb += waited.eq(ops[Control.SYNC] & ~(units & ~Cat(idle.values())).any())
            stalls = ops[Control.SYNC] & ~waited | ops[Control.HALT]
        if Control.LOOP in ops:
            m.d.comb += loops.eq(ops[Control.LOOP] & (error == 0))
        m.d.comb += [
            issue.eq(valid & (given | waited | loops | changed)),
            self.halted.eq(valid & ops[Control.HALT] & Cat(idle.values()).all()),
            self.waiting.eq(valid & stalls),
            self.pc.eq(current.pc),
        ]
        self._change(m, current, valid, ops, error, operands, changed)

        in_loop = body = None
        if isa.loops:
            in_loop, body = self._loops(m, current, issue, ops, error, operands.target)
        else:
            m.d.comb += operands.target.eq(current.pc + 1)
        after = Signal(PC_WIDTH)  # the number after the last instruction issued
        with m.If(issue):
            m.d.sync += after.eq(current.pc + 1)
        m.d.comb += self.oldest.eq(Mux(in_loop, body, after) if isa.loops else after)

        starved = Signal()
        m.d.comb += starved.eq(self.go & operands.empty & ~operands.o.valid)
        fetch_failed, cause = self.bus_error, codes.FETCH
        if isa.loops:
            fetch_failed, cause = (
                self.bus_error | self.buffer_full & in_loop,
                Mux(self.bus_error, codes.FETCH, codes.LOOP),
            )
        m.d.sync += self.fault.valid.eq(0)
        with m.If(valid & (error != 0)):
            m.d.sync += [self.fault.valid.eq(1), self.fault.code.eq(error), self.fault.pc.eq(current.pc)]
        with m.Elif(starved & fetch_failed):
            m.d.sync += [self.fault.valid.eq(1), self.fault.pc.eq(operands.index), self.fault.code.eq(cause)]
        return m

    def _change(self, m, current, valid, ops, error, operands, changed):
        """Write the registers of END, ADD and MOVE, one per cycle; the instructions after them are then read again."""
        changing = [ops[control] for control in (Control.END, Control.ADD, Control.MOVE) if control in ops]
        if not changing:
            return
        sources = self.p.isa.register_operands
        step = Signal(range(max(1, len(sources))))
        changes = Signal()
        m.d.comb += [
            changes.eq(reduce(or_, changing) & (error == 0)),
            changed.eq(changes & (step == len(sources) - 1) if sources else changes),
        ]
        if sources:
            m.d.comb += [
                operands.write.enable.eq(valid & changes),
                operands.write.number.eq(chosen(step, [current[f"r{operand.name}"] for operand in sources])),
                operands.write.value.eq(chosen(step, [current[operand.name] for operand in sources])),
            ]
            with m.If(operands.write.enable):
                m.d.sync += step.eq(Mux(changed, 0, step + 1))
        m.d.comb += operands.restart.eq(valid & changed)

    def _commands(self, m, current, valid):
        """Issue the instruction to its queue; high if the queue accepts it."""
        names = [queue.name for queue in self.p.isa.queues]
        for name in names:
            command = getattr(self, name)
            m.d.comb += [
                command.valid.eq(valid & current.decoded.to[name]),
                *(command.payload[field].eq(current[field]) for field, _ in command.payload.shape()),
            ]
        return Cat(current.decoded.to[name] & getattr(self, name).ready for name in names).any()

    def _idle(self, m):
        """Return the units that have completed all their commands, in the order of SYNC's flag."""
        isa = self.p.isa
        queues = {name: queue.name for queue in isa.queues for name in (queue.name, *queue.further)}
        none = {}
        for name in isa.completions:
            command = getattr(self, queues[name])
            given = command.valid & command.ready
            if Control.SET in isa.controls:
                given &= command.payload.op != isa.controls[Control.SET]
            pending = Signal(PENDING, name=f"pending_{name}")
            none[name] = Signal(name=f"no_{name}", init=1)  # `pending` is 0
            last = (pending == 0) | (pending == 1) & self.done[name]
            m.d.sync += [pending.eq(pending + given - self.done[name]), none[name].eq(~given & last)]
            m.d.comb += self.pending[name].eq(~none[name])
        idle = {}
        for unit in isa.units:
            own = (none[name] for name in unit.completions)
            idle[unit.name] = reduce(and_, (*(idle[name] for name in unit.includes), *own))
        return idle

    def _loops(self, m, current, issue, ops, error, target):
        """Implement the stack of loops, the innermost first: whether one is active, and the start of the outermost."""
        isa, codes = self.p.isa, self.p.isa.Error
        times = current[next(iter(isa.rows[isa.controls[Control.LOOP]].operands))]
        frame = Bundle({"body": PC_WIDTH, "times": TIMES})
        stack = [Signal(frame, name=f"loop{n}", reset_less=True) for n in range(isa.loops)]
        depth = Signal(range(isa.loops + 1))
        again = stack[0].times != 1
        m.d.comb += target.eq(Mux(ops[Control.END] & again, stack[0].body, current.pc + 1))
        with m.If(ops[Control.LOOP]):
            illegal_times = (times == 0) | times[TIMES:].any()
            m.d.comb += error.eq(Mux(depth == isa.loops, codes.LOOP, Mux(illegal_times, codes.OPERAND, codes.NONE)))
            with m.If(issue):
                m.d.sync += [outer.eq(inner) for inner, outer in pairwise(stack)]
                m.d.sync += [stack[0].body.eq(current.pc + 1), stack[0].times.eq(times), depth.eq(depth + 1)]
        with m.If(ops[Control.END]):
            with m.If(depth == 0):
                m.d.comb += error.eq(codes.LOOP)
            with m.If(issue):
                m.d.sync += stack[0].times.eq(stack[0].times - 1)
                with m.If(~again):
                    m.d.sync += [inner.eq(outer) for inner, outer in pairwise(stack)]
                    m.d.sync += depth.eq(depth - 1)
        return depth != 0, chosen(depth, [0, *(frame.body for frame in stack)])


def chosen(index, values):
    """Return the value at an index; the last one if it is out of range."""
    *others, value = values
    for n, other in reversed(list(enumerate(others))):
        value = Mux(index == n, other, value)
    return value
