"""Harness of a design in simulation: DRAMs at its AXI4 masters, several instances, connected links."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import harness_verilog
from .dram import LIMIT
from .harness_verilog import End, Plan
from .ports import PortGroups, Ports, group, read_ports
from .simulator import SimulatorError

ICARUS_BYTES = 1 << 23
"""Default size in bytes of each DRAM under Icarus."""


@dataclass(frozen=True)
class Harness:
    """Description of the harness of a design.

    instances: copies of the design, with one clock and one reset.
    memories: the AXI4 masters that share each DRAM, as (instance, prefix), or as the prefix alone for instance 0. The
    order numbers the DRAMs, and the ports of each. None: each instance has one DRAM for all its masters.
    joins: pairs of ends that are connected. An end is a single port, or the prefix of several; of two connected ports
    one is an output and the other an input of the same width.
    bytes: size of each DRAM under Icarus, where it is an array. Under Verilator every DRAM has 1 GiB.

    Ports of the harness: clk and rst; `s_axil_*`, `irq` and all links of the design that are not joined; `set`,
    `set_number`, `set_field` and `set_value` (see `dram.SettingsField`); `bus_after_done`, which stays high after a
    cycle in which `irq` and a valid signal of a master were high together; `bus_violation`, which stays high after a
    cycle in which a master changed valid or payload before ready, or issued an address other than that of an INCR burst
    of whole beats within 4 KiB or of one narrower beat. `port_name` names the ports of several instances.
    """

    instances: int = 1
    memories: Sequence[Sequence[str | End]] | None = None
    joins: Sequence[tuple[End, End]] = ()
    bytes: int = ICARUS_BYTES

    def around(
        self, verilog: str, top: str, ports: Ports | None = None, *, simulator: str = "verilator", driver: bool = False
    ) -> "HarnessedDesign":
        """Verilog of the design `top` in this harness. With `driver`, its top is the module driven by models/drive.cpp.

        Raises `SimulatorError`, one sentence, if the description does not fit the design.
        """
        if not 1 <= self.instances <= 256:
            raise SimulatorError(f"instances is {self.instances}: it must be from 1 to 256.")
        if not 64 <= self.bytes <= LIMIT or self.bytes % 64:
            raise SimulatorError(f"bytes is {self.bytes}: it must be a multiple of 64 from 64 to {LIMIT}.")
        if top.startswith("harness"):
            raise SimulatorError(f"A design cannot be named {top}: names that begin with harness are reserved.")
        ports = ports or read_ports(verilog, top)
        groups = group(ports)
        plan = Plan(top, ports, groups, self.instances, self._memories(top, groups), self._joins(top, ports, groups))
        size = LIMIT if simulator == "verilator" else self.bytes
        text, outer = harness_verilog.write(plan, size, driver)
        return HarnessedDesign(verilog + text, "harness_driver" if driver else "harness", plan, outer, size)

    def _memories(self, top: str, groups: PortGroups) -> tuple[tuple[End, ...], ...]:
        masters = [[(instance, prefix) for prefix in groups.masters] for instance in range(self.instances)]
        if self.memories is None:
            return tuple(tuple(each) for each in masters if each)
        memories = tuple(
            tuple((0, master) if isinstance(master, str) else (master[0], master[1]) for master in memory)
            for memory in self.memories
        )
        if not all(memories):
            raise SimulatorError(f"memories: DRAM {memories.index(())} has no master.")
        known, given = ([end for group in groups for end in group] for groups in (masters, memories))
        for instance, prefix in given:
            if (instance, prefix) not in known:
                raise SimulatorError(f"memories: instance {instance} of {top} has no AXI4 master {prefix}.")
        for instance, prefix in known:
            if (count := given.count((instance, prefix))) != 1:
                raise SimulatorError(f"memories: {prefix} of instance {instance} is in {count} DRAMs: it must be in 1.")
        return memories

    def _joins(self, top: str, ports: Ports, groups: PortGroups) -> dict[End, End]:
        joins: dict[End, End] = {}
        for one, other in self.joins:
            for pair in self._pairs(top, groups, one, other):
                ends = f"{pair[0][1]} of instance {pair[0][0]} and {pair[1][1]} of instance {pair[1][0]}"
                drivers = [end for end in pair if ports[end[1]][0] == "output"]
                driven = [end for end in pair if ports[end[1]][0] == "input"]
                if len(drivers) != 1:
                    raise SimulatorError(f"joins: {ends}: one must be an output and the other an input.")
                if ports[pair[0][1]][1] != ports[pair[1][1]][1]:
                    raise SimulatorError(f"joins: {ends} differ in width.")
                if driven[0] in joins:
                    raise SimulatorError(f"joins: {driven[0][1]} of instance {driven[0][0]} is joined twice.")
                joins[driven[0]] = drivers[0]
        return joins

    def _pairs(self, top: str, groups: PortGroups, one: End, other: End) -> Iterator[tuple[End, End]]:
        """Pairs of single ports that two ends denote."""
        sides = []
        for instance, name in (one, other):
            found = [name] if name in groups.links else [each for each in groups.links if each.startswith(f"{name}_")]
            if not found or not 0 <= instance < self.instances:
                raise SimulatorError(f"joins: instance {instance} of {top} has no link {name}.")
            sides.append({port.removeprefix(name): (instance, port) for port in found})
        if odd := sorted(sides[0].keys() ^ sides[1].keys()):
            raise SimulatorError(f"joins: only one of {one[1]} and {other[1]} has a port that ends in {odd[0]}.")
        return zip(sides[0].values(), (sides[1][end] for end in sides[0]), strict=True)


@dataclass(frozen=True)
class HarnessedDesign:
    """Verilog of a design in its harness. ports: of the module `harness`; bytes: the largest size of a DRAM."""

    verilog: str
    top: str
    plan: Plan
    ports: dict[str, tuple[str, int]]
    bytes: int
