"""Contract of an accelerator's engine: the ports and class attributes that shell, harness and tools rely on."""

from enum import IntEnum
from typing import ClassVar

from amaranth.lib.wiring import In, Member, Out

from ..bundle import Bundle
from ..bus.axi import Axi4
from ..component import Component, ParameterError

PC_WIDTH = 24
"""Bits of the number of an instruction or descriptor."""

FAULT = Bundle({"valid": 1, "code": 4, "detail": 4, "pc": PC_WIDTH})
"""Report of an error: its code (`Engine.ERRORS`), a detail, and the instruction or descriptor that caused it; `valid`
for one cycle."""


class Engine(Component):
    """Base class of an accelerator's engine, which a :class:`.Shell` turns into an accelerator.

    While `go` is high the engine executes the program or descriptors at DRAM address `entry`, until it raises `halted`
    or `fault.valid`; both may stay high. `stop` is high whenever `go` is low: no transfer may begin then. `idle` is
    high when no transfer is in flight on any bus, which ends the execution. The shell resets the engine before each
    execution, so the engine needs no logic to return to its initial state. `pc` is the instruction or descriptor being
    executed.

    `events` has a field for each counter: how much it grows in this cycle. `busy` has a bit for each name in `BUSY`,
    for timelines and logic analysers; `pending` one for each name in `PENDING`, readable by software. Every other port
    is a bus master (at least one, named `m_axi` or `m_axi_...`), or passes through the shell to the outside.

    Class attributes:

    ================ ============================================================================================
    `NAME`           identifier of the accelerator, also of its register map
    `IDENTITY`       16 bits that identify the machine, low half of the identity register
    `SIZES`          {name: bits} of the parameters in the high half of the identity register: 16 bits at most
    `COUNTERS`       {name: meaning}; the first one is `cycles`, which the shell counts
    `EVENT_BITS`     {name: bits} of the events that can grow by more than one per cycle
    `CYCLE_CAUSES`   counters of which exactly one grows by one in each cycle: they add up to `cycles`
    `BUSY`           names of the bits of `busy`
    `PENDING`        names of the bits of `pending`
    `ERRORS`         IntEnum of error codes, at most 15; 0 is NONE, and there is ABORTED, for `control.stop`
    `ENTRY_ALIGN`    bytes of which `entry` must be a multiple
    ================ ============================================================================================
    """

    NAME: ClassVar[str]
    IDENTITY: ClassVar[int]
    SIZES: ClassVar[dict[str, int]] = {}
    COUNTERS: ClassVar[dict[str, str]]
    EVENT_BITS: ClassVar[dict[str, int]] = {}
    CYCLE_CAUSES: ClassVar[tuple[str, ...]]
    BUSY: ClassVar[tuple[str, ...]]
    PENDING: ClassVar[tuple[str, ...]]
    ERRORS: ClassVar[type[IntEnum]]
    ENTRY_ALIGN: ClassVar[int] = 4

    @classmethod
    def control(cls) -> dict[str, Member]:
        """Return the ports between an engine and its shell."""
        events = {name: cls.EVENT_BITS.get(name, 1) for name in cls.COUNTERS if name != "cycles"}
        return {
            "entry": In(32),
            "go": In(1),
            "stop": In(1),
            "halted": Out(1),
            "idle": Out(1),
            "fault": Out(FAULT),
            "pc": Out(PC_WIDTH),
            "events": Out(Bundle(events)),
            "busy": Out(Bundle(dict.fromkeys(cls.BUSY, 1))),
            "pending": Out(Bundle(dict.fromkeys(cls.PENDING, 1))),
        }

    @classmethod
    def sizes(cls, p) -> dict[str, int]:
        """Return the values of `SIZES`, from the engine's parameters."""
        return {name: getattr(p, name) for name in cls.SIZES}


SHELL_PORTS = ("s_axil", "irq")
"""Ports of a shell that do not come from the engine."""
ATTRIBUTES = ("NAME", "IDENTITY", "COUNTERS", "CYCLE_CAUSES", "BUSY", "PENDING", "ERRORS")


def check_class(engine: type[Engine]):
    """Check the class attributes of an engine. Raises :class:`.ParameterError`, one sentence."""
    subject = f"engine={getattr(engine, '__name__', engine)}"
    if not (isinstance(engine, type) and issubclass(engine, Engine)):
        raise ParameterError(f"{subject}: engine must be a subclass of hw.accelerator.contract.Engine.")
    for name in ATTRIBUTES:
        if not hasattr(engine, name):
            raise ParameterError(f"{subject}: class attribute {name} is missing.")
    if not (isinstance(engine.IDENTITY, int) and 0 <= engine.IDENTITY < 1 << 16):
        raise ParameterError(f"{subject}: IDENTITY={engine.IDENTITY}: IDENTITY must be an integer from 0 to 65535.")
    if sum(engine.SIZES.values()) > 16:
        raise ParameterError(f"{subject}: SIZES={engine.SIZES}: SIZES must have 16 bits at most.")
    if next(iter(engine.COUNTERS), None) != "cycles":
        raise ParameterError(f"{subject}: COUNTERS must begin with 'cycles'.")
    for name in (*engine.CYCLE_CAUSES, *engine.EVENT_BITS):
        if name not in engine.COUNTERS or name == "cycles":
            raise ParameterError(f"{subject}: '{name}' must be one of COUNTERS other than 'cycles'.")
    errors = getattr(engine.ERRORS, "__members__", {})
    if "ABORTED" not in errors or errors.get("NONE", 1) != 0 or max(engine.ERRORS) > 15:
        raise ParameterError(f"{subject}: ERRORS must have NONE = 0, ABORTED, and no code above 15.")


def check_ports(engine: type[Engine], p):
    """Check the ports of an engine with parameters `p`. Raises :class:`.ParameterError`, one sentence."""
    members = engine.members(p)
    for name, expected in engine.control().items():
        if members.get(name) != expected:
            direction = "an input" if expected.flow == In else "an output"
            raise ParameterError(
                f"engine={engine.__name__}: port '{name}' must be {direction} of shape {expected.shape}."
            )
    for name in SHELL_PORTS:
        if name in members:
            raise ParameterError(f"engine={engine.__name__}: port '{name}' must have another name: the shell has it.")
    if not masters(engine, p):
        raise ParameterError(
            f"engine={engine.__name__}: it must have an AXI4 master, an output named m_axi or m_axi_...."
        )


def masters(engine: type[Component], p) -> dict[str, Axi4]:
    """Return the AXI4 masters of an engine, or of a shell, by name."""
    found = {}
    for name, member in engine.members(p).items():
        if name == "m_axi" or name.startswith("m_axi_"):
            if not (member.flow == Out and member.is_signature and isinstance(member.signature, Axi4)):
                raise ParameterError(f"engine={engine.__name__}: port '{name}' must be an output of signature Axi4.")
            found[name] = member.signature
    return found
