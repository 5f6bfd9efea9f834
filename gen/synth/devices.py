"""Target devices of synthesis, and the classification of their cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Placer = Literal["heap", "static"]
PLACERS: dict[Placer, tuple[str, ...]] = {"heap": (), "static": ("--placer", "static", "--router", "router2")}
"""Arguments of nextpnr by placer: its default, and one that is suited to 10,000 cells or more."""


@dataclass(frozen=True)
class Device:
    """An FPGA, and the options of the open tools for it.

    `luts`: number of 4-input LUTs that a cell of each type occupies; other types occupy none. `limits`: number of cells
    of a type on the device, for the types that are exhausted first.
    """

    family: str  # whose cells `generate` may instantiate
    synth: str  # Yosys pass with its options
    place: str  # package of the place-and-route tool, whose entry point is run_<place>
    arguments: tuple[str, ...]
    luts: Mapping[str, int]
    limits: Mapping[str, int]
    ffs: tuple[str, ...]  # prefixes of the cell types
    dsps: tuple[str, ...]
    brams: tuple[str, ...]
    models: tuple[str, ...] = ()  # simulation models of the cells, relative to Yosys's share folder
    pins: bool = False  # the tool needs pins: the ports of a design are connected to a harness with few pins
    constraints: str = ""  # contents of pins.cst, the pin locations of the harness, if the tool requires them


def _ecp5(size: str, multipliers: int, memories: int) -> Device:
    return Device(
        family="ecp5",
        synth="synth_ecp5 -nowidelut",  # wide multiplexers combine LUTs: not smaller, and slower
        place="nextpnr_ecp5",
        arguments=(f"--{size}", "--package", "CABGA381", "--speed", "6", "--out-of-context", "--freq", "250"),
        # A CCU2C is two LUTs with a carry. A TRELLIS_DPR16X4 is four LUTs of memory, and its write port occupies two
        # more. The "Total LUT4s" of nextpnr are counted in the same manner.
        luts={"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
        limits={"MULT18X18D": multipliers, "DP16KD": memories},
        ffs=("TRELLIS_FF",),
        dsps=("MULT18X18D",),
        brams=("DP16KD",),
        models=("lattice/common_sim.vh", "lattice/ccu2c_sim.vh"),
    )


def _ice40(size: str, package: str, freq: int, **limits: int) -> Device:
    return Device(
        family="ice40",
        synth="synth_ice40" + " -dsp" * ("SB_MAC16" in limits),
        place="nextpnr_ice40",
        arguments=(f"--{size}", "--package", package, "--freq", str(freq)),
        luts={"SB_LUT4": 1},  # a carry cell does not occupy a LUT
        limits=limits,
        ffs=("SB_DFF",),
        dsps=("SB_MAC16",),
        brams=("SB_RAM40_4K", "SB_SPRAM256KA"),
        models=("ice40/cells_sim.v",),
        pins=True,
    )


DEVICES: dict[str, Device] = {
    "ecp5-12k": _ecp5("12k", multipliers=28, memories=56),
    "ecp5-25k": _ecp5("25k", multipliers=28, memories=56),
    "ecp5-45k": _ecp5("45k", multipliers=72, memories=108),
    "ecp5-85k": _ecp5("85k", multipliers=156, memories=208),
    "gowin-gw1nr-9c": Device(
        family="gowin",
        synth="synth_gowin",
        place="nextpnr_himbaechel_gowin",
        arguments=(
            *("--device", "GW1NR-LV9QN88PC6/I5", "--freq", "60"),
            *("--vopt", "family=GW1N-9C", "--vopt", "cst=pins.cst"),
        ),
        luts={"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1, "RAM16SDP4": 6},
        limits={"MULT9X9": 20, "MULT18X18": 20, "MULT36X36": 5},
        ffs=("DFF",),
        dsps=("MULT",),
        brams=("SDP", "DP", "SP", "pROM"),
        models=("gowin/cells_sim.v",),
        pins=True,
        constraints="".join(
            f'IO_LOC "{p}" {n};\n' for p, n in {"clk": 52, "rst": 3, "i": 25, "load": 26, "o": 27}.items()
        ),
    ),
    "ice40-hx8k": _ice40("hx8k", "ct256", 100, SB_RAM40_4K=32),
    "ice40-up5k": _ice40("up5k", "sg48", 48, SB_RAM40_4K=30, SB_MAC16=8, SB_SPRAM256KA=4),
}
