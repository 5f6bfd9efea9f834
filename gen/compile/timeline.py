"""Times in which units are busy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A unit is busy from cycle `begin` to before `end`, with the instruction at `pc` if that is known."""

    unit: str
    begin: int
    end: int
    pc: int = 0
