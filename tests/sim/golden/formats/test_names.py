"""Formats by name."""

import pytest

from systola.sim.golden.formats.ant_float import AntFloat
from systola.sim.golden.formats.flint import Flint
from systola.sim.golden.formats.names import find
from systola.sim.golden.formats.pot import APoT, PoT
from systola.sim.golden.formats.uniform import Uniform


def test_names():
    assert find("int8") == Uniform("int8", rounding="up")
    assert find("uint4").levels.tolist() == list(range(16))
    assert find("flint4") == Flint(4)
    assert find("uflint8") == Flint(8, signed=False)
    assert find("pot4") == PoT(4)
    assert find("uapot6") == APoT(6, signed=False)
    assert find("float5") == AntFloat(5)


@pytest.mark.parametrize("name", ["", "int", "int0", "int17", "bfloat16", "xflint4", "flint4x", "pot 4"])
def test_unknown(name):
    with pytest.raises(ValueError, match=r"is not one of int, pot, apot, flint, float"):
        find(name)


def test_unsupported_widths():
    with pytest.raises(ValueError, match="PoT with a sign has 2 to 7 bits, not 8"):
        find("pot8")
