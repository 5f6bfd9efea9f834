"""Busy times of units."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """Busy time of a unit, from cycle `begin` to before `end`; `pc` is the number of the instruction, if known."""

    unit: str
    begin: int
    end: int
    pc: int = 0
