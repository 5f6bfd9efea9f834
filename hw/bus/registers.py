"""AXI4-Lite register file, generated from a typed register map."""

import tomllib
import typing
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Literal

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.wiring import In, Member, Out
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ..bundle import Bundle
from ..component import Component, ParameterError, Parameters, place
from ..identifiers import name_error
from ..stream.skid import StreamSkid
from .axi import AxiLite, Response

WIDTH = 32
"""Bits of a register."""
BYTES = WIDTH // 8
LAST = 2**16 - BYTES
"""Largest offset of a register."""

Access = Literal["rw", "ro", "w1c", "pulse"]


def _name(name: str) -> str:
    if reason := name_error(name):
        raise ParameterError(f"name={name}: name {reason}.")
    return name


def _line(text: str) -> str:
    if not text.isprintable():
        raise ParameterError(f"meaning={text!r}: meaning must be one line of printable text.")
    return text


Name = Annotated[str, AfterValidator(_name)]
Meaning = Annotated[str, AfterValidator(_line)]
Tuple = Field(strict=False, min_length=1)  # accepts lists, too, as TOML has them


class Described(Parameters):
    """Part of a register map: an error in it is reported in one sentence that names the part."""

    kind: typing.ClassVar[str]

    def __init__(self, /, **values):
        try:
            self._checked(lambda legal: super(Described, self).__init__(**legal), values)
        except ParameterError as error:
            raise ParameterError(f"{self.kind} '{values.get('name', '')}': {error}") from None


class RegField(Described):
    """Field of a register: `bits` bits from bit `low` on; `low` = None places it after the previous field."""

    kind = "field"

    name: Name = Field(json_schema_extra={"legal": "a text"})
    bits: int = Field(1, ge=1, le=WIDTH)
    access: Access
    reset: int = Field(0, ge=0, le=2**WIDTH - 1)
    meaning: Meaning = Field("", json_schema_extra={"legal": "a text"})
    low: int | None = Field(None, ge=0, lt=WIDTH, json_schema_extra={"legal": f"an integer from 0 to {WIDTH - 1}"})

    @model_validator(mode="after")
    def _reset_fits(self):
        if self.reset and self.access not in ("rw", "w1c"):
            raise ParameterError(
                f"reset={self.reset}: reset must be absent with access={self.access}, which stores nothing."
            )
        if self.reset >> self.bits:
            raise ParameterError(
                f"reset={self.reset}: reset must be an integer from 0 to {2**self.bits - 1} with bits={self.bits}."
            )
        return self

    @property
    def mask(self) -> int:
        """Mask of the field's bits in its register."""
        return (2**self.bits - 1) << self.low


def _fields_placed(fields: tuple[RegField, ...]) -> tuple[RegField, ...]:
    _no_duplicates(fields)
    placed, low = [], 0
    for field in fields:
        low = low if field.low is None else field.low
        if low + field.bits > WIDTH:
            raise ParameterError(
                f"field '{field.name}': bits={field.bits}: bits must be at most {WIDTH - low} from bit {low} on, "
                f"because a register has {WIDTH}."
            )
        placed.append(field.model_copy(update={"low": low}))
        for other in placed[:-1]:
            if placed[-1].mask & other.mask:
                raise ParameterError(f"field '{field.name}': low={low}: it must not overlap field '{other.name}'.")
        low += field.bits
    return tuple(placed)


class Register(Described):
    """Register of 32 bits at byte `offset`; `offset` = None places it after the previous register."""

    kind = "register"

    name: Name = Field(json_schema_extra={"legal": "a text"})
    meaning: Meaning = Field("", json_schema_extra={"legal": "a text"})
    fields: Annotated[tuple[RegField, ...], AfterValidator(_fields_placed)] = Field(
        strict=False, min_length=1, json_schema_extra={"legal": "a list of fields, at least one"}
    )
    offset: int | None = Field(
        None, ge=0, le=LAST, multiple_of=BYTES, json_schema_extra={"legal": f"a multiple of {BYTES} from 0 to {LAST}"}
    )

    @property
    def reset(self) -> int:
        """Value that software reads after reset if hardware drives no input."""
        return sum(field.reset << field.low for field in self.fields)


def _registers_placed(registers: tuple[Register, ...]) -> tuple[Register, ...]:
    _no_duplicates(registers)
    placed, offset, taken = [], 0, {}
    for register in registers:
        offset = offset if register.offset is None else register.offset
        if offset > LAST:
            raise ParameterError(f"register '{register.name}': offset={offset}: offset must be at most {LAST}.")
        if offset in taken:
            raise ParameterError(
                f"register '{register.name}': offset={offset}: it must not be that of register '{taken[offset]}'."
            )
        taken[offset] = register.name
        placed.append(register.model_copy(update={"offset": offset}))
        offset += BYTES
    return tuple(placed)


def _no_duplicates(parts):
    """Check that names differ in more than case: in C they are upper case."""
    seen = {}
    for part in parts:
        other = seen.setdefault(part.name.lower(), part)
        if other is not part:
            raise ParameterError(f"{part.kind} '{part.name}': its name must not be that of another {part.kind}.")


class RegisterMap(Described):
    """Register map: the ordered registers from which hardware, software and documents are generated."""

    kind = "map"

    name: Name = Field(json_schema_extra={"legal": "a text"})
    registers: Annotated[tuple[Register, ...], AfterValidator(_registers_placed)] = Field(
        strict=False, min_length=1, json_schema_extra={"legal": "a list of registers, at least one"}
    )

    @model_validator(mode="after")
    def _ports_differ(self):
        seen = {}
        for register in self.registers:
            for field in register.fields:
                where = f"register '{register.name}': field '{field.name}'"
                for port in ports(register, field):
                    reason = name_error(port) or ("must not begin with s_axil_" if port.startswith("s_axil_") else None)
                    if other := seen.get(port.lower()):
                        reason = f"must not be a port of {other} too"
                    if reason:
                        raise ParameterError(f"{where}: its port '{port}' {reason}.")
                    seen[port.lower()] = where
        return self

    @staticmethod
    def load(path: str) -> "RegisterMap":
        """Load the map that a TOML file describes. Raises :class:`ParameterError`."""
        try:
            return RegisterMap(**tomllib.loads(Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise ParameterError(f"map={path}: cannot read it: {error.strerror}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ParameterError(f"map={path}: it is not TOML: {error}.") from None
        except ParameterError as error:
            raise ParameterError(f"{path}: {error}") from None

    @property
    def size(self) -> int:
        """Bytes from offset 0 to the end of the last register."""
        return max(register.offset for register in self.registers) + BYTES

    @property
    def addr_width(self) -> int:
        return max(3, (self.size - 1).bit_length())

    def __str__(self):
        count = len(self.registers)
        return f"{self.name}, {count} register{'s' * (count > 1)}"


def ports(register: Register, field: RegField) -> dict[str, Member]:
    """Return the hardware ports of a field."""
    name, bits = f"{register.name}_{field.name}", field.bits
    return {
        "rw": {name: Out(bits, init=field.reset)},
        "ro": {name: In(bits)},
        "w1c": {name: Out(bits, init=field.reset), f"{name}_set": In(bits)},
        "pulse": {name: Out(bits), f"{name}_strobe": Out(1)},
    }[field.access]


EXAMPLE = RegisterMap(
    name="example",
    registers=[
        Register(
            name="identity",
            meaning="identity",
            fields=[
                RegField(name="version", bits=16, access="ro", meaning="version of the hardware"),
                RegField(name="kind", bits=8, access="ro", meaning="kind of the hardware"),
            ],
        ),
        Register(
            name="control",
            meaning="job control",
            fields=[
                RegField(name="start", access="pulse", meaning="start a job"),
                RegField(name="mode", bits=3, access="rw", reset=2, meaning="kind of job"),
                RegField(name="tag", bits=8, low=12, access="pulse", meaning="name of the job"),
            ],
        ),
        Register(
            name="status",
            meaning="job status",
            fields=[
                RegField(name="irq", bits=10, access="w1c", reset=1, meaning="pending interrupts, one per bit"),
                RegField(name="busy", low=16, access="ro", meaning="a job is running"),
            ],
        ),
        Register(
            name="scratch",
            meaning="scratch register for software tests",
            fields=[RegField(name="value", bits=32, access="rw", reset=0xDEADBEEF, meaning="any value")],
        ),
        Register(
            name="limits",
            offset=0x18,
            meaning="interrupt thresholds",
            fields=[
                RegField(name="low", bits=12, low=3, access="rw", meaning="minimum number of words"),
                RegField(name="high", bits=12, low=19, access="rw", reset=0xFFF, meaning="maximum number of words"),
            ],
        ),
    ],
)


def _loaded(value):
    return RegisterMap.load(value) if isinstance(value, str) else value


class Registers(Component):
    """AXI4-Lite register file: a slave with ports for each field of the register map.

    ====== ============================================ =======================================================
    access software                                     hardware, for field `f` of register `r`
    ====== ============================================ =======================================================
    rw     reads and writes                             output `r_f`: the value
    ro     reads; writes are ignored                    input `r_f`: the value
    w1c    reads; writing one clears the bit            output `r_f`: the value; input `r_f_set`: sets bits
    pulse  writes; reads 0                              output `r_f`: the written value; output `r_f_strobe`: high
                                                        for the cycle in which it is valid
    ====== ============================================ =======================================================

    Port `s_axil`: data of 32 bits, byte addresses; the two low bits of an address and `prot` are ignored. Bytes without
    a strobe keep their value, clear no bits, and are 0 in a pulse; a pulse field none of whose bytes has a strobe
    asserts no strobe. A bit that is set and cleared in the same cycle remains set. Bits outside fields read 0. At
    addresses without a register, reads return 0 and every response is SLVERR. A read in the same cycle as a write
    returns the old value.

    Latency: 1. B is valid one cycle after both AW and W were accepted, in either order, and the previous B was
    accepted; the written value is at the ports in the first cycle of its B. R is valid one cycle after AR was accepted
    and the previous R was accepted, with the inputs of that cycle. Initiation interval: 1 for reads and 1 for writes,
    independently. Back-pressure: B and R may be stalled; one further access of each channel is then accepted.

    Area grows with the bits of the fields: one register per field (none for ro), and a read multiplexer over all
    registers.

    Source: ARM IHI 0022, AMBA AXI and ACE protocol specification, part B.
    """

    unit = "access"
    latency = 1
    peak = 2

    class Parameters(Parameters):
        map: Annotated[RegisterMap, BeforeValidator(_loaded)] = Field(
            EXAMPLE,
            description="register map",
            json_schema_extra={"legal": "a RegisterMap, or the path of a TOML file that describes one"},
        )

    @staticmethod
    def members(p):
        fields = [ports(register, field) for register in p.map.registers for field in register.fields]
        return {"s_axil": In(AxiLite(p.map.addr_width, WIDTH))} | {k: v for each in fields for k, v in each.items()}

    def elaborate(self, platform):
        m = Module()
        b, r = self.s_axil.b, self.s_axil.r
        aw, w, ar = (self._channel(m, platform, name) for name in ("aw", "w", "ar"))

        write = Signal()  # a write is executed in this cycle
        read = Signal()
        m.d.comb += [
            write.eq(aw.valid & w.valid & (~b.valid | b.ready)),
            aw.ready.eq(write),
            w.ready.eq(write),
            read.eq(ar.valid & (~r.valid | r.ready)),
            ar.ready.eq(read),
        ]
        strobes = Signal(WIDTH)
        written = Signal(WIDTH)
        m.d.comb += [
            strobes.eq(Cat(strobe.replicate(8) for strobe in w.payload.strb)),
            written.eq(w.payload.data & strobes),
        ]
        writes, reads, values = [], [], []
        for register in self.p.map.registers:
            word = register.offset // BYTES
            writes.append(Signal(name=f"aw_{register.name}"))
            reads.append(Signal(name=f"ar_{register.name}"))
            m.d.comb += [writes[-1].eq(aw.payload.word == word), reads[-1].eq(ar.payload.word == word)]
            values.append(Mux(reads[-1], self._read(register), 0))
            selected = Signal(name=f"write_{register.name}")
            m.d.comb += selected.eq(write & writes[-1])
            for field in register.fields:
                self._write(m, register, field, selected, written, strobes)

        b_error = Signal(reset_less=True)
        with m.If(write):
            m.d.sync += [b.valid.eq(1), b_error.eq(~Cat(writes).any())]
        with m.Elif(b.ready):
            m.d.sync += b.valid.eq(0)
        r_data = Signal(WIDTH, reset_less=True)
        r_error = Signal(reset_less=True)
        with m.If(read):
            m.d.sync += [r.valid.eq(1), r_data.eq(reduce(or_, values)), r_error.eq(~Cat(reads).any())]
        with m.Elif(r.ready):
            m.d.sync += r.valid.eq(0)
        m.d.comb += [
            b.payload.resp.eq(Mux(b_error, Response.SLVERR, Response.OKAY)),
            r.payload.resp.eq(Mux(r_error, Response.SLVERR, Response.OKAY)),
            r.payload.data.eq(r_data),
        ]
        return m

    def _channel(self, m, platform, name: str):
        """Buffer a channel of the slave; its ready depends on no input. Of an address only the word address is kept."""
        channel = getattr(self.s_axil, name)
        if name == "w":
            payload, given = channel.payload.shape(), channel.payload
        else:
            payload, given = Bundle({"word": self.p.map.addr_width - 2}), channel.payload.addr[2:]
        skid = place(m, platform, name, StreamSkid, payload=payload)
        m.d.comb += [
            skid.i.payload.eq(given),
            skid.i.valid.eq(channel.valid),
            channel.ready.eq(skid.i.ready),
        ]
        return skid.o

    def _read(self, register: Register):
        """Return the read value of a register: its fields in place, zeros between."""
        parts, end = [], 0
        for field in sorted(register.fields, key=lambda field: field.low):
            value = getattr(self, f"{register.name}_{field.name}")
            parts += [Const(0, field.low - end), Const(0, field.bits) if field.access == "pulse" else value]
            end = field.low + field.bits
        return Cat(parts)

    def _write(self, m, register: Register, field: RegField, selected, written, strobes):
        """Implement a field: its response to a write of its register (`selected`), and its behaviour otherwise."""
        name = f"{register.name}_{field.name}"
        bits = slice(field.low, field.low + field.bits)
        value = getattr(self, name)
        match field.access:
            case "rw":
                for low in range(field.low - field.low % 8, field.low + field.bits, 8):
                    part = slice(max(low, field.low), min(low + 8, field.low + field.bits))
                    with m.If(selected & strobes[low]):
                        m.d.sync += value[part.start - field.low : part.stop - field.low].eq(written[part])
            case "w1c":
                clear = Mux(selected, written[bits], 0)
                m.d.sync += value.eq(value & ~clear | getattr(self, f"{name}_set"))
            case "pulse":
                m.d.sync += value.eq(Mux(selected, written[bits], 0))
                m.d.sync += getattr(self, f"{name}_strobe").eq(selected & strobes[bits].any())
