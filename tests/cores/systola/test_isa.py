"""The table is whole: every instruction and setting, no two in one place."""

from systola.hw.cores.systola.isa import FLAG_BITS, INSTRUCTIONS, OPCODE_BITS, Op, Setting, Unit


def test_every_operation_has_its_row():
    assert set(INSTRUCTIONS) == set(Op)
    assert 0 not in {int(op) for op in Op}
    assert max(Op) < 1 << OPCODE_BITS


def test_flags_do_not_overlap():
    for row in INSTRUCTIONS.values():
        bits = [bit for flag in row.flags for bit in range(flag.low, flag.low + flag.bits)]
        assert len(bits) == len(set(bits))
        assert max(bits, default=0) < FLAG_BITS


def test_every_setting_has_its_unit():
    prefixes = {"LOAD": Unit.LOAD, "STORE": Unit.STORE, "WEIGHT": Unit.FETCH, "COUNT": Unit.ARRAY, "STRIDE": Unit.ARRAY}
    for setting in Setting:
        assert setting.unit == prefixes.get(setting.name.split("_")[0], Unit.VECTOR)
