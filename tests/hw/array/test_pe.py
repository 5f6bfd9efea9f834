"""Processing element as generated Verilog: both dataflows, every kind of format, every set of registers."""

import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.array.pe import Pe
from systola.hw.component import ParameterError
from systola.sim.runner.verilator import lint

QUICK = [
    {},
    {"dataflow": "os", "a_format": "flint4", "w_format": "olive4"},
    {"a_format": "codebook", "w_format": "ant4", "acc_width": 20, "product_register": False},
]
SLOW = [
    {"dataflow": dataflow, "a_format": a, "w_format": w, "operand_register": operand, "product_register": product}
    for (a, w, operand, product) in (
        ("int3", "uint16", False, True),
        ("uint1", "int8", False, False),
        ("olive_int8", "upot4", True, True),
        ("apot5", "float5", False, False),
        ("uant4", "olive_flint4", True, False),
        ("codebook", "codebook", True, True),
    )
    for dataflow in ("ws", "os")
]


@pytest.mark.parametrize(
    "parameters", [*QUICK, *(pytest.param(each, marks=pytest.mark.slow) for each in SLOW)], ids=str
)
def test_random_tiles(check, parameters):
    assert lint(generate("pe", Pe(**parameters)).verilog, "pe") == ""
    check("pe", cases=40, **parameters)


def test_latency():
    assert Pe().described().latency == 7
    assert Pe(operand_register=False, product_register=False, w_format="pot4").described().latency == 5
    assert Pe(w_format="pot4").described().latency == 8  # the shift of the product has a register of its own
    assert Pe(w_format="codebook").described().latency == 7


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"dataflow": "is"}, "dataflow=is: dataflow must be ws or os."),
        ({"acc_width": 65}, "acc_width=65: acc_width must be an integer from 1 to 64."),
    ],
)
def test_illegal_parameters(parameters, message):
    with pytest.raises(ParameterError) as error:
        Pe(**parameters)
    assert str(error.value) == message
