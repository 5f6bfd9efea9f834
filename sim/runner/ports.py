"""Ports of a design in groups: AXI4 masters, AXI4-Lite registers, interrupt, busy lines, links."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .simulator import SimulatorError

Ports = Mapping[str, tuple[str, int]]
"""Direction ("input" or "output") and width in bits of each port, by name."""

_SIGNAL = re.compile(
    "a[rw](id|addr|len|size|burst|lock|cache|prot|qos|region|user|valid|ready)|w(id|data|strb|last|user|valid|ready)"
    "|b(id|resp|user|valid|ready)|r(id|data|resp|last|user|valid|ready)"
)


@dataclass(frozen=True)
class AxiMasterPorts:
    """AXI4 master: widths in bits, and the port of each signal that it has ("araddr": "m_axi_araddr")."""

    prefix: str
    data: int
    addr: int
    id: int
    ports: dict[str, str]


@dataclass(frozen=True)
class PortGroups:
    """`registers`: ports of the AXI4-Lite slave by signal. `links`: ports that belong to no group."""

    masters: dict[str, AxiMasterPorts] = field(default_factory=dict)
    registers: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    irq: bool = False
    busy: int = 0
    reset: bool = False


def read_ports(verilog: str, top: str) -> dict[str, tuple[str, int]]:
    """Ports of module `top`, from a port list in ANSI style with constant ranges."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)", " ", verilog, flags=re.DOTALL)
    module = re.search(rf"\bmodule\s+{re.escape(top)}\s*(?:#\s*\(.*?\)\s*)?\(([^()]*)\)\s*;", text, re.DOTALL)
    if module is None:
        raise SimulatorError(f"The Verilog contains no module {top} with a list of ports.")
    ports, direction, width = {}, None, 1
    head = r"(input|output)\s+(?:(?:wire|reg|logic|signed)\s+)*(?:\[\s*(\d+)\s*:\s*0\s*\])?"
    item = re.compile(rf"\s*(?:{head})?\s*(\w+)\s*(?:=.*)?", re.DOTALL)
    for entry in module[1].split(","):
        match = item.fullmatch(entry)
        if match and match[1]:
            direction, width = match[1], int(match[2] or 0) + 1
        if not match or direction is None:
            raise SimulatorError(f"Port {entry.strip()!r} of {top}: expected `input` or `output`, [N:0] and a name.")
        ports[match[3]] = (direction, width)
    return ports


def group(ports: Ports) -> PortGroups:
    """Group ports by their names (docs/reference/ports.md). Raises `SimulatorError` for ports that a harness cannot
    drive."""
    if ports.get("clk") != ("input", 1):
        raise SimulatorError("The design has no clock: an input `clk` of one bit.")
    offers = (
        re.fullmatch(r"(\w+)_a[rw]valid", name) for name, (direction, _) in ports.items() if direction == "output"
    )
    masters = {prefix: _master(prefix, ports) for prefix in dict.fromkeys(match[1] for match in offers if match)}
    registers = {name.removeprefix("s_axil_"): name for name in ports if name.startswith("s_axil_")}
    if registers and ports.get("s_axil_wdata") != ("input", 32):
        raise SimulatorError("The registers of the design must be 32 bits wide: an input `s_axil_wdata` of 32 bits.")
    grouped = {"clk", "rst", "irq", "busy", *registers.values()}
    for master in masters.values():
        grouped.update(master.ports.values())
    return PortGroups(
        masters=masters,
        registers=registers,
        links=[name for name in ports if name not in grouped],
        irq="irq" in ports,
        busy=ports["busy"][1] if "busy" in ports else 0,
        reset="rst" in ports,
    )


def _master(prefix: str, ports: Ports) -> AxiMasterPorts:
    start = f"{prefix}_"
    names = {name.removeprefix(start): name for name in ports if name.startswith(start)}
    names = {signal: name for signal, name in names.items() if _SIGNAL.fullmatch(signal)}
    for channel, data in (("ar", "rdata"), ("aw", "wdata")):
        if f"{channel}valid" in names:
            for signal in (f"{channel}addr", f"{channel}ready", data):
                if signal not in names:
                    raise SimulatorError(f"The AXI4 master {prefix} has no port {prefix}_{signal}.")

    def width(*signals: str) -> int:
        return max((ports[names[signal]][1] for signal in signals if signal in names), default=1)

    data = width("rdata", "wdata")
    if data not in (8, 16, 32, 64, 128, 256, 512, 1024):
        raise SimulatorError(f"{prefix} has beats of {data} bits: an AXI4 bus has 8 to 1024, a power of two.")
    return AxiMasterPorts(prefix, data, width("araddr", "awaddr"), width("arid", "awid"), names)
