"""Verilog text of a harness: wires, instances, DRAMs and, for a driver in C++, one host port for all instances."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from .dram import RANGES, SettingsField
from .ports import AxiMasterPorts, PortGroups, Ports
from .simulator import SimulatorError

MODELS = files(__name__.rsplit(".", 2)[0]) / "models"

_SEED, _SEED_STEP = 0x1234567, 0x9E3779B9
_SETTINGS = {"set": 1, "set_number": 16, "set_field": 8, "set_value": 32}
_SET = ", ".join(f".{name}({name})" for name in _SETTINGS)

_SHARED = {
    **{"latency": 16, "stall": 8, "open": 1, "size": 32, "base": 32, "fault_beat": 32},
    **{"fault_first": 32 * RANGES, "fault_last": 32 * RANGES, "fault_code": 2 * RANGES},
}
"""Signals from a DRAM to all of its ports, with their widths."""

_DRIVER = {
    **{"clk": ("input", 1), "rst": ("input", 1), "instance_number": ("input", 16)},
    **{name: ("input", width) for name, width in _SETTINGS.items()},
    **{"s_axil_awaddr": ("input", 32), "s_axil_awvalid": ("input", 1), "s_axil_awready": ("output", 1)},
    **{"s_axil_wdata": ("input", 32), "s_axil_wvalid": ("input", 1), "s_axil_wready": ("output", 1)},
    **{"s_axil_bresp": ("output", 2), "s_axil_bvalid": ("output", 1)},
    **{"s_axil_araddr": ("input", 32), "s_axil_arvalid": ("input", 1), "s_axil_arready": ("output", 1)},
    **{"s_axil_rdata": ("output", 32), "s_axil_rresp": ("output", 2), "s_axil_rvalid": ("output", 1)},
    **{"irq": ("output", 1), "irq_all": ("output", 1)},
}
"""Ports of the top that models/drive.cpp drives."""


End = tuple[int, str]
"""Port, prefix of ports or AXI4 master of an instance: (instance, name)."""


@dataclass(frozen=True)
class Plan:
    """Harness as applied to a design.

    memories: the masters of each DRAM. joins: the output that drives each joined input.
    """

    design: str
    ports: Ports
    groups: PortGroups
    instances: int
    memories: tuple[tuple[End, ...], ...]
    joins: dict[End, End]


def port_name(name: str, instance: int | None) -> str:
    """Name of the harness port for a port of one of several instances; `instance` is None where there is one.

    The number follows the prefix of an AXI bus (s_axil_1_awaddr, m_axis_east_1_tdata), else the name (irq_1).
    """
    if instance is None:
        return name
    bus = re.fullmatch(r"(s_axil|[ms]_axis_\w+)_(\w+)", name)
    return f"{bus[1]}_{instance}_{bus[2]}" if bus else f"{name}_{instance}"


def write(plan: Plan, size: int, driver: bool) -> tuple[str, dict[str, tuple[str, int]]]:
    """Modules around a design, with DRAMs of at most `size` bytes, and the ports of module `harness`."""
    ports = {"clk": ("input", 1), "rst": ("input", 1), **{name: ("input", width) for name, width in _SETTINGS.items()}}
    body = [*_wires(plan, ports), *_instances(plan), *_drams(plan, size), *_observers(plan, ports)]
    text = "".join(f"`define SET_{field.name} 8'd{field.value}\n" for field in SettingsField)
    for name in ("harness_port", "harness_dram", "harness_channel", "harness_trace"):
        text += (MODELS / f"{name}.sv").read_text(encoding="utf-8") + "\n"
    text += _module("harness", ports, body)
    if driver:
        text += _module("harness_driver", _DRIVER, _host(plan, ports))
    return "\n" + text, ports


def _module(name: str, ports: dict[str, tuple[str, int]], body: list[str]) -> str:
    heads = ",\n".join(f"  {direction} {_range(width)}{port}" for port, (direction, width) in ports.items())
    return f"module {name} (\n{heads}\n);\n" + "".join(f"  {line}\n" for line in body) + "endmodule\n"


def _range(width: int) -> str:
    return f"[{width - 1}:0] " if width > 1 else ""


def _wire(instance: int, port: str) -> str:
    return f"i{instance}_{port}"


def _number(plan: Plan, instance: int) -> int | None:
    return instance if plan.instances > 1 else None


def _wires(plan: Plan, outer: dict[str, tuple[str, int]]) -> Iterator[str]:
    """Wires for the ports of each instance, connected to their drivers or to ports of the harness."""
    outside = {*plan.groups.registers.values(), *plan.groups.links, *(["irq"] if plan.groups.irq else [])}
    drivers = set(plan.joins.values())
    ends = [(instance, name) for instance in range(plan.instances) for name in plan.ports if name not in ("clk", "rst")]
    for instance, name in ends:
        yield f"wire {_range(plan.ports[name][1])}{_wire(instance, name)};"
    for instance, name in ends:
        wire, (direction, width) = _wire(instance, name), plan.ports[name]
        if (instance, name) in plan.joins:
            yield f"assign {wire} = {_wire(*plan.joins[instance, name])};"
        elif name in outside and (instance, name) not in drivers:
            port = port_name(name, _number(plan, instance))
            if port in outer:
                raise SimulatorError(f"{plan.design} has a port {name}, which its harness needs for itself.")
            outer[port] = (direction, width)
            yield f"assign {wire} = {port};" if direction == "input" else f"assign {port} = {wire};"


def _instances(plan: Plan) -> Iterator[str]:
    for instance in range(plan.instances):
        pins = (f".{port}({port if port in ('clk', 'rst') else _wire(instance, port)})" for port in plan.ports)
        yield f"{plan.design} instance{instance} ({', '.join(pins)});"
        if plan.groups.busy:
            parameters = f".NUMBER({instance}), .WIDTH({plan.groups.busy})"
            pins = f".clk(clk), {_SET}, .busy({_wire(instance, 'busy')})"
            yield f"harness_trace #({parameters}) trace{instance} ({pins});"


def _drams(plan: Plan, size: int) -> Iterator[str]:
    for number, masters in enumerate(plan.memories):
        buses = [(instance, plan.groups.masters[prefix]) for instance, prefix in masters]
        dram, many, widest = f"dram{number}", len(buses), max(64, *(bus.data for _, bus in buses))
        widths = _SHARED | {signal: width * many for signal, width in _own(widest).items()}
        for signal, width in widths.items():
            yield f"wire [{width - 1}:0] {dram}_{signal};"
        sizes = ", ".join(f"16'd{bus.data}" for _, bus in reversed(buses))
        parameters = f".NUMBER({number}), .PORTS({many}), .WIDEST({widest}), .WIDTHS({{{sizes}}}), .BYTES({size})"
        pins = ", ".join(f".{signal}({dram}_{signal})" for signal in widths)
        yield f"harness_dram #({parameters}, .RANGES({RANGES})) {dram} (.clk(clk), .rst(rst), {_SET}, {pins});"
        for port, (instance, bus) in enumerate(buses):
            yield from _port(dram, port, widest, instance, bus)


def _observers(plan: Plan, outer: dict[str, tuple[str, int]]) -> Iterator[str]:
    """Flags per instance: `bus_after_done` stays high once an AXI4 master was active while its interrupt was asserted,
    `bus_violation` once a master violated a rule of AXI4."""
    masters = plan.groups.masters.values()
    valids = [port for each in masters for signal, port in each.ports.items() if signal.endswith("valid")]
    if not plan.groups.irq or not valids:
        return
    for instance in range(plan.instances):
        flag = port_name("bus_after_done", _number(plan, instance))
        outer[flag] = ("output", 1)
        active = " || ".join(_wire(instance, port) for port in valids)
        yield f"wire active_late{instance} = {_wire(instance, 'irq')} && ({active});"
        yield f"reg late{instance} = 0;"
        yield f"always @(posedge clk) late{instance} <= !rst && (late{instance} || active_late{instance});"
        yield f"assign {flag} = late{instance};"
        yield from _rules(plan, instance, outer)


def _rules(plan: Plan, instance: int, outer: dict[str, tuple[str, int]]) -> Iterator[str]:
    """Flag that stays high once one of an instance's masters violated a rule of AXI4, until reset."""
    flag, broken = port_name("bus_violation", _number(plan, instance)), []
    for prefix, bus in plan.groups.masters.items():
        for channel in ("aw", "w", "ar"):
            own = {name.removeprefix(channel): port for name, port in bus.ports.items() if _channel(name) == channel}
            if not {"valid", "ready"} <= own.keys():
                continue
            wires = {name: _wire(instance, port) for name, port in own.items()}
            payload = {name: plan.ports[port][1] for name, port in own.items() if name not in ("valid", "ready")}
            name = f"channel{instance}_{prefix}_{channel}"
            pins = f".valid({wires['valid']}), .ready({wires['ready']}), .legal({_legal(wires, bus.data)})"
            values = ", ".join(wires[each] for each in payload)
            broken.append(f"{name}_broken")
            yield f"wire {broken[-1]};"
            yield f"harness_channel #(.WIDTH({sum(payload.values())})) {name} (.clk(clk), .rst(rst), {pins},"
            yield f"  .payload({{{values}}}), .broken({broken[-1]}));"
    outer[flag] = ("output", 1)
    yield f"assign {flag} = {' || '.join(broken) or 0};"


def _channel(signal: str) -> str:
    """AXI channel of a signal."""
    return signal[: 2 if signal[0] == "a" else 1]


def _legal(wires: dict[str, str], data: int) -> str:
    """Condition of an address: an INCR burst of whole beats within 4 KiB, or one narrower beat. The models support no
    other burst."""
    bytes_ = data // 8
    rules = []
    if "size" in wires:
        whole = bytes_.bit_length() - 1
        narrow = f" || ({wires['len']} == 0 && {wires['size']} < {whole})" if "len" in wires else ""
        rules.append(f"({wires['size']} == {whole}{narrow})")
    if "burst" in wires:
        rules.append(f"{wires['burst']} == 1")
    if {"addr", "len"} <= wires.keys():
        rules.append(f"{wires['addr']}[11:0] / {bytes_} + {wires['len']} < {4096 // bytes_}")
    return " && ".join(rules) or "1'b1"


def _own(widest: int) -> dict[str, int]:
    """Signals between a DRAM and each of its ports, with their widths."""
    flags = dict.fromkeys(("read", "write", "write_kept"), 1)
    numbers = dict.fromkeys(("beats", "read_address", "write_address"), 32)
    return flags | numbers | {"beat_code": 2, "read_data": widest, "write_data": widest, "write_strobe": widest // 8}


def _port(dram: str, port: int, widest: int, instance: int, bus: AxiMasterPorts) -> Iterator[str]:
    own = {signal: f"{dram}_{signal}[{width * port} +: {width}]" for signal, width in _own(widest).items()}
    data = {signal: own.pop(signal) for signal in ("read_data", "write_data", "write_strobe")}

    def pin(signal: str, absent: str = "") -> str:
        return _wire(instance, bus.ports[signal]) if signal in bus.ports else absent

    pins = {"clk": "clk", "rst": "rst", **{signal: f"{dram}_{signal}" for signal in _SHARED}, **own}
    pins |= {signal: pin(signal, "0") for signal in ("awid", "awaddr", "awlen", "awvalid", "wvalid")}
    pins |= {signal: pin(signal, "0") for signal in ("arid", "araddr", "arlen", "arvalid")}
    pins |= {signal: pin(signal, "1'b1") for signal in ("wlast", "bready", "rready")}
    pins |= {signal: pin(signal) for signal in ("awready", "wready", "bid", "bresp", "bvalid")}
    pins |= {signal: pin(signal) for signal in ("arready", "rid", "rresp", "rlast", "rvalid")}
    parameters = f".DATA({bus.data}), .ADDR({bus.addr}), .ID({bus.id}), .RANGES({RANGES})"
    seed = (_SEED + port * _SEED_STEP) % (1 << 32)
    listed = ", ".join(f".{signal}({wire})" for signal, wire in pins.items())
    yield f"harness_port #({parameters}, .SEED(32'd{seed})) {dram}_port{port} ({listed});"
    if "rdata" in bus.ports:
        yield f"assign {pin('rdata')} = {dram}_read_data[{widest * port} +: {bus.data}];"
    yield f"assign {data['write_data']} = {pin('wdata', '0')};"
    every = f"{{{bus.data // 8}{{1'b1}}}}"
    yield f"assign {data['write_strobe']} = {pin('wstrb', every)};"


def _host(plan: Plan, inner: Ports) -> list[str]:
    """Connection of all instances' registers and interrupts to the ports of `_DRIVER`; all other inputs are low."""
    pins = {name: "0" if direction == "input" else "" for name, (direction, _) in inner.items()}
    pins |= {name: name for name in ("clk", "rst", *_SETTINGS)}
    outputs = {
        port.removeprefix("s_axil_"): width for port, (direction, width) in _DRIVER.items() if direction == "output"
    }
    del outputs["irq_all"]
    registers = plan.groups.registers | ({"irq": "irq"} if plan.groups.irq else {})
    lines = []
    for signal, width in outputs.items():
        outer = signal if signal == "irq" else f"s_axil_{signal}"
        lines.append(f"wire [{width * plan.instances - 1}:0] all_{signal}{'' if signal in registers else ' = 0'};")
        lines.append(f"assign {outer} = all_{signal}[{width} * instance_number +: {width}];")
    constants = {"awprot": "0", "arprot": "0", "wstrb": "4'd15", "bready": "1'b1", "rready": "1'b1"}
    for instance in range(plan.instances):
        for signal, name in registers.items():
            port = port_name(name, _number(plan, instance))
            if signal in outputs:
                pins[port] = f"all_{signal}[{outputs[signal] * instance} +: {outputs[signal]}]"
            elif signal.endswith("valid"):
                pins[port] = f"s_axil_{signal} && instance_number == {instance}"
            else:
                pins[port] = constants.get(signal, f"s_axil_{signal}")
    listed = ", ".join(f".{name}({wire})" for name, wire in pins.items())
    return [*lines, "assign irq_all = &all_irq;", f"harness body ({listed});"]
