"""PLLs of the FPGA families: generation of a design's clock from the oscillator of the board."""

from itertools import product
from typing import Any

from amaranth.hdl import Const, Instance, IOPort, Signal

ICE40_PAD = "35"
"""Pin at the location of the PLL (UP5K, SG48). A clock at this pin must enter the PLL directly; a clock at any other
pin enters through the fabric."""


def settings(family: str, rate: int, target_rate: int) -> dict[str, object] | None:
    """Parameters of a family's PLL that generate exactly `target_rate` Hz from `rate` Hz; None if there are none."""
    makers = {"ecp5": _ecp5, "ice40": _ice40, "gowin": _gowin}
    return next(makers[family](rate, target_rate), None) if family in makers else None


def takes_pin(family: str, port) -> bool:
    """Whether the PLL is connected to the pin of the clock directly, without an input buffer."""
    return family == "ice40" and port.io.metadata[0].name == ICE40_PAD


def add_pll(m, family: str, clock, settings: dict[str, object]) -> tuple[Signal, Signal]:
    """Add a PLL, driven by a signal or a pin, to module `m`; return its clock and its lock signal."""
    made, locked = Signal(name="pll_clock"), Signal(name="pll_locked")
    if family == "ecp5":
        cell, ports = "EHXPLLL", {"i_CLKI": clock, "i_CLKFB": made, "o_CLKOP": made, "o_LOCK": locked}
        low = ("RST", "STDBY", "PHASESEL0", "PHASESEL1", "PHASEDIR", "PHASESTEP", "PHASELOADREG", "PLLWAKESYNC")
        unused = dict.fromkeys((*low, "ENCLKOP"), 1)
    elif family == "ice40":
        cell, source = "SB_PLL40_CORE", "REFERENCECLK"
        if isinstance(clock, IOPort):
            cell, source = "SB_PLL40_PAD", "PACKAGEPIN"
        ports = {f"i_{source}": clock, "o_PLLOUTGLOBAL": made, "o_LOCK": locked, "i_RESETB": Const(1)}
        unused = {"BYPASS": 1}
    else:
        cell, ports = "rPLL", {"i_CLKIN": clock, "o_CLKOUT": made, "o_LOCK": locked}
        unused = {"RESET": 1, "RESET_P": 1, "CLKFB": 1, "PSDA": 4, "DUTYDA": 4, "FDLY": 4}
        unused |= dict.fromkeys(("FBDSEL", "IDSEL", "ODSEL"), 6)
    parameters = {f"p_{name}": value for name, value in settings.items()}
    idle: dict[str, Any] = {f"i_{name}": Const(0, width) for name, width in unused.items()}
    m.submodules.pll = Instance(cell, **parameters, **ports, **idle)
    return made, locked


def _ecp5(rate, target_rate):
    """Yield settings: phase detector at 10 MHz or more, VCO at 400 to 800 MHz, feedback from CLKOP (FPGA-TN-02200)."""
    for source in range(1, 129):
        if rate >= 10e6 * source and target_rate * source % rate == 0:
            output = round(600e6 / target_rate)
            if target_rate * source // rate <= 80 and 1 <= output <= 128:
                yield {
                    "CLKI_DIV": source,
                    "CLKFB_DIV": target_rate * source // rate,
                    "CLKOP_DIV": output,
                    "CLKOP_CPHASE": output // 2 - 1,
                    "CLKOP_ENABLE": "ENABLED",
                    "FEEDBK_PATH": "CLKOP",
                }


def _ice40(rate, target_rate):
    """Yield settings: phase detector at 10 to 133 MHz, VCO at 533 to 1066 MHz (FPGA-TN-02052)."""
    edges = (17e6, 26e6, 44e6, 66e6, 101e6)  # phase detector frequencies at which FILTER_RANGE increases, from 1
    for divr, divq in product(range(16), range(1, 7)):
        detector, vco = rate / (divr + 1), target_rate << divq
        divf = round(vco / detector) - 1
        exact = rate * (divf + 1) == vco * (divr + 1)
        if exact and 10e6 <= detector <= 133e6 and 533e6 <= vco <= 1066e6 and divf < 64:
            yield {
                "FEEDBACK_PATH": "SIMPLE",
                "DIVR": Const(divr, 4),
                "DIVF": Const(divf, 7),
                "DIVQ": Const(divq, 3),
                "FILTER_RANGE": Const(1 + sum(detector >= edge for edge in edges), 3),
            }


def _gowin(rate, target_rate):
    """Yield settings: phase detector at 3 MHz or more, VCO at 400 to 1200 MHz (GW1N-9C; UG286)."""
    for source, output in product(range(1, 65), (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)):
        back = target_rate * source // rate
        exact = back * rate == target_rate * source
        if exact and rate >= 3e6 * source and 1 <= back <= 64 and 400e6 <= target_rate * output <= 1200e6:
            yield {
                "FCLKIN": f"{rate / 1e6:g}",
                "IDIV_SEL": source - 1,
                "FBDIV_SEL": back - 1,
                "ODIV_SEL": output,
                "DEVICE": "GW1NR-9C",
            }
