"""Enumerations made from the table of an instruction set."""

import pytest

from systola.hw.cores.systola.isa import ISA
from systola.hw.issue.isa_numbers import ErrorCode, Opcode, SettingNumber, UnitSet


@pytest.mark.parametrize(
    ("made", "base", "rows"),
    [
        (ISA.Op, Opcode, {row.name: row.code for row in ISA.instructions}),
        (ISA.Setting, SettingNumber, {row.name: row.number for row in ISA.configuration}),
        (ISA.Error, ErrorCode, {row.name: row.code for row in ISA.errors}),
        (ISA.Unit, UnitSet, {row.name.upper(): 1 << bit for bit, row in enumerate(ISA.units)}),
    ],
)
def test_the_members_are_those_of_the_table(made, base, rows):
    assert issubclass(made, base)
    assert {member.name: member.value for member in made} == rows


def test_a_name_that_is_not_in_the_table_is_an_attribute_error():
    with pytest.raises(AttributeError):
        _ = ISA.Op.NOTHING


def test_a_label_names_every_unit():
    assert ISA.Unit.LOAD.label == "load"
    assert (ISA.Unit.LOAD | ISA.Unit.ARRAY).label == "load | array"
    assert ISA.Unit(0).label == ""
