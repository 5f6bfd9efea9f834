"""Powers of two and sums of them: every code."""

import pytest


@pytest.mark.parametrize("name", ["pot3", "pot4", "pot5", "upot2", "upot3", "upot4"])
def test_pot(every_code, name):
    every_code(name)


@pytest.mark.parametrize("name", ["apot3", "apot4", "apot5", "uapot2", "uapot3", "uapot4"])
def test_apot(every_code, name):
    every_code(name)
