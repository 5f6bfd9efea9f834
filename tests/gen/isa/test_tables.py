"""Documentation from the table of an instruction set."""

from systola.gen.isa import tables

from ...hw.issue.tiny import TINY


def test_the_encoding_lists_every_field_in_order():
    assert tables.encoding(TINY) == (
        "| bits | field |\n|---|---|\n| [7:0] | opcode |\n| [23:8] | flags |\n| [47:24] | operand buffer |\n"
        "| [63:24] | operand weight |\n| [63:48] | operand accumulator |\n| [95:64] | operand length |\n"
        "| [95:64] | operand value |"
    )


def test_flags_are_at_their_place_in_the_word():
    assert "| MATMUL | function | [19:16] | of the activation |" in tables.flags(TINY).splitlines()


def test_rows_name_their_units():
    assert "| 5 | STRIDE | matrix | rows from one to the next |" in tables.configuration(TINY).splitlines()
    assert "| 2 | FETCH | bus |" in tables.errors(TINY).splitlines()
    assert "| matrix | results are in the accumulators |" in tables.units(TINY).splitlines()
    assert any(line.startswith("| 0x10 | READ_WEIGHTS | fetch |") for line in tables.instructions(TINY).splitlines())
