"""Contract of engines: each misfit is rejected with one sentence, when the shell is defined or placed."""

from enum import IntEnum

import pytest
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from systola.hw.accelerator.contract import ATTRIBUTES, Engine, check_class, check_ports, masters
from systola.hw.accelerator.shell import Shell
from systola.hw.bus.axi import Axi4
from systola.hw.component import ParameterError


class NoAbort(IntEnum):
    NONE = 0
    BAD = 1


class TooLarge(IntEnum):
    NONE = 0
    ABORTED = 16


class NoNone(IntEnum):
    ABORTED = 1


@pytest.fixture
def changed(toy_engine):
    """A function that gives the toy engine with other class attributes, or other ports."""

    def change(ports=None, without=(), **attributes):
        def members(cls, p):
            kept = {name: member for name, member in toy_engine.members(p).items() if name not in without}
            return kept | (ports or {})

        return type("Odd", (toy_engine,), attributes | {"members": classmethod(members)})

    return change


def test_the_toy_engine_fulfils_the_contract(toy_engine):
    check_class(toy_engine)
    check_ports(toy_engine, toy_engine.Parameters())
    assert list(masters(toy_engine, toy_engine.Parameters())) == ["m_axi"]


@pytest.mark.parametrize("missing", ATTRIBUTES)
def test_a_missing_attribute_is_named(missing, toy_engine):
    attributes = {name: getattr(toy_engine, name) for name in ATTRIBUTES if name != missing}
    odd = type("Odd", (Engine,), attributes)
    with pytest.raises(ParameterError) as error:
        type("OddShell", (Shell,), {"engine": odd})
    assert str(error.value) == f"engine=Odd: class attribute {missing} is missing."


ERRORS = "ERRORS must have NONE = 0, ABORTED, and no code above 15."


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"IDENTITY": 1 << 16}, "IDENTITY=65536: IDENTITY must be an integer from 0 to 65535."),
        ({"IDENTITY": -1}, "IDENTITY=-1: IDENTITY must be an integer from 0 to 65535."),
        ({"IDENTITY": "TY"}, "IDENTITY=TY: IDENTITY must be an integer from 0 to 65535."),
        ({"SIZES": {"drain": 9, "rows": 8}}, "SIZES={'drain': 9, 'rows': 8}: SIZES must have 16 bits at most."),
        ({"COUNTERS": {}}, "COUNTERS must begin with 'cycles'."),
        ({"COUNTERS": {"odd": "", "cycles": ""}}, "COUNTERS must begin with 'cycles'."),
        ({"CYCLE_CAUSES": ("odd", "evne")}, "'evne' must be one of COUNTERS other than 'cycles'."),
        ({"CYCLE_CAUSES": ("cycles",)}, "'cycles' must be one of COUNTERS other than 'cycles'."),
        ({"EVENT_BITS": {"many": 3}}, "'many' must be one of COUNTERS other than 'cycles'."),
        ({"ERRORS": NoAbort}, ERRORS),
        ({"ERRORS": TooLarge}, ERRORS),
        ({"ERRORS": NoNone}, ERRORS),
        ({"ERRORS": {"NONE": 0, "ABORTED": 1}}, ERRORS),
    ],
)
def test_an_illegal_attribute(changed, attributes, sentence):
    odd = changed(**attributes)
    with pytest.raises(ParameterError) as error:
        type("OddShell", (Shell,), {"engine": odd})
    assert str(error.value) == f"engine=Odd: {sentence}"


@pytest.mark.parametrize("engine", [int, 5])
def test_a_class_that_is_not_an_engine(engine):
    with pytest.raises(ParameterError, match=r": engine must be a subclass of hw\.accelerator\.contract\.Engine\.$"):
        type("OddShell", (Shell,), {"engine": engine})


CONTROL = ("entry", "go", "stop", "halted", "idle", "fault", "pc", "events", "busy", "pending")


def test_ports_of_control_are_complete(toy_engine):
    assert tuple(toy_engine.control()) == CONTROL


@pytest.mark.parametrize("name", CONTROL)
def test_a_missing_port_is_named(changed, name):
    odd = changed(without=(name,))
    expected = odd.control()[name]
    shell = type("OddShell", (Shell,), {"engine": odd, "latency": 1, "peak": 1})
    with pytest.raises(ParameterError) as error:
        shell()
    direction = "an input" if expected.flow == In else "an output"
    assert str(error.value) == f"engine=Odd: port '{name}' must be {direction} of shape {expected.shape}."


@pytest.mark.parametrize(
    ("ports", "without", "sentence"),
    [
        ({"entry": In(16)}, (), "port 'entry' must be an input of shape 32."),
        ({"idle": In(1)}, (), "port 'idle' must be an output of shape 1."),
        ({}, ("m_axi",), "it must have an AXI4 master, an output named m_axi or m_axi_...."),
        ({"m_axi": In(Axi4(32, 32))}, (), "port 'm_axi' must be an output of signature Axi4."),
        ({"m_axi_weights": Out(8)}, (), "port 'm_axi_weights' must be an output of signature Axi4."),
        ({"m_axi": Out(stream.Signature(8))}, (), "port 'm_axi' must be an output of signature Axi4."),
        ({"irq": Out(1)}, (), "port 'irq' must have another name: the shell has it."),
    ],
)
def test_a_port_of_a_wrong_shape(changed, ports, without, sentence):
    shell = type("OddShell", (Shell,), {"engine": changed(ports, without), "latency": 1, "peak": 1})
    with pytest.raises(ParameterError) as error:
        shell()
    assert str(error.value) == f"engine=Odd: {sentence}"


def test_several_masters_in_order(changed):
    odd = changed({"m_axi_weights": Out(Axi4(32, 64))})
    found = masters(odd, odd.Parameters())
    assert {name: signature.data_width for name, signature in found.items()} == {"m_axi": 32, "m_axi_weights": 64}


def test_parameters_equal_those_of_the_engine(toy, toy_engine):
    assert toy.Parameters is toy_engine.Parameters
    with pytest.raises(ParameterError, match=r"^drain=16: drain must be an integer from 1 to 15\.$"):
        toy(drain=16)
