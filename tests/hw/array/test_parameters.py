"""Parameters of the matrix engines, as Python objects and as text."""

import pytest

from systola.hw.array.parameters import ArrayParameters
from systola.hw.component import ParameterError


def test_text_and_python_are_equivalent():
    parsed = ArrayParameters.parse({"rows": "8", "product_register": "false", "buffer": "12", "a_format": "uint4"})
    assert parsed == ArrayParameters.check(rows=8, product_register=False, buffer=12, a_format="uint4")
    assert ArrayParameters.parse({"buffer": "auto"}).buffer == "auto"


def test_parameters_are_frozen_and_hashable():
    assert hash(ArrayParameters()) == hash(ArrayParameters(rows=16))


@pytest.mark.parametrize("text", ["", "1.5", "0x10", "1e3", "sixteen", "257", "-1"])
def test_text_that_is_not_a_size_is_rejected(text):
    with pytest.raises(ParameterError, match="rows must be an integer from 1 to 256"):
        ArrayParameters.parse({"rows": text})
