"""Completeness of the table: every instruction and setting, without overlap."""

from systola.hw.cores.systola.isa import ISA, Setting, Unit


def test_a_word_of_zeros_is_no_instruction():
    assert 0 not in ISA.rows


def test_flags_do_not_overlap():
    for row in ISA.instructions:
        bits = [bit for flag in row.flags for bit in range(flag.low, flag.low + flag.bits)]
        assert len(bits) == len(set(bits))
        assert max(bits, default=0) < ISA.flags.bits


def test_every_setting_belongs_to_a_unit():
    prefixes = {"LOAD": Unit.LOAD, "STORE": Unit.STORE, "WEIGHT": Unit.FETCH, "COUNT": Unit.ARRAY, "STRIDE": Unit.ARRAY}
    for setting in Setting:
        assert ISA.unit_of(ISA.configs[setting]) == prefixes.get(setting.name.split("_")[0], Unit.VECTOR)
