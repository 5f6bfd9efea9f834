"""Legal identifiers."""

import pytest

from systola.hw.identifiers import name_error


@pytest.mark.parametrize("name", ["a", "control", "Reg2", "x_y_", "CamelCase", "int8", "While"])
def test_plain_names_are_legal(name):
    assert name_error(name) is None


@pytest.mark.parametrize("name", ["", "1a", "_a", "a-b", "a b", "a.b", "ä", "a\n"])
def test_other_texts_are_not_identifiers(name):
    assert name_error(name) == "must be letters, digits and underscores, first a letter"


@pytest.mark.parametrize(
    ("name", "language"),
    [("int", "C"), ("while", "C"), ("lambda", "Python"), ("None", "Python"), ("wire", "Verilog"), ("logic", "Verilog")],
)
def test_keywords_are_named(name, language):
    assert name_error(name) == f"must not be a keyword of {language}"
