"""Accelerators by name."""

import pytest

from systola.gen.accelerators import registry
from systola.gen.accelerators.outer_product.accelerator import ACCELERATOR as OUTER_PRODUCT
from systola.gen.accelerators.systola.accelerator import ACCELERATOR as SYSTOLA
from systola.gen.errors import UsageError


def test_built_in_accelerators_are_installed():
    assert registry.accelerators()["systola"] is SYSTOLA
    assert registry.accelerators()["outer_product"] is OUTER_PRODUCT
    assert registry.plugins().broken == {}


def test_core_is_an_alias():
    assert registry.find("core") is registry.find("systola") is SYSTOLA
    assert "core" not in registry.accelerators()


@pytest.mark.parametrize(
    ("name", "hint"), [("systolla", "did you mean 'systola'?"), ("xyz", "known are outer_product, systola.")]
)
def test_unknown_names_are_answered_with_the_nearest(name, hint):
    with pytest.raises(UsageError) as error:
        registry.find(name)
    assert str(error.value) == f"unknown accelerator '{name}': {hint}"


def test_a_changed_copy_does_not_affect_the_registry():
    registry.accelerators().clear()
    assert registry.accelerators()
