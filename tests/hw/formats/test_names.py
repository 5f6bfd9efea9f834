"""Formats by name: the width of the golden model, or an error in one sentence."""

from dataclasses import replace

import pytest
from amaranth.hdl import Shape

from systola.hw.array.parameters import ArrayParameters
from systola.hw.component import ParameterError
from systola.hw.formats import names
from systola.hw.formats.names import find
from systola.hw.plugins import Plugins
from systola.sim.golden import operands

NAMES = ["int8", "uint4", "pot4", "upot3", "apot5", "flint9", "uflint3", "float5", "ufloat8", *operands.OLIVE]


@pytest.mark.parametrize("name", [*NAMES, "ant4", "uant4", "codebook"])
def test_widths_equal_those_of_the_golden_model(name):
    format = find(name)
    assert format.code.width == operands.bits(name)
    assert (format.decoder is None) == operands.is_integer(name)
    assert (1 << format.decoder_parameters.user if format.decoder_parameters.user else 0) == operands.users(name)
    assert str(format) == name


def test_integers_decode_to_themselves():
    assert find("int5").code == find("int5").operand == Shape(5, signed=True)


@pytest.mark.parametrize(
    "name", ["pot2", "pot6", "upot5", "flint3", "apot9", "ant8", "olive", "int1", "float", "pot04"]
)
def test_other_names_are_rejected(name):
    with pytest.raises(ValueError, match=f"{name} is not one of int2 to int16, pot3 to pot5"):
        find(name)


def test_formats_of_other_packages(monkeypatch):
    offered = {"own9": replace(find("flint9"), name="own9"), "int8": find("pot4")}
    monkeypatch.setattr(names, "load", lambda group, kind: Plugins(offered, {"bad4": "plug-in 'bad4' is broken."}))
    assert str(find("own9")) == "own9"
    assert find("own9").operand == find("flint9").operand
    assert find("int8").operand == Shape(8, signed=True)  # the built-in one takes precedence
    parameters = ArrayParameters.check(a_format="own9", rows=2)
    assert parameters.coded
    with pytest.raises(ParameterError, match=r"^plug-in 'bad4' is broken\.$"):
        ArrayParameters.check(w_format="bad4")
    with pytest.raises(ParameterError, match=r"^a_format=x: a_format must be int2 to .*, codebook, own9, int8\.$"):
        ArrayParameters.check(a_format="x")
