"""Supported boards. Pins are defined by amaranth-boards; all other data is defined here."""

import importlib
from dataclasses import dataclass, field

from ..accelerators import registry
from ..errors import UsageError
from ..synth.devices import Placer
from . import engines


@dataclass(frozen=True)
class Target:
    """A board: its platform in amaranth-boards, the clock and memory of its design, and the options of the tools.

    - `clock`: frequency of the design in Hz. A PLL generates it if it differs from that of `oscillator` (None: the
      default clock of the platform).
    - `memory`: bytes of on-chip memory; `style`: its implementation.
    - `family`: FPGA family, whose cells the design may instantiate.
    - `engine`: name and parameters of the accelerator.
    - `loader`: arguments of openFPGALoader.
    - `flow`: "open" builds a bitstream, "vendor" only writes a project for the vendor's tool.
    - `arguments`: those of the platform; `options`: those of Amaranth's build; `placer`, `seed`: those of nextpnr.
    - `extra`: functions that return resources which the platform does not define.
    """

    name: str
    title: str
    module: str
    platform: str
    clock: int
    memory: int
    family: str
    loader: tuple[str, ...]
    engine: tuple[str, dict[str, int]]
    style: str = "block"
    oscillator: str | None = None
    flow: str = "open"
    baud: int = 1_000_000
    arguments: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    placer: Placer = "heap"
    seed: int = 1
    extra: tuple = ()

    def make(self):
        """Create the Amaranth platform with all resources."""
        platform = getattr(importlib.import_module(f"amaranth_boards.{self.module}"), self.platform)(**self.arguments)
        platform.add_resources([make() for make in self.extra])
        return platform

    @property
    def design(self) -> dict:
        """Parameters of the bring-up design for this board, with the default accelerator of the board."""
        return self.carrying(*self.engine)

    def carrying(self, accelerator: str, sizes: dict) -> dict:
        """Parameters of the bring-up design with any accelerator; the memory bus has the data width of its bus."""
        engine = engines.make(accelerator, **sizes)
        return {
            "board": self.name,
            "clock": self.clock,
            "baud": self.baud,
            "bytes": self.memory,
            "style": self.style,
            "engine": engine,
            "data_width": engine.members["m_axi"].signature.data_width,
        }

    @property
    def peak(self) -> int:
        """Peak multiply-accumulates per cycle."""
        return registry.find(self.engine[0]).component(**self.engine[1]).described().peak


def _uart(rx: str, tx: str):
    """Resource of a UART on two header pins, for a 3.3 V USB adapter."""

    def make():
        from amaranth.build import Attrs, Pins, Resource, Subsignal

        return Resource(
            "uart",
            0,
            Subsignal("rx", Pins(rx, dir="i")),
            Subsignal("tx", Pins(tx, dir="o")),
            Attrs(IO_STANDARD="SB_LVCMOS"),
        )

    return make


_LARGE = (
    "systola",
    {
        "size": 8,
        "activation_bytes": 16384,
        "weight_bytes": 16384,
        "accumulators": 256,
        "banks": 2,
        "sram_latency": 3,
        "data_width": 64,
        "instructions": 128,
        "queue": 4,
    },
)
_OUTER = "outer_product", {"depth": 512}
_ECP5 = {"synth_opts": "-nowidelut"}

TARGETS = {
    target.name: target
    for target in (
        Target(
            "arty-a7-35",
            "Digilent Arty A7-35T",
            "arty_a7",
            "ArtyA7_35Platform",
            100_000_000,
            131072,
            "xilinx",
            ("-b", "arty_a7_35t"),
            engine=_LARGE,
            flow="vendor",
        ),
        Target(
            "colorlight-5a-75b",
            "Colorlight 5A-75B, revision 7.0",
            "colorlight_5a75b_r7_0",
            "Colorlight_5A75B_R70Platform",
            50_000_000,
            65536,
            "ecp5",
            ("-b", "colorlight"),
            engine=_OUTER,
            options=_ECP5,
        ),
        Target(
            "icebreaker",
            "1BitSquared iCEBreaker",
            "icebreaker",
            "ICEBreakerPlatform",
            24_000_000,
            65536,
            "ice40",
            ("-b", "ice40_generic"),
            engine=_OUTER,
            style="huge",
        ),
        Target(
            "tang-nano-9k",
            "Sipeed Tang Nano 9K",
            "tang_nano_9k",
            "TangNano9kPlatform",
            54_000_000,
            16384,
            "gowin",
            ("-b", "tangnano9k"),
            engine=_OUTER,
            arguments={"toolchain": "Apicula"},
        ),
        Target(
            "ulx3s-12f",
            "Radiona ULX3S, LFE5U-12F",
            "ulx3s",
            "ULX3S_12F_Platform",
            50_000_000,
            65536,
            "ecp5",
            ("-b", "ulx3s"),
            engine=_OUTER,
            options=_ECP5,
        ),
        Target(
            "ulx3s-85f",
            "Radiona ULX3S, LFE5U-85F",
            "ulx3s",
            "ULX3S_85F_Platform",
            50_000_000,
            65536,
            "ecp5",
            ("-b", "ulx3s"),
            engine=_LARGE,
            options=_ECP5,
            placer="static",
            seed=2,  # with seed 1 the router has too many conflicts to resolve
        ),
        Target(
            "upduino",
            "tinyVision UPduino 3, with a UART adapter at pins 23 (to the board) and 25, and its 12 MHz at pin 20",
            "upduino_v3",
            "UpduinoV3Platform",
            24_000_000,
            65536,
            "ice40",
            ("-b", "ice40_generic"),
            engine=_OUTER,
            style="huge",
            oscillator="clk12",
            extra=(_uart("23", "25"),),
        ),
    )
}


def find(name: str) -> Target:
    """Look up a board by name. Raises :class:`UsageError`."""
    if name not in TARGETS:
        raise UsageError(f"unknown board '{name}': known boards are {', '.join(TARGETS)}.")
    return TARGETS[name]
