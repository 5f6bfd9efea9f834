"""Fields of words, and flags by their names."""

import pytest

from systola.hw.issue.isa_spec import Field

from .tiny import TINY


def test_a_field_is_a_range_of_bits():
    field = Field("x", 4, 3)
    assert (field.range, field.last, field.mask) == (slice(4, 7), 6, 0x70)
    assert field.extract(0x1A5) == 2


def test_flags_by_name():
    row = TINY.rows[TINY.Op.MATMUL]
    assert row.flag("function") == Field("function", 8, 4, "of the activation")
    with pytest.raises(KeyError):
        row.flag("units")
