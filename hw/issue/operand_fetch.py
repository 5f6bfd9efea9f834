"""Operand fetch: instructions in program order with the values of their operands."""

from functools import cache

from amaranth.hdl import Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..accelerator.contract import PC_WIDTH
from ..bundle import Bundle
from ..component import Component, Parameters, place
from .decode import Decode, decoded
from .isa import Isa
from .isa_spec import REGISTER_BITS, Control


@cache
def instruction(isa: Isa) -> Bundle:
    """An instruction decoded, its operands' values, and the numbers of the registers that they came from (`r...`)."""
    return Bundle(
        {"op": isa.opcode.bits, "flags": isa.flags.bits, "pc": PC_WIDTH, "decoded": decoded(isa)}
        | {f"r{operand.name}": isa.register_bits for operand in isa.register_operands}
        | {operand.name: operand.bits for operand in isa.operands}
    )


@cache
def register_write(isa: Isa) -> Bundle:
    """A write to a register."""
    return Bundle({"enable": 1, "number": isa.register_bits, "value": REGISTER_BITS})


class OperandFetch(Component):
    """Operand fetch: reads instructions in order from the instruction buffer and adds registers to immediates.

    `index`, `read` and `word` go to the buffer, which holds `filled` instructions. `restart` discards the instructions
    read so far and continues at `target`. With registers, `write` changes one; instructions read after a restart use
    the new value. Register 0 is always 0; the others are 0 after reset, which takes one cycle per register. `empty`:
    every instruction that arrived has been read and has moved to `o`.

    Latency 2, initiation interval 1. `read` follows `o.ready` and `restart` combinationally. Area: for each operand
    with a register a copy of the registers in distributed memory and an adder.
    """

    class Parameters(Parameters):
        isa: Isa

    @staticmethod
    def members(p):
        return {
            "filled": In(PC_WIDTH),
            "index": Out(PC_WIDTH),
            "read": Out(1),
            "word": In(p.isa.bits),
            "restart": In(1),
            "target": In(PC_WIDTH),
            **({"write": In(register_write(p.isa))} if p.isa.registers else {}),
            "o": Out(stream.Signature(instruction(p.isa))),
            "empty": Out(1),
        }

    def elaborate(self, platform):
        m = Module()
        isa = self.p.isa
        ready, cleared = Const(1), None
        if isa.registers:
            cleared = Signal(range(isa.registers + 1))
            ready = Signal()
            m.d.comb += ready.eq(cleared[-1])
            with m.If(~ready):
                m.d.sync += cleared.eq(cleared + 1)

        # Read
        pending = Signal()  # `word` is a waiting instruction
        pc = Signal(PC_WIDTH, reset_less=True)
        moves = Signal()
        m.d.comb += [
            self.empty.eq(~pending & (self.index == self.filled)),
            moves.eq(pending & (~self.o.valid | self.o.ready) & ~self.restart),
            self.read.eq((self.index != self.filled) & (~pending | moves) & ready & ~self.restart),
        ]
        with m.If(self.restart):
            m.d.sync += [pending.eq(0), self.index.eq(self.target)]
        with m.Elif(self.read):
            m.d.sync += [pending.eq(1), self.index.eq(self.index + 1), pc.eq(self.index)]
        with m.Elif(moves):
            m.d.sync += pending.eq(0)

        # Add
        with m.If(self.o.ready | self.restart):
            m.d.sync += self.o.valid.eq(0)
        op, flags = self.word[isa.opcode.range], self.word[isa.flags.range]
        decode = place(m, platform, "decode", Decode, {"code": op, "flags": flags}, isa=isa)
        with m.If(moves):
            m.d.sync += [
                self.o.valid.eq(1),
                self.o.payload.op.eq(op),
                self.o.payload.flags.eq(flags),
                self.o.payload.pc.eq(pc),
                self.o.payload.decoded.eq(decode.o),
            ]
        for operand in isa.operands:
            value = self.word[operand.range]
            if operand.register is not None:
                number = self.word[operand.register : operand.register + isa.register_bits]
                with m.If(moves):
                    m.d.sync += self.o.payload[f"r{operand.name}"].eq(number)
                value = self._register(m, operand.name, number, ready, cleared, op) + value
            with m.If(moves):
                m.d.sync += self.o.payload[operand.name].eq(value)
        return m

    def _register(self, m, name: str, number, ready, cleared, op):
        """Return the value of a register, from an operand's own copy; MOVE adds nothing to its immediates."""
        isa = self.p.isa
        registers = Memory(shape=REGISTER_BITS, depth=isa.registers, init=[], attrs={"ram_style": "distributed"})
        m.submodules[f"registers_{name}"] = registers
        read, write = registers.read_port(domain="comb"), registers.write_port()
        m.d.comb += [
            read.addr.eq(number),
            write.addr.eq(Mux(ready, self.write.number, cleared)),
            write.data.eq(Mux(ready, self.write.value, 0)),
            write.en.eq(~ready | self.write.enable & (self.write.number != 0)),
        ]
        move = isa.controls.get(Control.MOVE)
        return read.data if move is None else Mux(op == move, 0, read.data)
