"""Sizes, completions and accesses derived from the table of an instruction set."""

from dataclasses import replace

import pytest

from .tiny import NARROW, TINY


def test_numbers_equal_those_of_the_table():
    assert {op.name: int(op) for op in TINY.Op} == {
        "HALT": 1,
        "SYNC": 2,
        "SET": 3,
        "READ_WEIGHTS": 0x10,
        "MATMUL": 0x11,
    }
    assert [int(unit) for unit in TINY.Unit] == [1, 2]
    assert TINY.Setting.STRIDE == 5
    assert TINY.Error(2).name == "FETCH"


def test_sizes():
    assert (TINY.bytes, TINY.slot, TINY.register_bits) == (12, 16, 0)
    assert (NARROW.bytes, NARROW.slot, NARROW.loops) == (4, 4, 1)


def test_completions_are_queues_followed_by_further_names():
    assert TINY.completions == ("fetch", "matrix", "results")


def test_a_sync_covers_the_included_units():
    unit = TINY.Unit
    assert TINY.completed_by(unit.MATRIX) == unit.FETCH | unit.MATRIX
    assert TINY.completed_by(unit.FETCH) == unit.FETCH
    assert TINY.named_by_sync(unit.FETCH | unit.MATRIX) == unit.MATRIX
    assert TINY.named_by_sync(unit.FETCH) == unit.FETCH


def test_accesses_by_instruction_and_by_memory():
    unit, op = TINY.Unit, TINY.Op
    assert TINY.user(op.MATMUL, "accumulators", True) is unit.MATRIX
    assert TINY.users("accumulators") == [(unit.MATRIX, True)]
    with pytest.raises(KeyError):
        TINY.user(op.MATMUL, "weights", False)


def test_unit_of_each_row():
    assert TINY.unit_of(TINY.rows[TINY.Op.READ_WEIGHTS]) is TINY.Unit.FETCH
    assert TINY.unit_of(TINY.rows[TINY.Op.SET]) is None
    assert TINY.unit_of(TINY.configs[5]) is TINY.Unit.MATRIX


def test_a_unit_orders_its_own_accesses_unless_it_reads_early():
    early = replace(TINY, units=(TINY.units[0], replace(TINY.units[1], reads_early=True)))
    for isa, read_after_write in ((TINY, True), (early, False)):
        unit = isa.Unit.MATRIX
        assert isa.ordered(unit, True, False) is read_after_write
        assert isa.ordered(unit, False, True)
        assert isa.ordered(unit, True, True)
