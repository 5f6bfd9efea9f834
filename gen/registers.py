"""Texts beside the registers, from the same map: a C header, a Python module, a table, SystemRDL."""

from ..hw.bus.registers import Registers


def files(component: Registers, top: str) -> dict[str, str]:
    """TOP.h, TOP_regs.py, TOP.md and TOP.rdl."""
    return {}
