"""Programs for a core: written in Python or as text, made into bytes and back.

    p = Program()
    with p.loop(16) as loop:
        p.load(Reg(1), 0x200)
        p.sync(Unit.LOAD)
        loop.step({Reg(1): 4096})
    p.halt()
    p.encode()

The text has a line for each instruction (see :mod:`.statement`), what stands behind ; or # is a comment.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from ....hw.cores.systola.parameters import CoreParameters
from ....hw.cores.systola.isa import ALL, BYTES, INSTRUCTIONS, OPERANDS, Op, Setting, Unit
from .instruction import ProgramError, Reg, Statement, operand, packed

__all__ = ["Op", "Program", "ProgramError", "Reg", "Setting", "Statement", "Unit"]

Value = Reg | int
Registers = Mapping[Value, int]
"""A number for each of some registers: `{Reg(1): 16}` or `{1: 16}`."""


class Program:
    """Instructions, one after the other. Numbers may be negative wherever 32 bits hold them."""

    def __init__(self, statements=()):
        self.statements: list[Statement] = list(statements)

    def __len__(self):
        return len(self.statements)

    def __eq__(self, other):
        return isinstance(other, Program) and self.statements == other.statements

    def emit(self, op: Op, a: Value = 0, b: Value = 0, c: Value = 0, **flags: int):
        """Any instruction of the table, its flags by their names."""
        word = 0
        for name, value in flags.items():
            flag = INSTRUCTIONS[op].flag(name)
            if not 0 <= int(value) < 1 << flag.bits:
                raise ValueError(f"{name}={value}: {op.name} has {flag.bits} bits for it.")
            word |= int(value) << flag.low
        self.statements.append(Statement(op, operand(a), operand(b), operand(c), word))

    def halt(self):
        self.emit(Op.HALT)

    def sync(self, units: Unit = ALL):
        self.emit(Op.SYNC, units=units)

    def set(self, setting: Setting, value: Value):
        self.emit(Op.SET, value, setting=setting)

    def move(self, registers: Registers):
        """Set registers, three an instruction."""
        self._registers(Op.MOVE, registers)

    def add(self, registers: Registers):
        """Add to registers, three an instruction."""
        self._registers(Op.ADD, registers)

    @contextmanager
    def loop(self, times: Value) -> Iterator["Loop"]:
        """What is written below it is run `times` times; :meth:`Loop.step` says what changes from one to the next."""
        self.emit(Op.LOOP, times)
        loop = Loop()
        yield loop
        steps = list(loop.steps.items())
        self.add(dict(steps[3:]))
        self._registers(Op.END, dict(steps[:3]), least=1)

    def load(self, bus: Value, local: Value):
        self.emit(Op.LOAD, bus, local)

    def store(self, bus: Value, local: Value):
        self.emit(Op.STORE, bus, local)

    def weights(self, word: Value, rows: Value):
        self.emit(Op.WEIGHTS, word, rows)

    def matmul(self, word: Value, row: Value, accumulate: bool | Reg = False, keep: bool = False):
        """`accumulate` is yes or no, or an operand: no where that is 0."""
        always = isinstance(accumulate, bool)
        self.emit(Op.MATMUL, word, row, 0 if always else accumulate, accumulate=accumulate if always else 0, keep=keep)

    def quant(self, *, multiplier: Value, bias: Value = 0, shift: int = 0, zero_point: int = 0, low: int, high: int):
        c = packed(Op.QUANT, zero_point=zero_point, low=low, high=high, shift=shift)
        self.emit(Op.QUANT, multiplier, bias, c)

    def quant_channel(self, word: Value, *, zero_point: int = 0, low: int, high: int):
        self.emit(Op.QUANT_CHANNEL, word, 0, packed(Op.QUANT_CHANNEL, zero_point=zero_point, low=low, high=high))

    def table(self, word: Value):
        self.emit(Op.TABLE, word)

    def vector(
        self,
        source: Value,
        dest: Value,
        second: Value = 0,
        *,
        scratchpad: bool = False,
        add: bool = False,
        maximum: bool = False,
        table: bool = False,
    ):
        self.emit(Op.VECTOR, source, dest, second, scratchpad=scratchpad, add=add, maximum=maximum, table=table)

    def encode(self, machine: CoreParameters | None = None) -> bytes:
        """The bytes of the program; with a machine, of a program that was found to be right for it.

        Raises :class:`ProgramError`.
        """
        if machine:
            from .checker import check

            if problems := check(self, machine):
                raise ProgramError("\n".join(map(str, problems)))
        return b"".join(statement.encode() for statement in self.statements)

    @staticmethod
    def decode(code: bytes) -> "Program":
        """Raises :class:`ProgramError` where these are no bytes that `encode` makes."""
        if len(code) % BYTES:
            raise ProgramError(f"{len(code)} bytes are no program: an instruction has {BYTES}.")
        return Program(
            _named(f"instruction {at // BYTES}", Statement.decode, code[at : at + BYTES])
            for at in range(0, len(code), BYTES)
        )

    def text(self) -> str:
        lines, depth = [], 0
        for statement in self.statements:
            depth -= statement.op == Op.END and depth > 0
            lines.append(f"{'    ' * depth}{statement}\n")
            depth += statement.op == Op.LOOP
        return "".join(lines)

    @staticmethod
    def parse(text: str) -> "Program":
        """Raises :class:`ProgramError`."""
        lines = ((number, re.split("[;#]", line)[0].strip()) for number, line in enumerate(text.splitlines(), 1))
        return Program(
            replace(_named(f"line {number}", Statement.parse, line), line=number) for number, line in lines if line
        )

    def _registers(self, op: Op, registers: Registers, *, least: int = 0):
        pairs = [(reg.number if isinstance(reg, Reg) else reg, number) for reg, number in registers.items()]
        for at in range(0, max(len(pairs), least), len(OPERANDS)):
            self.emit(op, *(Reg(number, immediate) for number, immediate in pairs[at : at + len(OPERANDS)]))


class Loop:
    """A loop that is being written."""

    def __init__(self):
        self.steps: dict[Value, int] = {}

    def step(self, registers: Registers):
        """After each time these numbers are added to these registers, after the last one too."""
        self.steps |= registers


def _named(where: str, make, what):
    try:
        return make(what)
    except ProgramError as error:
        raise ProgramError(f"{where}: {error}") from None
