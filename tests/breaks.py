"""Designs that are broken on purpose, each in one place, which their bench must find."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from systola.gen.generators import find
from systola.gen.verilog.verilog import Design


class Breaks:
    """Breaks of one design: iterates over their names.

    `table` maps what is broken to a pattern of the generated Verilog and the text that replaces it; `parameters` are
    those of the design. `tests/test_breaks.py` makes every break of every table in the fast suite, without simulation.
    """

    def __init__(self, generator: str, table: dict[str, tuple[str, str]], /, **parameters):
        self.generator, self.table, self.parameters = generator, table, parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    @cached_property
    def design(self) -> Design:
        """The design as it should be."""
        return find(self.generator).design(**self.parameters)

    def broken(self, what: str) -> Design:
        """The design with one break. Raises AssertionError if its Verilog does not change."""
        pattern, instead = self.table[what]
        text, count = re.subn(pattern, instead, self.design.verilog)
        assert count, f"{what}: {pattern} does not occur in the Verilog of {self.generator}"
        assert text != self.design.verilog, f"{what}: {pattern} is replaced by itself"
        return replace(self.design, verilog=text)
