"""Selection of the multiplier by operands; every pair of codes of every two four-bit formats through the hardware."""

import itertools

import numpy as np
import pytest
from amaranth.hdl import Module, Shape
from amaranth.lib.wiring import In, Out

from systola.hw.bundle import Lanes
from systola.hw.component import Component, ParameterError, Parameters, place
from systola.hw.formats.names import find
from systola.hw.formats.operand import Operand
from systola.hw.mac.fused_multiply import ACTIVATION, WEIGHT, FusedMultiply
from systola.hw.mac.multiplier import multiplier
from systola.hw.mac.multiply import Multiply
from systola.hw.mac.scaled import ScaledMultiply
from systola.sim.golden import integer, operands


def test_operands_select_their_multiplier():
    powers = find("pot4").operand
    assert multiplier(Shape(8), Shape(4, signed=True)) is Multiply
    assert multiplier(Shape(8), powers) is multiplier(powers, Shape(8)) is ScaledMultiply
    assert multiplier(ACTIVATION, WEIGHT) is FusedMultiply


def test_a_multiplier_states_its_latency():
    assert [each.stages(True, True) for each in (Multiply, ScaledMultiply, FusedMultiply)] == [2, 3, 2]


NAMES = [
    *("int4", "uint4", "pot4", "upot4", "apot4", "uapot4", "flint4", "uflint4", "float4", "ufloat4"),
    *("ant4", "uant4", "olive4", "olive_int4", "olive_flint4", "codebook"),
]
PRODUCT = 33
"""Bits of the largest product, and a sign."""
IDENTIFIER = 8
MODES = [(user, 1) for user in range(8)] + [(user, IDENTIFIER) for user in range(2)]
"""Inputs that accompany a code: `user` and a neighbour, for the formats that have them."""


class Products(Component):
    """products[n * i + j] = a in format i times w in format j: lane 0 of `a`, lane 1 of `w`."""

    latency, peak = 0, len(NAMES) ** 2  # for the manifest, which is not read

    class Parameters(Parameters):
        pass

    @staticmethod
    def members(p):
        side = {"": Lanes(Shape(4), 2), "_user": 3}
        return {
            **{f"{name}{port}": In(shape) for name in "aw" for port, shape in side.items()},
            "write": In(1),
            "place": In(range(64)),
            "products": Out(Lanes(Shape(PRODUCT, signed=True), len(NAMES) ** 2)),
        }

    def elaborate(self, platform):
        m = Module()
        sides = {
            name: [
                self._decoded(m, platform, f"{name}_{format}", getattr(self, name), lane, format) for format in NAMES
            ]
            for lane, name in enumerate("aw")
        }
        for n, (a, w) in enumerate(itertools.product(*sides.values())):
            product = self.products[n]
            one = place(
                m,
                platform,
                f"multiply{n}",
                multiplier(a.shape(), w.shape()),
                {"a": a, "b": w},
                a=a.shape(),
                b=w.shape(),
                operand_register=False,
                product_register=False,
            )
            m.d.comb += product.eq(one.product)
        return m

    def _decoded(self, m, platform, name: str, codes, lane: int, format_name: str):
        format = find(format_name)
        if format.decoder is None:
            return codes[lane].as_signed() if format.code.signed else codes[lane]
        alone = format.decoder_parameters.group == 1
        connect = {"codes": codes.as_value()[4 * lane :][:4] if alone else codes.as_value()}
        if format.decoder_parameters.table:
            connect |= {"write": self.write, "place": self.place}
        elif format.decoder_parameters.user:
            connect["user"] = getattr(self, f"{name[0]}_user")[: format.decoder_parameters.user]
        decoder = place(m, platform, name, format.decoder, connect, **dict(format.decoder_parameters.at(lane)))
        return decoder.operands[0 if alone else lane]


TABLE = np.random.default_rng(1).integers(-(1 << 15), 1 << 15, operands.ENTRIES)


@pytest.mark.slow
def test_every_pair_of_codes(driven):
    """Each in its modes, next to a normal neighbour and an identifier: 25,600 pairs of codes, 256 products each."""
    side = np.array([(code, other, user) for user, other in MODES for code in range(16)])
    a, w = (side[n.ravel()] for n in np.meshgrid(range(len(side)), range(len(side)), indexing="ij"))
    parts = operands.table_beats(TABLE[None]).repeat(2, 1)
    words = {"write": [1] * len(parts) + [0] * len(a), "place": [*range(len(parts)), *[0] * len(a)]}
    for name, codes in (("a", a), ("w", w)):
        words[name] = integer.pack(np.concatenate([parts, _lanes(name, codes)]), 4)
        words[f"{name}_user"] = [0] * len(parts) + codes[:, 2].tolist()
    got = integer.unpack(driven(Products(), 1, words)[len(parts) :], len(NAMES) ** 2, PRODUCT)
    assert len(got) == 25_600
    left, right = ([_golden(name, codes, side) for name in NAMES] for side, codes in (("a", a), ("w", w)))
    for n, (i, j) in enumerate(itertools.product(range(len(NAMES)), repeat=2)):
        wrong = np.flatnonzero(got[:, n] != left[i] * right[j])
        assert not len(wrong), (NAMES[i], a[wrong[0]], NAMES[j], w[wrong[0]])


def _lanes(side: str, codes: np.ndarray) -> np.ndarray:
    """Two lanes of (code, neighbour, user): the code is in the first of `a`, in the second of `w`."""
    return codes[:, :2] if side == "a" else codes[:, 1::-1]


def _golden(name: str, codes: np.ndarray, side: str) -> np.ndarray:
    lanes, user = _lanes(side, codes), codes[:, 2] % (operands.users(name) or 1)
    if name == "int4":
        lanes = integer.wrap(lanes, 4)
    return operands.decode(name, lanes, user, TABLE[None].repeat(2, 0))[:, "aw".index(side)]


class Own(Operand):
    multiplier = Multiply


def test_an_operand_can_provide_its_multiplier():
    own, plain = Own({"x": 8}, 0, 255), Operand({"x": 8}, 0, 255)
    assert multiplier(own, Own({"x": 4}, 0, 15)) is Multiply
    assert own != plain
    for pair in ((own, plain), (plain, own), (own, Shape(8)), (Shape(8), own)):
        with pytest.raises(ParameterError, match="have no multiplier in common"):
            multiplier(*pair)
