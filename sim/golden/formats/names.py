"""Formats by name: "int8", "uint4", "pot4", "apot4", "flint4", "float4"; "u" in front: without a sign."""

import re

from .ant_float import AntFloat
from .flint import Flint
from .grid import Grid
from .pot import APoT, PoT
from .uniform import Uniform

KINDS = ("int", "pot", "apot", "flint", "float")


def find(name: str) -> Grid:
    """The format of that name. Integers round halves up, as every other format here. Raises `ValueError`."""
    match = re.fullmatch(rf"(u?)({'|'.join(KINDS)})([1-9]\d?)", name)
    if not match or int(match[3]) > 16:
        raise ValueError(f"{name} is not one of {', '.join(KINDS)}, with u in front or not, and 1 to 16 bits behind")
    if match[2] == "int":
        return Uniform(name, rounding="up")
    kind = {"pot": PoT, "apot": APoT, "flint": Flint, "float": AntFloat}[match[2]]
    return kind(int(match[3]), signed=not match[1])
