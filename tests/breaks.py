"""Designs with one deliberate fault each, which their bench must detect."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, cached_property

from systola.gen.generators import find
from systola.gen.verilog.verilog import Design


@cache
def _design(generator: str, parameters: tuple) -> Design:
    """The unmodified design, generated once for all tables of the same parameters."""
    return find(generator).design(**dict(parameters))


class Breaks:
    """Faults of one design: iterates over their names.

    `table` maps the name of each fault to a pattern of the generated Verilog and its replacement; `parameters` are
    those of the design. `tests/test_breaks.py` applies every fault of every table in the fast suite, without
    simulation.
    """

    def __init__(self, generator: str, table: dict[str, tuple[str, str]], /, **parameters):
        self.generator, self.table, self.parameters = generator, table, parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    @cached_property
    def design(self) -> Design:
        """The unmodified design."""
        return _design(self.generator, tuple(self.parameters.items()))

    def broken(self, what: str) -> Design:
        """The design with one fault. Raises AssertionError if its Verilog does not change."""
        pattern, instead = self.table[what]
        text, count = re.subn(pattern, instead, self.design.verilog)
        assert count, f"{what}: {pattern} does not occur in the Verilog of {self.generator}"
        assert text != self.design.verilog, f"{what}: {pattern} is equal to its replacement"
        return replace(self.design, verilog=text)
