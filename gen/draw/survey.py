"""Structure of an elaborated component: its submodules, and the data paths between their ports."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from amaranth.hdl import Fragment, Value
from amaranth.hdl._ast import Assign, Concat, Operator, Slice, Switch, SwitchValue
from amaranth.hdl._ast import Part as PartValue
from amaranth.hdl._mem import MemoryInstance
from amaranth.lib import stream, wiring

from ...hw.array.mesh import Mesh
from ...hw.component import Component, Parameters
from .shapes import Kind, describe, kind_of

SELF = ""
"""Name of the component itself among the parts of its view."""
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "r|", "r&", "r^", "b")
"""Operators whose result is control, not data."""


@dataclass(frozen=True)
class Port:
    """Port of a component: a stream, a channel of a bus, or a plain value. `driven` ports are outputs."""

    name: str
    kind: Kind
    text: str
    width: int
    driven: bool
    member: str


Pin = tuple[str, str]
"""A part (or :data:`SELF`) and the name of one of its ports."""


@dataclass(frozen=True)
class Wire:
    """Data path from a driving pin to a driven pin through logic and registers; `bits` are the bits of the source."""

    source: Pin
    target: Pin
    bits: int


@dataclass
class Part:
    """Submodule: a component with its parameters, or a memory (`component` is None)."""

    name: str
    component: type[Component] | None
    parameters: Parameters
    ports: dict[str, Port]
    text: str = ""

    @property
    def kind(self) -> str:
        """Name of the component's class; empty for a memory."""
        return self.component.__name__ if self.component else ""

    @property
    def module(self) -> str:
        """Module of the component's class; empty for a memory."""
        return self.component.__module__ if self.component else ""

    @property
    def mesh(self) -> Mesh.Parameters | None:
        """Parameters of a mesh; None for any other part."""
        return self.parameters if isinstance(self.parameters, Mesh.Parameters) else None


@dataclass
class View:
    """One level of hierarchy: parts by name, and links from a driving pin to a driven pin."""

    ports: dict[str, Port]
    parts: dict[str, Part] = field(default_factory=dict)
    links: list[Wire] = field(default_factory=list)


class Survey:
    """Views of components. Each distinct component is elaborated once, without its submodules."""

    def __init__(self):
        self._views: dict[tuple[type[Component], Parameters], View] = {}

    def view(self, component: type[Component], parameters: Parameters) -> View:
        key = (component, parameters)
        if key not in self._views:
            self._views[key] = _Level().view(component(**dict(parameters)))
        return self._views[key]


class _Level:
    """Platform under which a component is elaborated without submodules: see :func:`systola.hw.component.place`."""

    device = None

    def __init__(self):
        self.parts: dict[str, Part] = {}
        self.owners: dict[int, Pin] = {}  # signals driven by outputs of parts and by inputs of the component
        self.targets: list[tuple[Pin, list[Value]]] = []
        self.drivers: dict[int, list[Value]] = {}

    def instantiate(self, m, name: str, component: type[Component], parameters: Parameters, connect: dict):
        """Record a part instead of elaborating it, and return its ports."""
        signature = wiring.Signature(component.members(parameters))
        interface = signature.create(path=(name,))
        while name in self.parts:
            name += "_"
        self.parts[name] = Part(name, component, parameters, self._ports(name, signature, interface))
        for port, value in connect.items():
            inside = Value.cast(getattr(interface, port))
            forward = signature.members[port].flow == wiring.In
            m.d.comb += inside.eq(value) if forward else value.eq(inside)
        return interface

    def view(self, component: Component) -> View:
        ports = self._ports(SELF, component.signature, component)
        self._visit(Fragment.get(component, self), SELF)
        view = View(ports, self.parts)
        for target, values in self.targets:
            used: dict[Pin, set[int]] = {}
            for pin, bits in self._sources(values):
                used.setdefault(pin, set()).update(bits)
            view.links += [Wire(source, target, len(bits)) for source, bits in used.items()]
        return view

    def _ports(self, part: str, signature: wiring.Signature, interface) -> dict[str, Port]:
        ports = {}
        for name, driven, shape, value, is_stream in _payloads(signature, interface):
            member = name.split(".")[0]
            kind = kind_of(name, shape, is_stream)
            width = len(Value.cast(value))
            ports[name] = Port(name, kind, describe(shape), width, driven, member)
            # Seen from inside, an output of the component is a target and an input is a source.
            if driven == (part != SELF):
                self.owners |= {id(signal): (part, name) for signal in Value.cast(value)._rhs_signals()}
            else:
                self.targets.append(((part, name), [Value.cast(value)]))
        return ports

    def _visit(self, fragment: Fragment, name: str):
        if isinstance(fragment, MemoryInstance):
            return self._memory(fragment, name)
        for statements in fragment.statements.values():
            self._statements(statements)
        for number, (inner, label, _) in enumerate(fragment.subfragments):
            self._visit(inner, label or f"part{number}")
        return None

    def _memory(self, memory: MemoryInstance, name: str):
        data = memory._data
        text = f"{data.depth:,} x {describe(data.shape)}"
        ports = {}
        for number, port in enumerate(memory._write_ports):
            ports[f"write{number}"] = Port(f"write{number}", Kind.DATA, "", len(port._data), False, f"write{number}")
            self.targets.append(((name, f"write{number}"), [port._data]))
        for number, port in enumerate(memory._read_ports):
            ports[f"read{number}"] = Port(f"read{number}", Kind.DATA, "", len(port._data), True, f"read{number}")
            self.owners |= {id(signal): (name, f"read{number}") for signal in port._data._rhs_signals()}
        self.parts[name] = Part(name, None, Parameters(), ports, text)

    def _statements(self, statements):
        for statement in statements:
            if isinstance(statement, Switch):
                for _, inner, _ in statement.cases:
                    self._statements(inner)
            elif isinstance(statement, Assign):
                for target in statement.lhs._lhs_signals():
                    self.drivers.setdefault(id(target), []).append(statement.rhs)

    def _sources(self, values: list[Value]) -> Iterator[tuple[Pin, range]]:
        """Pins whose data reaches one of the values through logic and registers, with the bits that reach it."""
        pending, seen = list(values), set()
        while pending:
            for signal, bits in _data(pending.pop()):
                if id(signal) in self.owners:
                    yield self.owners[id(signal)], bits
                elif id(signal) not in seen:
                    seen.add(id(signal))
                    pending += self.drivers.get(id(signal), [])


def _payloads(signature: wiring.Signature, interface, prefix: str = ""):
    """Yield (name, driven, shape, value, whether it is a stream) for every stream and plain member of a signature."""
    for name, member in signature.members.items():
        value, driven = getattr(interface, name), member.flow == wiring.Out
        if not member.is_signature:
            yield prefix + name, driven, member.shape, value, False
        elif isinstance(member.signature, stream.Signature):
            yield prefix + name, driven, member.signature.members["payload"].shape, value.payload, True
        else:
            yield from _payloads(member.signature, value, f"{prefix}{name}.")


def _data(value: Value, bits: range | None = None) -> Iterator[tuple[Value, range]]:
    """Yield the signals that a value consists of or is computed from, with the bits of each signal that are used.

    Selectors and comparisons are control and are left out.
    """
    if isinstance(value, Operator):
        if value.operator not in COMPARISONS:
            for operand in value.operands:
                yield from _data(operand)
    elif isinstance(value, Concat):
        for part in value.parts:
            yield from _data(part)
    elif isinstance(value, Slice):
        first = bits or range(value.stop - value.start)
        yield from _data(value.value, range(value.start + first.start, value.start + first.stop))
    elif isinstance(value, PartValue):
        yield from _data(value.value)
    elif isinstance(value, SwitchValue):
        for _, each in value.cases:
            yield from _data(each)
    else:
        for signal in value._rhs_signals():
            yield signal, bits or range(len(signal))
