"""Formats by name, built-in or of another package: "int8", "pot4", "flint4"; prefix "u": without a sign."""

import re

from ..plugins import load
from .ant_float import AntFloat
from .flint import Flint
from .grid import ValueGrid
from .pot import APoT, PoT
from .uniform import Uniform

GROUP = "systola.golden_formats"
"""Entry points of this group are a :class:`.ValueGrid` each; a built-in format of the same name takes precedence."""
KINDS = ("int", "pot", "apot", "flint", "float")


class FormatError(ValueError):
    """Error for a format that is unknown or cannot be loaded; the message is one sentence."""


def find(name: str) -> ValueGrid:
    """Format of the given name. Integers round halves up, as every other format here. Raises :class:`FormatError`."""
    match = re.fullmatch(rf"(u?)({'|'.join(KINDS)})([1-9]\d?)", name)
    if not match or int(match[3]) > 16:
        found, broken = load(GROUP, ValueGrid)
        if name in broken:
            raise FormatError(broken[name])
        if name in found:
            return found[name]
        raise FormatError(f"{name} is not one of {', '.join(KINDS)}, prefix u or not, and 1 to 16 bits")
    if match[2] == "int":
        return Uniform(name, rounding="up")
    kind = {"pot": PoT, "apot": APoT, "flint": Flint, "float": AntFloat}[match[2]]
    return kind(int(match[3]), signed=not match[1])
