"""bfloat16 array: bit-exact in the order of k, for all shapes; gaps, stalls and exact cycles."""

import numpy as np
import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.array.bfloat16_systolic import Bfloat16Systolic
from systola.hw.component import ParameterError
from systola.sim.golden.formats import bfloat16
from systola.sim.network import quantise
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.systolic import SystolicCase


@pytest.mark.parametrize(
    "parameters",
    [
        {"rows": 5, "cols": 3},
        pytest.param(
            {"rows": 4, "cols": 2, "subnormals": "flush", "delays": "registers", "buffer": 3}, marks=pytest.mark.slow
        ),
        pytest.param({"rows": 1, "cols": 1, "buffer": 0}, marks=pytest.mark.slow),
        pytest.param({"rows": 17, "cols": 18, "subnormals": "flush"}, marks=pytest.mark.slow),
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_random_tiles(check, parameters):
    check("bfloat16_systolic", **parameters)


def test_the_first_product_is_added_first():
    """2^24 + 1 - 2^24 is 0 in fp32 and -2^24 + 2^24 + 1 is 1: only the order makes the difference."""
    design = generate("bfloat16_systolic", Bfloat16Systolic(rows=5, cols=3))
    w = np.array([[2.0**24, 2.0**24, 1.0], [1.0, -(2.0**24), 2.0**24], [-(2.0**24), 1.0, -(2.0**24)], [0] * 3, [0] * 3])
    tile = tuple(quantise.bfloat16(each).codes for each in (np.ones((1, 5)), w))
    outcome, ((y,),) = simulate(design, [SystolicCase([tile])], keep=True)
    assert outcome.mismatches == 0
    assert bfloat16.reals(y).tolist() == [[0.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"rows": 0}, "rows=0: rows must be an integer from 1 to 256."),
        ({"subnormals": "yes"}, "subnormals=yes: subnormals must be keep or flush."),
        ({"acc_width": 32}, "unknown parameter 'acc_width': known are rows, cols, subnormals, buffer, delays."),
    ],
)
def test_illegal_parameters_are_rejected_in_one_sentence(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        Bfloat16Systolic(**parameters)
    assert str(error.value) == sentence


@pytest.mark.parametrize(("subnormals", "product"), [("keep", 6), ("flush", 3)])
def test_latency_equals_the_stated_one(subnormals, product):
    array = Bfloat16Systolic(rows=8, cols=5, subnormals=subnormals).described()
    assert array.latency == 6 * 8 + 5 + 1 + product + 2
