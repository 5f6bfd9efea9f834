"""Instructions as they are read, with the values of their operands."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, place
from .command import PC_WIDTH
from .decode import DECODED, Decode
from .isa import BYTES, FLAG_BITS, OPCODE_BITS, OPERANDS, REGISTERS, Op

NUMBER = 4
"""Bits of a register's number."""

INSTRUCTION = Bundle(
    {"op": OPCODE_BITS, "flags": FLAG_BITS, "pc": PC_WIDTH, "decoded": DECODED}
    | {f"r{operand}": NUMBER for operand in OPERANDS}
    | dict.fromkeys(OPERANDS, 32)
)
"""An instruction: what it is, its operands' values, and the registers that they came from."""


class Operands(Component):
    """Reads instruction after instruction from the buffer and adds the registers to the immediates.

    `index`, `take` and `word` go to the buffer, which has `filled` instructions. `write` changes a register; `restart`
    forgets what was read and goes on at `target`, so that what follows sees the change. Registers are 0 at first, which
    takes 16 cycles after reset. `empty`: every instruction that came has left for `o`.

    Latency 2, initiation interval 1. `take` follows `o.ready` combinationally. Area: three copies of the registers in
    distributed memory, three adders.
    """

    @staticmethod
    def members(p):
        return {
            "filled": In(PC_WIDTH),
            "index": Out(PC_WIDTH),
            "take": Out(1),
            "word": In(BYTES * 8),
            "restart": In(1),
            "target": In(PC_WIDTH),
            "write": In(Bundle({"enable": 1, "number": NUMBER, "value": 32})),
            "o": Out(stream.Signature(INSTRUCTION)),
            "empty": Out(1),
        }

    def elaborate(self, platform):
        m = Module()
        cleared = Signal(range(REGISTERS + 1))
        ready = Signal()
        m.d.comb += ready.eq(cleared[-1])
        with m.If(~ready):
            m.d.sync += cleared.eq(cleared + 1)

        # Read
        there = Signal()  # `word` is an instruction that waits
        pc = Signal(PC_WIDTH, reset_less=True)
        moves = Signal()
        m.d.comb += [
            self.empty.eq(~there & (self.index == self.filled)),
            moves.eq(there & (~self.o.valid | self.o.ready) & ~self.restart),
            self.take.eq((self.index != self.filled) & (~there | moves) & ready & ~self.restart),
        ]
        with m.If(self.restart):
            m.d.sync += [there.eq(0), self.index.eq(self.target)]
        with m.Elif(self.take):
            m.d.sync += [there.eq(1), self.index.eq(self.index + 1), pc.eq(self.index)]
        with m.Elif(moves):
            m.d.sync += there.eq(0)

        # Add
        with m.If(self.o.ready | self.restart):
            m.d.sync += self.o.valid.eq(0)
        head = self.word[:32]
        op, flags = head[:OPCODE_BITS], head[OPCODE_BITS : OPCODE_BITS + FLAG_BITS]
        decode = place(m, platform, "decode", Decode, {"code": op, "flags": flags})
        with m.If(moves):
            m.d.sync += [
                self.o.valid.eq(1),
                self.o.payload.op.eq(op),
                self.o.payload.flags.eq(flags),
                self.o.payload.pc.eq(pc),
                self.o.payload.decoded.eq(decode.o),
            ]
        for n, operand in enumerate(OPERANDS):
            number = head[20 + NUMBER * n : 20 + NUMBER * (n + 1)]
            registers = Memory(shape=32, depth=REGISTERS, init=[], attrs={"ram_style": "distributed"})
            m.submodules[f"registers_{operand}"] = registers
            read, write = registers.read_port(domain="comb"), registers.write_port()
            m.d.comb += [
                read.addr.eq(number),
                write.addr.eq(Mux(ready, self.write.number, cleared)),
                write.data.eq(Mux(ready, self.write.value, 0)),
                write.en.eq(~ready | self.write.enable & (self.write.number != 0)),
            ]
            with m.If(moves):
                immediate = self.word[32 * (n + 1) : 32 * (n + 2)]
                m.d.sync += self.o.payload[f"r{operand}"].eq(number)
                m.d.sync += self.o.payload[operand].eq(Mux(op == Op.MOVE, 0, read.data) + immediate)
        return m
