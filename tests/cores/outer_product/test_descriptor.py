"""Descriptor layout: equal to that of the golden model, and no larger than a block."""

from systola.hw.cores.outer_product import descriptor
from systola.sim.golden.cores import outer_product as golden


def test_fields_are_at_the_places_of_the_golden_model():
    offsets = {name: field.offset for name, field in descriptor.DESCRIPTOR}
    assert offsets == {"depth": 0, "rows": 16, "a": 32, "w": 64, "y": 96, "next": 128}
    assert {name: field.width for name, field in descriptor.DESCRIPTOR} == {
        name: 16 if name in ("depth", "rows") else 32 for name in offsets
    }


def test_sizes_equal_those_of_the_golden_model():
    names = ("SIZE", "BEATS", "BYTES", "WORDS")
    assert [getattr(descriptor, name) for name in names] == [getattr(golden, name) for name in names]
    assert descriptor.WORDS <= descriptor.BEATS
    assert 1 << descriptor.LOW == descriptor.BYTES
