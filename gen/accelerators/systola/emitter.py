"""Emitter of instructions: writes settings when they change, and inserts SYNC before hazards."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from ....hw.cores.systola.isa import ALL, DRAM, ISA, LOCAL, SUMS, Op, Setting, Unit
from ....hw.cores.systola.parameters import SystolaParameters
from ....hw.issue.isa_numbers import Opcode, SettingNumber, UnitSet
from ...compile.boxes import Box, element
from .program import Program, Reg, longest_loop

_user = cache(ISA.user)


class Space(Enum):
    """Memories by their names in the instruction set."""

    DRAM = DRAM
    LOCAL = LOCAL
    SUMS = SUMS


@dataclass(frozen=True)
class MemoryAccess:
    """Read or write by a unit of the range from `low` to before `high`: bytes, or rows of accumulators."""

    unit: UnitSet
    space: Space
    low: int
    high: int
    write: bool = False

    def conflicts_with(self, other: "MemoryAccess") -> bool:
        """Whether the order of the two accesses matters."""
        return (
            (self.write or other.write)
            and self.space is other.space
            and self.low < other.high
            and other.low < self.high
        )


def instruction_access(op: Opcode, space: Space, low: int, high: int, *, write: bool = False) -> MemoryAccess:
    """Access by an instruction, with the unit that the instruction set names for it."""
    return MemoryAccess(_user(op, space.value, write), space, low, high, write)


@dataclass
class Action:
    """Work of one unit, or of the array and the vector lanes together, with its memory accesses."""

    accesses: list[MemoryAccess]
    emit: Callable[["Emitter"], None]


@dataclass
class Emitter:
    """Program under construction, and the pending memory accesses of its units."""

    parameters: SystolaParameters
    program: Program = field(default_factory=Program)
    pending: dict[UnitSet, list[MemoryAccess]] = field(default_factory=lambda: {unit: [] for unit in ALL})
    settings: dict[SettingNumber, int] = field(default_factory=dict)

    def step(self, actions: Iterable[Action], sync: UnitSet | None = None):
        """Emit actions that may overlap with each other, after a SYNC of the units they depend on, and of `sync`."""
        actions = list(actions)
        need = Unit(0)
        for action in actions:
            need |= self.needed(action)
        self.sync(need if sync is None else need | sync)
        for action in actions:
            self.sync(self.needed(action))
            action.emit(self)
            for one in action.accesses:
                self.pending[one.unit].append(one)

    def needed(self, action: Action) -> UnitSet:
        """Units that must be idle before an action."""
        need = Unit(0)
        for unit, earlier in self.pending.items():
            for later in action.accesses if earlier else ():
                same = later.unit is unit
                unordered = (one for one in earlier if not (same and ISA.ordered(unit, one.write, later.write)))
                if any(later.conflicts_with(one) for one in unordered):
                    need |= unit
                    break
        return need

    def sync(self, units: UnitSet):
        """Emit a SYNC that waits for `units`; nothing if there are none."""
        if not units:
            return
        self.program.sync(ISA.named_by_sync(units))
        for unit in ISA.completed_by(units):
            self.pending[unit].clear()

    def set(self, setting: SettingNumber, value: int):
        """Emit the write of a configuration register, unless it has the value."""
        if self.settings.get(setting, 0) != value:
            self.program.set(setting, value)
            self.settings[setting] = value

    def load(self, box: Box):
        """Emit a LOAD, or a loop of them if the box has more dimensions than a descriptor."""
        self.set(Setting.LOAD_VALUE, box.value & 0xFF)
        self._move(box, "LOAD", self.program.load)

    def store(self, box: Box):
        self._move(box, "STORE", self.program.store)

    def _move(self, box: Box, name: str, move: Callable):
        dims = self.parameters.dims
        dimensions = box.coalesced().dimensions
        size = min(element(dimensions[0]), (self.parameters.data_width // 8).bit_length() - 1)
        self.set(Setting[f"{name}_SIZE"], size)
        for d in range(dims):
            if d >= len(dimensions):
                self.set(Setting[f"{name}_COUNT{d}"], 1)
                if name == "LOAD":
                    self.set(Setting[f"LOAD_PAD{d}"], 0)
                continue
            one, shift = dimensions[d], size if d == 0 else 0
            unit = 1 << shift
            self.set(Setting[f"{name}_COUNT{d}"], one.count >> shift)
            self.set(Setting[f"{name}_BUS_STRIDE{d}"], one.bus * unit)
            self.set(Setting[f"{name}_LOCAL_STRIDE{d}"], one.local * unit)
            if name == "LOAD":
                self.set(Setting[f"LOAD_PAD{d}"], one.before >> shift | one.after >> shift << 8)
        further = dimensions[dims:]
        if any(d.before or d.after for d in further):
            raise ValueError(f"dims={dims}: dims must be larger for this padding.")
        if not further:
            move(box.bus & 0xFFFFFFFF, box.local)
            return
        bus, local = Reg(1), Reg(2)
        self.program.move({bus: box.bus, local: box.local})
        levels = [(d.count, {bus: d.bus, local: d.local}) for d in reversed(further)]
        self.nest(levels, lambda _: move(bus, local) or {})

    def nest(self, levels: list[tuple[int, dict[Reg, int]]], body: Callable[["Emitter"], dict[Reg, int]]):
        """Emit nested loops, outermost first; a level has iterations and the step of each register per iteration.

        A loop that exceeds the instruction buffer is unrolled. `body` emits no settings, and returns the total by
        which it changed registers itself. Returns the total change of the whole nest.
        """
        if not levels:
            return body(self)
        (count, steps), *inner = levels
        if count == 1:
            return self.nest(inner, body)
        begin = len(self.program)
        with self.program.loop(count) as loop:
            change = _difference(steps, self.nest(inner, body))
            loop.step(change)
        if len(self.program) - begin > longest_loop(self.parameters):
            del self.program.instructions[begin:]
            for _ in range(count):
                self.nest(inner, body)
                self.program.add(change)
        return {reg: count * steps.get(reg, 0) for reg in steps | change}


def loading(box: Box) -> Action:
    """Action that loads a box."""
    return Action(
        [
            instruction_access(Op.LOAD, Space.DRAM, *box.bus_hull),
            instruction_access(Op.LOAD, Space.LOCAL, *box.hull, write=True),
        ],
        lambda emitter: emitter.load(box),
    )


def storing(box: Box) -> Action:
    """Action that stores a box."""
    return Action(
        [
            instruction_access(Op.STORE, Space.DRAM, *box.bus_hull, write=True),
            instruction_access(Op.STORE, Space.LOCAL, *box.hull),
        ],
        lambda emitter: emitter.store(box),
    )


def _difference(target: dict[Reg, int], moved: dict[Reg, int]) -> dict[Reg, int]:
    """Numbers to add to registers that have moved, so that they move by `target`; other registers move by 0."""
    change = {reg: target.get(reg, 0) - moved.get(reg, 0) for reg in target | moved}
    return {reg: number for reg, number in change.items() if number}
