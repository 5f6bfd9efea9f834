"""Text of boxes: names and main parameters."""

import re

from ...hw.component import Parameters

SHOWN = {
    "size": "{} x {}",
    "ports": "{} ports",
    "banks": "{} banks",
    "masters": "{} masters",
    "nodes": "{} nodes",
    "vcs": "{} VCs",
    "lanes": "{} lanes",
    "count": "{} lanes",
    "depth": "{:,} deep",
    "width": "{} bits",
    "data_width": "{} bits",
}
"""Parameters shown in boxes, in this order, with their formats."""
MOST = 3


def stem(name: str) -> str:
    """A name without its numbers: "port#_req" for "port3_req"."""
    return re.sub(r"\d+(_\d+)?", "#", name)


def shown(name: str) -> str:
    """Text of a stem: "port_req" for "port#_req"."""
    return re.sub(r"_+", "_", name.replace("#", "")).strip("_")


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def parameters_of(parameters: Parameters) -> tuple[str, ...]:
    """Most important parameters, in one line."""
    values = {name: value for name, value in parameters if type(value) is int}
    found = []
    if {"rows", "cols"} <= values.keys():
        found.append(f"{values['rows']:,} x {values['cols']:,}")
    found += [text.format(values[name], values[name]) for name, text in SHOWN.items() if name in values]
    found = [re.sub(r"^1 (.*)s$", r"1 \1", each) for each in found]
    return (", ".join(found[:MOST]),) if found else ()
