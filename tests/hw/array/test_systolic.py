"""Systolic array in every dataflow: shapes, formats, widths, buffers, delays; gaps, stalls and exact cycles."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from systola.hw.array.systolic import Systolic
from systola.hw.component import ParameterError
from systola.hw.formats.names import LEGAL

SHAPES = {  # dataflow: designs, each built once and run with forty cases in the fast suite
    "ws": [
        {"rows": 1, "cols": 1},
        {"rows": 4, "cols": 4},
        {"rows": 5, "cols": 3, "operand_register": False, "product_register": False, "delays": "registers"},
    ],
    "os": [
        {"rows": 3, "cols": 3, "buffer": 0, "acc_width": 9, "delays": "registers"},
        {"rows": 3, "cols": 4, "a_format": "codebook", "w_format": "olive_int8", "operand_register": False},
    ],
    "is": [
        {"rows": 5, "cols": 1, "buffer": 0, "a_format": "int4", "w_format": "uint8", "acc_width": 64},
    ],
}
MORE = {  # the same in the slow suite
    "ws": [
        {"rows": 3, "cols": 17, "a_format": "uint8", "w_format": "int5", "acc_width": 11},
        {"rows": 19, "cols": 2, "buffer": 1},
        {"rows": 7, "cols": 5, "buffer": 0, "a_format": "uint8", "w_format": "uint8"},
    ],
    "os": [
        {"rows": 1, "cols": 4, "operand_register": False},
        {"rows": 4, "cols": 5},
        {"rows": 7, "cols": 2, "buffer": 7, "a_format": "uint4", "w_format": "int16", "acc_width": 24},
    ],
    "is": [
        {"rows": 4, "cols": 6},
        {"rows": 4, "cols": 3, "a_format": "uapot4", "w_format": "olive4", "product_register": False},
    ],
}


@pytest.mark.parametrize(
    ("dataflow", "parameters"),
    [
        *((dataflow, p) for dataflow, designs in SHAPES.items() for p in designs),
        *(pytest.param(dataflow, p, marks=pytest.mark.slow) for dataflow, designs in MORE.items() for p in designs),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_random_tiles(check, dataflow, parameters):
    check("systolic", dataflow=dataflow, **parameters)


@pytest.mark.slow
def test_a_smaller_buffer_is_slower_and_exact(check):
    fast = check("systolic", rows=6, cols=4, cases=8)
    slow = check("systolic", rows=6, cols=4, cases=8, buffer=2)
    assert slow.cycles > fast.cycles


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"rows": 0}, "rows=0: rows must be an integer from 1 to 256."),
        ({"cols": 257}, "cols=257: cols must be an integer from 1 to 256."),
        ({"rows": "4"}, "rows=4: rows must be an integer from 1 to 256."),
        ({"row": 4}, "unknown parameter 'row': did you mean 'rows'?"),
        ({"dataflow": "rs"}, "dataflow=rs: dataflow must be ws or os or is."),
        ({"a_format": "int1"}, f"a_format=int1: a_format must be {LEGAL}."),
        (
            {"rows": 3, "a_format": "olive4"},
            "rows=3: with a_format=olive4 rows must be even, because neighbouring lanes are decoded together.",
        ),
        (
            {"dataflow": "is", "rows": 3, "w_format": "olive_int8"},
            "rows=3: with w_format=olive_int8 rows must be even, because neighbouring lanes are decoded together.",
        ),
        ({"acc_width": 65}, "acc_width=65: acc_width must be an integer from 1 to 64."),
        ({"buffer": -1}, "buffer=-1: buffer must be an integer from 0 to 4096, or auto."),
        (
            {"dataflow": "os", "rows": 4, "buffer": 3},
            "buffer=3: with dataflow=os buffer must be 0, auto, or at least "
            "rows=4, because a whole tile leaves at once.",
        ),
    ],
)
def test_illegal_parameters_are_rejected_in_one_sentence(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        Systolic(**parameters)
    assert str(error.value) == sentence


def test_latency_equals_the_stated_one():
    for rows, cols, register, buffer in itertools.product((1, 5), (1, 8), (False, True), (0, "auto")):
        for dataflow in ("ws", "os", "is"):
            array = Systolic(
                rows=rows, cols=cols, product_register=register, buffer=buffer, dataflow=dataflow
            ).described()
            assert array.latency == rows + cols + 1 + 1 + register + (2 if buffer else 0)
            array = Systolic(
                rows=rows, cols=cols, product_register=register, buffer=buffer, dataflow=dataflow, w_format="flint4"
            ).described()
            assert array.latency == rows + cols + 1 + 2 + 2 * register + (2 if buffer else 0)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_parameters(check, data):
    integer = st.sampled_from([f"int{n}" for n in range(2, 17)] + [f"uint{n}" for n in range(1, 17)])
    rows = data.draw(st.integers(1, 24))
    dataflow = data.draw(st.sampled_from(["ws", "os", "is"]))
    check(
        "systolic",
        dataflow=dataflow,
        rows=rows,
        cols=data.draw(st.integers(1, 24)),
        a_format=data.draw(integer),
        w_format=data.draw(integer),
        acc_width=data.draw(st.integers(1, 64)),
        product_register=data.draw(st.booleans()),
        operand_register=data.draw(st.booleans()),
        delays=data.draw(st.sampled_from(["memory", "registers"])),
        buffer=data.draw(st.sampled_from([0, "auto", max(rows, 3), 40])),
        cases=60,
        seed=data.draw(st.integers(0, 2**16)),
    )


@pytest.mark.slow
def test_largest_array_computes_a_tile():
    """256 x 256, compiled block by block."""
    from systola.gen.verilog.verilog import generate
    from systola.sim.runner.simulate import simulate
    from systola.sim.stimulus.systolic import random_cases

    design = generate("systolic", Systolic(rows=256, cols=256))
    case = random_cases(design.parameters, 1, 1, tiles=1)
    assert design.blocks
    outcome, _ = simulate(design, case)
    assert outcome.checked >= 256
    assert outcome.mismatches == 0, outcome.examples
