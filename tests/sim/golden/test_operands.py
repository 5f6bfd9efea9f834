"""Values of streams of codes, against the published tables."""

from dataclasses import dataclass

import numpy as np
import pytest

from systola.sim.golden import broadcast, operands, pe, systolic
from systola.sim.golden.formats import names
from systola.sim.golden.formats.grid import ValueGrid

CODES = np.arange(16)[:, None]
NONE = np.zeros((1, operands.ENTRIES), np.int64)


@pytest.mark.parametrize(
    ("name", "user", "values"),
    [
        ("pot4", 0, [0, 1, 2, 4, 8, 16, 32, 64, 0, -1, -2, -4, -8, -16, -32, -64]),
        ("uflint4", 0, [0, 1, 2, 3, 4, 5, 6, 7, 64, 32, 16, 24, 8, 10, 12, 14]),
        ("uant4", 0, list(range(16))),
        ("ant4", 1, [0, 1, 2, 3, 16, 8, 4, 6, 0, -1, -2, -3, -16, -8, -4, -6]),
        ("uant4", 3, [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192]),
        ("ant4", 4, list(range(16))),
        ("ant4", 5, [16 * code for code in [*range(8), *range(-8, 0)]]),
        ("uant4", 5, [16 * code for code in range(16)]),
    ],
)
def test_tables(name, user, values):
    assert operands.decode(name, CODES, np.full(16, user), NONE)[:, 0].tolist() == values


def test_bytes_are_in_pairs_of_lanes():
    values = np.arange(-128, 128)
    codes = np.stack([values & 15, values >> 4 & 15], 1)
    assert operands.decode("ant4", codes, np.full(256, 6), NONE).sum(1).tolist() == values.tolist()


def test_the_type_can_change_with_each_beat():
    seen = operands.decode("ant4", np.full((4, 1), 0b1100), np.arange(4), NONE)
    assert seen[:, 0].tolist() == [-4, -16, -8, -8]


def test_modes_of_pairs():
    codes = np.array([[0b1000, 0b0001], [0b0111, 0b0101]])
    assert operands.decode("olive4", codes, np.array([0, 0]), NONE).tolist() == [[0, 12], [7, 5]]
    assert operands.decode("olive4", codes, np.array([1, 1]), NONE).tolist() == [[0, 24], [6, 8]]


def test_a_table_per_lane():
    table = np.stack([np.arange(16), -np.arange(16)])
    assert operands.decode("codebook", np.array([[3, 5]]), np.array([0]), table).tolist() == [[3, -5]]
    beats = operands.table_beats(table)
    assert beats.shape == (64, 2)
    assert beats[:8, 1].tolist() == [0, 0, 0, 0, 15, 15, 15, 15]


def test_facts_of_names():
    assert not operands.is_shifted("codebook")
    assert not operands.is_shifted("uint8")
    assert operands.is_shifted("olive_int8")
    assert [operands.bits(name) for name in ("int8", "uflint4", "olive_int8", "codebook")] == [8, 4, 8, 4]
    assert [operands.users(name) for name in ("int8", "ant4", "olive4", "olive_int4", "codebook")] == [0, 8, 2, 0, 2]


def test_bytes_hold_codes_in_their_low_bits():
    data = np.array([[0xF3, 0x0C], [0x8D, 0x01]], np.uint8)
    assert operands.from_bytes("int8", data.view(np.int8)).tolist() == [[-13, 12], [-115, 1]]
    assert operands.from_bytes("uint8", data).tolist() == [[243, 12], [141, 1]]
    assert operands.from_bytes("int4", data).tolist() == [[3, -4], [-3, 1]]
    assert operands.from_bytes("uint4", data).tolist() == [[3, 12], [13, 1]]
    assert operands.from_bytes("pot4", data).tolist() == [[4, -8], [-16, 1]]


def test_bytes_of_pairs_can_be_odd():
    row = np.array([0x18, 0x05, 0x28], np.uint8)  # a victim next to an outlier, and a victim alone
    assert operands.from_bytes("olive_int4", row).tolist() == [0, 48, 0]
    assert operands.from_bytes("olive_int4", row[:2]).tolist() == [0, 48]


@pytest.mark.parametrize("name", ["ant4", "codebook", "int9"])
def test_bytes_that_are_no_codes(name):
    with pytest.raises(ValueError, match=name):
        operands.from_bytes(name, np.zeros(4, np.uint8))


@dataclass(frozen=True)
class Halved(ValueGrid):
    """Integers whose product is half the exact one."""

    bits = 4
    product_registers = 3

    def fields(self, codes):
        return codes, np.zeros_like(codes)

    def product(self, a, b):
        return a * b >> 1


def test_a_format_can_provide_its_product(monkeypatch):
    monkeypatch.setattr(names, "load", lambda group, kind: ({"halved4": Halved()}, {"bad4": "bad4 is broken."}))
    assert operands.bits("halved4") == 4
    assert operands.decode("halved4", np.array([[3, 5]]), np.array([0]), NONE).tolist() == [[3, 5]]
    assert operands.product_registers("int8", "halved4") == 3
    assert operands.product_registers("int8", "pot4") == 2
    assert operands.product_registers("int8", "codebook") == 1
    a, w = np.array([[3, 5]]), np.array([[1], [2]])
    multiply = operands.multiply("int8", "halved4")
    assert systolic.product(a, w, multiply=multiply).tolist() == [[6]]
    assert broadcast.product(a, w, multiply=multiply).tolist() == [[6]]
    assert pe.results("os", a[0], w[:, 0], np.zeros(0, int), 8, multiply).tolist() == [6]
    assert pe.results("ws", a[0], w[:1, 0], np.array([1, 1]), 8, multiply).tolist() == [2, 3]
    assert operands.multiply("int8", "ant4") is operands.multiply("olive4", "pot4") is np.multiply
    with pytest.raises(names.FormatError, match=r"^bad4 is broken\.$"):
        operands.bits("bad4")
