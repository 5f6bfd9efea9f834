"""Parameters and their errors; placement of components."""

from typing import Annotated, Literal

import pytest
from amaranth.hdl import Fragment, Module
from amaranth.lib.wiring import In, Out
from pydantic import AfterValidator, Field

from systola.hw.component import Component, ParameterError, Parameters, place


class Inverter(Component):
    """o = ~i."""

    class Parameters(Parameters):
        width: int = Field(ge=1, le=64)
        style: Literal["plain", "fancy"] = "plain"
        fast: bool = False

    @staticmethod
    def members(p):
        return {"i": In(p.width), "o": Out(p.width)}

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.o.eq(~self.i)
        return m


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "parameter 'width' is missing: it must be an integer from 1 to 64."),
        ({"width": 65}, "width=65: width must be an integer from 1 to 64."),
        ({"width": True}, "width=True: width must be an integer from 1 to 64."),
        ({"width": 8, "style": "odd"}, "style=odd: style must be plain or fancy."),
        ({"width": 8, "fast": 1}, "fast=1: fast must be true or false."),
        ({"wide": 8}, "unknown parameter 'wide': did you mean 'width'?"),
        ({"zzz": 8}, "unknown parameter 'zzz': known are width, style, fast."),
    ],
)
def test_an_error_is_one_sentence(values, sentence):
    with pytest.raises(ParameterError) as error:
        Inverter(**values)
    assert str(error.value) == sentence


def test_a_parameter_error_is_a_value_error():
    assert issubclass(ParameterError, ValueError)


def test_the_message_of_a_rule_is_passed_on():
    def even(width: int) -> int:
        if width % 2:
            raise ParameterError(f"width {width} is odd.")
        return width

    class Even(Inverter):
        class Parameters(Inverter.Parameters):
            width: Annotated[int, AfterValidator(even)]

    with pytest.raises(ParameterError) as error:
        Even(width=3)
    assert str(error.value) == "width 3 is odd."


def test_parameters_print_as_one_line():
    class Outer(Parameters):
        inner: Parameters
        kind: type

    inner = Inverter.Parameters(width=3)
    assert str(inner) == "width=3, style=plain, fast=False"
    assert str(Outer(inner=inner, kind=Inverter)) == "inner=(width=3, style=plain, fast=False), kind=Inverter"


def test_place_without_a_platform_elaborates_in_line():
    m = Module()
    child = place(m, None, "child", Inverter, width=3)
    assert isinstance(child, Inverter)
    Fragment.get(m, None)


def test_place_uses_a_platform_that_emits_once():
    requested = []

    class Platform:
        def instantiate(self, *request):
            requested.append(request)
            return "ports"

    m = Module()
    assert place(m, Platform(), "child", Inverter, width=3) == "ports"
    Fragment.get(m, None)
    assert requested == [(m, "child", Inverter, Inverter.Parameters(width=3), {})]
