"""Conversion of Amaranth components to RTLIL, one module per distinct component."""

import contextlib
import copy
import re
from unittest import mock

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Const, Instance, ResetSignal, Value
from amaranth.lib import wiring

from ...hw.array.mesh import GROUP, Mesh
from ...hw.component import Component, Parameters
from .names import ModuleNames

_ZERO_INIT = re.compile(
    r"(?:  attribute .*\n)*"
    r"  cell \$meminit_v2 \S+\n(?:    (?!connect \\DATA).*\n)*    connect \\DATA \{ *\}\n(?:    .*\n)*  end\n"
)
COMPILED_WHOLE = 64 * 64
"""Maximum number of cells of a mesh that compiles, and simulates, faster as one unit than in blocks."""


class VerilogPlatform:
    """Platform under which Verilog is generated: every distinct (class, parameters) becomes one module.

    `hw.component.place` calls :meth:`instantiate`. `device` names the FPGA family whose cells may replace portable
    descriptions; with None the Verilog is portable. If `once` is False, every component is elaborated in line. With
    `sources` the text has an attribute `src` for each value.
    """

    def __init__(self, top: str, device: str | None = None, once: bool = True, sources: bool = False):
        self.top = top
        self.names = ModuleNames(top)
        self.instantiate = self._instantiate if once else None
        self.device, self.sources = device, sources
        self.texts: dict[str, str] = {}  # module to RTLIL, children before parents
        self.origins: dict[str, str] = {}  # module to a description of its component
        self.ports: dict[str, list[str]] = {}  # module to its ports, in order
        self._modules: dict[tuple[type, Parameters], str] = {}

    def _instantiate(self, m, name: str, component: type[Component], parameters: Parameters, connect: dict):
        """Add an instance of the module of (component, parameters) to `m`; return its ports that `connect` omits."""
        key = (component, parameters)
        if key not in self._modules:
            self._modules[key] = self._emit_component(component, parameters)
        module = self._modules[key]
        members = {port: member for port, member in component.members(parameters).items() if port not in connect}
        signature = wiring.Signature(members)
        interface = signature.create(path=(name,))
        connections = {f"{direction}_{port}": value for port, value, direction in ports_of(signature, interface)}
        for port, value in connect.items():
            direction = "i" if component.members(parameters)[port].flow == wiring.In else "o"
            connections[f"{direction}_{port}"] = value
        domain = {"clk": ClockSignal(), "rst": ResetSignal()}
        connections |= {f"i_{port}": domain[port] for port in self.ports[module] if port in domain}
        m.submodules[name] = Instance(module, **connections)
        return interface

    def blocks(self) -> tuple[str, ...]:
        """Modules of the column blocks of large meshes; each block has the full height of its mesh."""
        meshes = {p: module for (_, p), module in self._modules.items() if isinstance(p, Mesh.Parameters)}
        wide = [p for p in meshes if p.cols > GROUP and p.rows > 1]
        if max((p.rows * p.cols for p in wide), default=0) <= COMPILED_WHOLE:
            return ()
        heights = {(p.cell_parameters, p.rows) for p in wide}
        return tuple(
            module for p, module in meshes.items() if p.cols <= GROUP and (p.cell_parameters, p.rows) in heights
        )

    def _emit_component(self, component, parameters) -> str:
        module = self.names.component(component, parameters)
        self.origins[module] = f"{component.__name__}({parameters})"
        built = component(**dict(parameters))
        ports = {port: (value, direction) for port, value, direction in ports_of(built.signature, built)}
        self.emit(built, module, ports)
        return module

    def emit(self, elaboratable, module: str, ports: dict):
        """Elaborate one module and its submodules into :attr:`texts`."""
        ports = {name: (value, None) for name, (value, _) in ports.items()}  # None: a port driven inside is an output
        with _zero_init_empty():
            text = rtlil.convert(elaboratable, name=module, platform=self, ports=ports, emit_src=self.sources)
        # The name of a submodule elaborated in line is its parent's name, a dot and its own: make it an identifier.
        text = re.sub(
            rf"(?m)^(module|  cell) \\{re.escape(module)}\.(\S*)",
            lambda match: f"{match[1]} \\{self.names.inline(module, match[2])}",
            text,
        )
        # Amaranth adds a reset to every clocked module: remove the port where it resets nothing.
        if text.count("\\rst\n") == 1 and "\\rst [" not in text:
            text = re.sub(r"(?m)^  wire .*\\rst\n", "", text)
        # Memories are initialised to zero by a loop in the Verilog, so that Yosys need not process every bit.
        self.texts[module] = _ZERO_INIT.sub("", text)
        domain = [port for port in ("clk", "rst") if re.search(rf"(?m)^  wire .* \\{port}$", text)]
        self.ports[module] = list(dict.fromkeys([*domain, *ports]))


@contextlib.contextmanager
def _zero_init_empty():
    """Emit the initialisation of a memory to zero without data. Amaranth creates an object for each bit of it, which
    takes a quarter of the time of a core. Other cells keep their numbers."""
    emit = rtlil.ModuleEmitter.emit_memory

    def emit_memory(self, index, cell):
        if not any(cell.init):
            cell = copy.copy(cell)
            cell.init = ()
        emit(self, index, cell)

    with mock.patch.object(rtlil.ModuleEmitter, "emit_memory", emit_memory):
        yield


def ports_of(signature: wiring.Signature, interface):
    """Yield (name, signal, "i" or "o") for each port of an interface. Constants, such as the `ready` of a stream that
    is always ready, are not ports."""
    for path, member, value in signature.flatten(interface):
        signal = Value.cast(value)
        if not isinstance(signal, Const):
            yield "_".join(map(str, path)), signal, "i" if member.flow == wiring.In else "o"
