"""Reference page of the instruction set.

Run `python -m systola.gen.accelerators.systola.isa_doc > docs/reference/isa.md` to write it. The text is the
`string.Template` in `isa_page.md`; gen/ does not depend on Jinja2, which only the extra `docs` installs.
"""

from pathlib import Path
from string import Template

from ....hw.cores.systola.isa import ISA, RECORD
from ...isa import tables
from .program import SPARE

HERE = Path(__file__).parent
EXAMPLE = (HERE / "isa_example.s").read_text(encoding="utf-8")


def page() -> str:
    """Fill the template with the tables of :data:`.ISA`. Raises `KeyError` if it names an unknown value."""
    return Template((HERE / "isa_page.md").read_text(encoding="utf-8")).substitute(
        bytes=ISA.bytes,
        registers=ISA.registers,
        loops=ISA.loops,
        spare=SPARE,
        record=RECORD,
        encoding=tables.encoding(ISA),
        instructions=tables.instructions(ISA),
        flags=tables.flags(ISA),
        units=tables.units(ISA),
        settings=tables.configuration(ISA),
        errors=tables.errors(ISA),
        example=EXAMPLE,
    )


if __name__ == "__main__":
    print(page(), end="")
