"""Two's complement and unsigned integers, and the widths of their products and sums."""

import re
from typing import Annotated

from amaranth.hdl import Shape
from pydantic import AfterValidator, Field

from .operand import Operand, limits

MAX_WIDTH = 16
LEGAL = f"int2 to int{MAX_WIDTH}, or uint1 to uint{MAX_WIDTH}"


def shape(name: str) -> Shape:
    """Return the shape of a format by its name: "int8", "uint4". Raises `ValueError`."""
    match = re.fullmatch(r"(u?)int([1-9]\d?)", name)
    if not match or not (1 if match[1] else 2) <= int(match[2]) <= MAX_WIDTH:
        raise ValueError(f"{name} is not {LEGAL}")
    return Shape(int(match[2]), signed=not match[1])


def _checked(name: str) -> str:
    shape(name)
    return name


IntegerFormat = Annotated[str, AfterValidator(_checked)]
"""A parameter that names an integer format."""


def format_field(meaning: str):
    return Field("int8", description=meaning, json_schema_extra={"legal": LEGAL})


def sum_shape(a: Shape | Operand, b: Shape | Operand, terms: int, limit: int | None = None) -> Shape:
    """Return the narrowest shape for any sum of `terms` products a x b; two's complement of `limit` bits beyond it.

    Sums that wrap at `limit` bits stay exact modulo 2^limit.
    """
    corners = [x * y for x in limits(a) for y in limits(b)]
    exact = Shape.cast(range(min(0, terms * min(corners)), terms * max(corners) + 1))
    return exact if limit is None or exact.width <= limit else Shape(limit, signed=True)
