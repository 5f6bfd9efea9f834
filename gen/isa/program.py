"""Programs of an `Isa`: written in Python or as text, assembled to bytes and disassembled.

The text has one line per instruction (see :mod:`.text`). Comments begin with ; or #.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Generic, TypeVar

from ...hw.issue.isa import Isa
from ...hw.issue.isa_numbers import Opcode
from ...hw.issue.isa_spec import Control
from .instruction import BaseInstruction
from .operand import ProgramError, Reg, Value
from .text import address_registers, line_of

Registers = Mapping[Value, int] | Mapping[Reg, int] | Mapping[int, int]
"""Numbers by register: `{Reg(1): 16}` or `{1: 16}`."""

T = TypeVar("T", bound=BaseInstruction)


class BaseProgram(Generic[T]):
    """Instructions in order. A machine defines a subclass with its `instruction` class. Numbers may be negative if they
    fit their field."""

    instruction: type[T]

    def __init__(self, instructions=()):
        self.instructions: list[T] = list(instructions)

    @property
    def isa(self) -> Isa:
        return self.instruction.isa

    def __len__(self):
        return len(self.instructions)

    def __eq__(self, other):
        return type(other) is type(self) and self.instructions == other.instructions

    def emit(self, op: Opcode, *operands: Value, **named: int):
        """Append an instruction: operands in their order; operands, flags and packed fields by name."""
        self.instructions.append(self.instruction.of(op, *operands, **named))

    # Instructions that every issuer executes, if the instruction set contains them.

    def halt(self):
        self.emit(self._op(Control.HALT))

    def sync(self, units: int | None = None):
        """Wait for units, by default for all."""
        op = self._op(Control.SYNC)
        every = (1 << len(self.isa.units)) - 1
        self.emit(op, **{self.isa.rows[op].flags[0].name: every if units is None else units})

    def set(self, setting: int, value: Value):
        """Write a configuration register."""
        op = self._op(Control.SET)
        self.emit(op, value, **{self.isa.rows[op].flags[0].name: setting})

    def move(self, registers: Registers):
        """Set registers, as many per instruction as it has operands."""
        self._registers(Control.MOVE, registers)

    def add(self, registers: Registers):
        """Add to registers, as many per instruction as it has operands."""
        self._registers(Control.ADD, registers)

    @contextmanager
    def loop(self, times: Value) -> Iterator["Loop"]:
        """Repeat the instructions in the `with` block; :meth:`Loop.step` sets what changes per iteration."""
        self.emit(self._op(Control.LOOP), times)
        loop = Loop()
        yield loop
        steps = list(loop.steps.items())
        most = len(self.isa.rows[self._op(Control.END)].operands)
        self.add(dict(steps[most:]))
        self._registers(Control.END, dict(steps[:most]), least=1)

    # Bytes and text

    def encode(self) -> bytes:
        """Encode the program as bytes in memory. It is not checked whether it is correct for a machine."""
        return b"".join(instruction.encode() for instruction in self.instructions)

    @classmethod
    def decode(cls, code: bytes):
        """Decode a program. Raises :class:`ProgramError` for bytes that `encode` cannot return."""
        slot = cls.instruction.isa.slot
        if len(code) % slot:
            raise ProgramError(f"{len(code)} bytes are not a program: an instruction has {slot} bytes.")
        return cls(
            _named(f"instruction {at // slot}", cls.instruction.decode, code[at : at + slot])
            for at in range(0, len(code), slot)
        )

    def text(self) -> str:
        lines, depth = [], 0
        for instruction, addresses in zip(self.instructions, address_registers(self.instructions), strict=True):
            depth -= instruction.row.control is Control.END and depth > 0
            lines.append(f"{'    ' * depth}{line_of(instruction, addresses)}\n")
            depth += instruction.row.control is Control.LOOP
        return "".join(lines)

    @classmethod
    def parse(cls, text: str):
        """Parse the text of a program. Raises :class:`ProgramError`."""
        lines = ((number, re.split("[;#]", line)[0].strip()) for number, line in enumerate(text.splitlines(), 1))
        return cls(
            replace(_named(f"line {number}", cls.instruction.parse, line), line=number)
            for number, line in lines
            if line
        )

    def _op(self, control: Control):
        if control not in self.isa.controls:
            raise ValueError(f"{self.isa.name} has no instruction {control.name}.")
        return self.isa.controls[control]

    def _registers(self, control: Control, registers: Registers, *, least: int = 0):
        pairs = [(reg.number if isinstance(reg, Reg) else reg, number) for reg, number in registers.items()]
        if not pairs and not least:
            return
        op = self._op(control)
        most = max(1, len(self.isa.rows[op].operands))
        for at in range(0, max(len(pairs), least), most):
            self.emit(op, *(Reg(number, immediate) for number, immediate in pairs[at : at + most]))


class Loop:
    """Loop under construction in a program."""

    def __init__(self):
        self.steps: dict[Value, int] = {}

    def step(self, registers: Registers):
        """Add numbers to registers after each iteration, including the last one."""
        for register, number in registers.items():
            self.steps[register] = number


def _named(where: str, make, what):
    try:
        return make(what)
    except ProgramError as error:
        raise ProgramError(f"{where}: {error}") from None
