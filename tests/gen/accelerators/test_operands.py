"""Random tensors: in the machine's types, over the whole range, and with results that use the range of their type."""

import numpy as np
import pytest

from systola.gen.accelerators.operands import ExactOperands, ScaledOperands
from systola.gen.run.tasks import GemmTask
from systola.sim.network import reference
from systola.sim.network.arithmetic import Coded, Exact, Tflite

TYPES = [("int8", "int8", "int8"), ("uint8", "int8", "uint8"), ("int8", "pot4", "int8"), ("flint4", "flint4", "int8")]


def product(operands):
    work = GemmTask.check(m=60, k=64, n=20).work(operands)
    (name,) = work.graph.outputs
    return work, work.graph[name], reference.run(work.graph, work.inputs)[name]


@pytest.mark.parametrize(("a_type", "w_type", "y_type"), TYPES)
def test_scaled_results_spread_over_their_range(a_type, w_type, y_type):
    work, tensor, result = product(ScaledOperands(1, a_type=a_type, w_type=w_type, y_type=y_type))
    limits = np.iinfo(y_type)
    assert (tensor.type, result.dtype) == (y_type, np.dtype(y_type))
    assert result.std() > 20
    assert np.mean((result == limits.min) | (result == limits.max)) < 0.3
    assert work.graph[work.graph.inputs[0]].type == a_type


def test_the_arithmetic_is_that_of_the_types():
    def arithmetic(**types):
        return product(ScaledOperands(1, **types))[0].graph.nodes[0].arithmetic

    assert isinstance(arithmetic(), Tflite)
    assert isinstance(arithmetic(w_type="pot4"), Coded)
    assert arithmetic(rounding="single").rounding == "single"


def test_exact_results_are_sums_of_32_bits():
    work, tensor, result = product(ExactOperands(1))
    assert (tensor.type, result.dtype) == ("int32", np.int32)
    assert isinstance(work.graph.nodes[0].arithmetic, Exact)
    assert abs(result).max() > 1 << 15


@pytest.mark.parametrize("kind", [ExactOperands, ScaledOperands])
def test_activations_reach_the_ends_of_their_type(kind):
    tensor, values = kind(1).activations("a", (100, 100))
    assert (tensor.shape, values.shape) == ((100, 100), (100, 100))
    assert (values.min(), values.max()) == (-128, 127)


def test_the_seed_decides():
    first, again, other = (ScaledOperands(seed).activations("a", (4, 4))[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
