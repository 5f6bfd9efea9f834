"""Area breakdown: cells belong to the part whose name they carry."""

from systola.gen.synth.area_breakdown import area_breakdown
from systola.gen.synth.devices import DEVICES


def module(**cells):
    return {"cells": {name.replace("__", "."): {"type": kind} for name, kind in cells.items()}}


def test_parts():
    found = area_breakdown(
        module(
            body__a__x_LUT4_Z="LUT4",
            body__a__b__y_TRELLIS_FF_Q="TRELLIS_FF",
            body__c__z_CCU2C_S="CCU2C",
            body__c__m="MULT18X18D",
            body__own_LUT4_Z="LUT4",
            nobody="LUT4",
        ),
        DEVICES["ecp5-85k"],
    )
    assert found == {
        "c": {"lut4_equivalents": 2, "ffs": 0, "dsps": 1, "brams": 0},
        "(top)": {"lut4_equivalents": 2, "ffs": 0, "dsps": 0, "brams": 0},
        "a": {"lut4_equivalents": 1, "ffs": 1, "dsps": 0, "brams": 0},
    }


def test_a_single_part_is_subdivided():
    found = area_breakdown(module(body__a__b__x="LUT4", body__a__c__y="LUT4"), DEVICES["ecp5-85k"])
    assert set(found) == {"b", "c"}


def test_a_dominant_part_is_subdivided():
    found = area_breakdown(
        module(
            body__in__it__a__x="LUT4",
            body__in__it__b__x="LUT4",
            body__in__it__b__y="LUT4",
            body__in__it__y="LUT4",
            body__in__it__c__m="MULT18X18D",
            body__in__b__z="LUT4",
            body__in__z="LUT4",
            body__other__x="LUT4",
            clock_and_reset="LUT4",
        ),
        DEVICES["ecp5-85k"],
    )
    assert {name: count["lut4_equivalents"] for name, count in found.items()} == {
        "it": 4,
        "(in)": 1,
        "(top)": 1,
        "b": 1,
        "other": 1,
    }
    assert found["it"]["dsps"] == 1


def test_parts_of_the_same_name_are_distinguished():
    found = area_breakdown(
        module(
            body__a__x="LUT4", body__b__a__x="LUT4", body__b__c__x="LUT4", body__b__c__y="LUT4", body__b__c__z="LUT4"
        ),
        DEVICES["ecp5-85k"],
    )
    assert set(found) == {"a", "b.a", "c"}
