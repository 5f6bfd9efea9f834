"""Formats of arrays by name: those of this package, and those of other packages."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from ..component import ParameterError
from ..plugins import Plugins, load
from . import integer
from .ant import AntDecoder
from .ant_float import EXPONENT_BITS, AntFloatDecoder
from .codebook import CodebookDecoder
from .decoder import Decoder, Format, decoded
from .flint import FlintDecoder
from .olive import OliveDecoder
from .pot import ApotDecoder, PotDecoder

GROUP = "systola.formats"
"""Entry points of this group are a :class:`.Format` each; a built-in format of the same name takes precedence."""

SIGNED: dict[str, tuple[type[Decoder], int, int]] = {
    "pot": (PotDecoder, 2, 4),
    "apot": (ApotDecoder, 2, 4),
    "flint": (FlintDecoder, 3, 8),
    "float": (AntFloatDecoder, 3, 8),
}
"""Formats with or without a sign: decoder, and minimum and maximum number of bits without the sign."""
OTHERS = {
    "ant4": (AntDecoder, {}),
    "uant4": (AntDecoder, {"signed": False}),
    "olive4": (OliveDecoder, {"normal": "int4 or flint4"}),
    "olive_int4": (OliveDecoder, {"normal": "int4"}),
    "olive_flint4": (OliveDecoder, {"normal": "flint4"}),
    "olive_int8": (OliveDecoder, {"normal": "int8"}),
    "codebook": (CodebookDecoder, {}),
}
LEGAL = ", ".join(
    [
        f"int2 to int{integer.MAX_WIDTH}",
        *(f"{name}{low + 1} to {name}{high + 1}" for name, (_, low, high) in SIGNED.items()),
        f"uint1 to uint{integer.MAX_WIDTH}",
        *(f"u{name}{low} to u{name}{high}" for name, (_, low, high) in SIGNED.items()),
        *OTHERS,
    ]
)
"""The built-in formats, in words."""


def plugins() -> Plugins:
    """Return the formats of other packages, and a sentence for each that cannot be loaded."""
    return load(GROUP, Format)


def legal() -> str:
    """Return the names of all formats as text."""
    return ", ".join([LEGAL, *plugins().found])


def find(name: str) -> Format:
    """Return the format of that name. Raises `ValueError`; :class:`.ParameterError` if its plug-in cannot be loaded."""
    if name in OTHERS:
        decoder, parameters = OTHERS[name]
        return decoded(name, decoder, **parameters)
    if match := re.fullmatch(rf"(u?)({'|'.join(SIGNED)})([1-9])", name):
        decoder, low, high = SIGNED[match[2]]
        bits = int(match[3]) - (not match[1])
        if low <= bits <= high:
            if decoder is AntFloatDecoder and bits == EXPONENT_BITS:
                decoder = PotDecoder  # without a mantissa they are the same
            return decoded(name, decoder, magnitude_bits=bits, signed=not match[1])
    else:
        try:
            shape = integer.shape(name)
        except ValueError:
            pass
        else:
            return Format(name, shape, shape)
    if name in plugins().broken:
        raise ParameterError(plugins().broken[name])
    if name in plugins().found:
        return plugins().found[name]
    raise ValueError(f"{name} is not one of {legal()}")


def _checked(name: str) -> str:
    find(name)
    return name


ArrayFormat = Annotated[str, AfterValidator(_checked)]
"""A parameter that names a format of an array."""


def format_field(meaning: str):
    return Field("int8", description=meaning, json_schema_extra={"legal": legal})
