"""Which multiplier operands get."""

from amaranth.hdl import Shape

from systola.hw.formats.names import find
from systola.hw.mac.fused_multiply import ACTIVATION, WEIGHT, FusedMultiply
from systola.hw.mac.multiplier import multiplier
from systola.hw.mac.multiply import Multiply
from systola.hw.mac.scaled import ScaledMultiply


def test_operands_choose_their_multiplier():
    powers = find("pot4").operand
    assert multiplier(Shape(8), Shape(4, signed=True)) is Multiply
    assert multiplier(Shape(8), powers) is multiplier(powers, Shape(8)) is ScaledMultiply
    assert multiplier(ACTIVATION, WEIGHT) is FusedMultiply


def test_a_multiplier_says_how_long_it_takes():
    assert [each.stages(True, True) for each in (Multiply, ScaledMultiply, FusedMultiply)] == [2, 3, 2]
