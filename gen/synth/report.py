"""Report of synthesis, placement and routing of a design."""

import json
import re
import statistics
from dataclasses import asdict, dataclass

from ..verilog.verilog import Design
from .area_breakdown import area_breakdown
from .devices import DEVICES
from .fanout import fanout


@dataclass(frozen=True)
class SynthesisReport:
    """Area and clock frequency of a design on a device.

    - `luts`: 4-input LUTs used as logic.
    - `lut4_equivalents`: also counts other uses of LUTs. On ECP5 these are two for each CCU2C (carry) and six for each
      TRELLIS_DPR16X4 (distributed memory: four for storage, two for the write port), as in nextpnr's "Total LUT4s".
    - `utilisation`: cells counted by nextpnr after packing; the entry and exit of each carry chain take extra cells.
    - `peak`: maximum amount of work per cycle, in `unit`; `macs`: the same if the unit is the MAC, else 0.
    - `fmax_mhz`: MHz for each seed from 1 on, out of context (without pins), and their median; None if there is no path
      between registers.
    - `critical_path`: that of the seed closest to the median, with names of the source and delays in nanoseconds.
    - `signals`, `largest_fanout`: see `fanout`.
    - `area_breakdown`: LUT4 equivalents, FF, DSP and BRAM of each part, by the names of the signals that cells drive.
    """

    generator: str
    params: dict
    device: str
    tools: dict[str, str]
    cells: dict[str, int]
    luts: int
    ffs: int
    dsps: int
    brams: int
    lut4_equivalents: int
    macs: int
    unit: str
    peak: int
    signals: int
    largest_fanout: int
    utilisation: dict[str, int]
    fmax_mhz: dict
    critical_path: dict | None
    area_breakdown: dict[str, dict[str, int]]

    def to_dict(self) -> dict:
        return asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2) + "\n"


def report(
    design: Design,
    device: str,
    tools: dict[str, str],
    cells: dict[str, int],
    netlist: dict,
    placed: list[dict],
) -> SynthesisReport:
    """Make the report of a design from its cells, its netlist, and the reports of nextpnr, one per seed."""
    target = DEVICES[device]
    signals, largest_fanout = fanout(netlist["modules"][design.top])
    rated = [(rate, result) for result in placed if (rate := mhz(result)) is not None]
    rates = [rate for rate, _ in rated]
    middle = statistics.median(rates) if rates else 0.0
    median = middle if rates else None
    typical = min(rated, key=lambda pair: abs(pair[0] - middle))[1] if rates else None

    def count(kinds):
        return sum(number for cell, number in cells.items() if cell.startswith(kinds))

    return SynthesisReport(
        generator=design.name,
        params=design.parameters,
        device=device,
        tools=tools,
        cells=cells,
        luts=sum(number for cell, number in cells.items() if target.luts.get(cell) == 1),
        ffs=count(target.ffs),
        dsps=count(target.dsps),
        brams=count(target.brams),
        lut4_equivalents=sum(number * target.luts.get(cell, 0) for cell, number in cells.items()),
        macs=design.peak if design.unit == "MAC" else 0,
        unit=design.unit,
        peak=design.peak,
        signals=signals,
        largest_fanout=largest_fanout,
        utilisation={bel: use["used"] for bel, use in placed[0]["utilization"].items() if use["used"]},
        fmax_mhz={"seeds": rates, "median": median},
        critical_path=critical_path(typical) if typical else None,
        area_breakdown=area_breakdown(netlist["modules"][design.top], target),
    )


def mhz(placed: dict) -> float | None:
    """Fmax in MHz from a report of nextpnr, None without a clock path."""
    return min((round(clock["achieved"], 2) for clock in placed["fmax"].values()), default=None)


def critical_path(placed: dict) -> dict:
    """Longest register-to-register path in a report of nextpnr, with names of the source and delays in nanoseconds."""
    path = max(
        (path["path"] for path in placed["critical_paths"] if path["from"] == path["to"]),
        key=lambda path: sum(step["delay"] for step in path),
    )

    def source(cell):  # Yosys names a cell SIGNAL_CELLTYPE after the signal it drives
        name = re.split(r"_(?:TRELLIS|LUT\d?_|CCU2C|PFUMX|L6MUX21|SB_|DFF|ALU_|MUX2_)", cell)[0]
        return name.removeprefix("design.").removeprefix("body.")

    wires = sum(step["delay"] for step in path if step["type"] == "routing")
    total = sum(step["delay"] for step in path)
    return {
        "from": source(path[0]["from"]["cell"]),
        "to": source(path[-1]["to"]["cell"]),
        "levels": sum(step["type"] == "logic" for step in path),
        "logic_ns": round(total - wires, 2),
        "routing_ns": round(wires, 2),
    }
