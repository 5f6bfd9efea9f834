"""Tasks: networks with their inputs, which depend only on the seed."""

import numpy as np
import pytest

from systola.gen.accelerators.operands import ExactOperands, ScaledOperands
from systola.gen.errors import UsageError
from systola.gen.run.digits import DigitsTask
from systola.gen.run.tasks import ConvTask, GemmTask
from systola.hw.component import ParameterError


def test_a_product_of_exact_sums(expected):
    work = GemmTask.check(m=5, k=7, n=3).work(ExactOperands(1))
    (result,) = expected(work).values()
    weights = next(tensor.value for tensor in work.graph.tensors.values() if tensor.constant)
    assert np.array_equal(result, work.inputs["a"].astype(int) @ weights.astype(int))
    assert work.graph.macs == 5 * 7 * 3


@pytest.mark.parametrize("operands", [ExactOperands, ScaledOperands])
def test_a_convolution_has_the_shape_of_its_settings(operands, expected):
    task = ConvTask.check(height=7, width=9, channels=3, filters=5, kernel=3, stride=2, padding=1, images=2)
    work = task.work(operands(1))
    (result,) = expected(work).values()
    assert result.shape == (2, 4, 5, 5)
    assert work.graph.macs == result.size * 27


def test_the_seed_decides():
    def values(seed):
        return GemmTask.check(m=5, k=7, n=3).work(ScaledOperands(seed)).inputs["a"]

    assert np.array_equal(values(1), values(1))
    assert not np.array_equal(values(1), values(2))


def test_a_kernel_larger_than_the_image_is_one_sentence():
    with pytest.raises(ParameterError, match=r"kernel=3: the kernel must fit into the padded image\."):
        ConvTask.check(height=1, padding=0).work(ExactOperands(1))


def test_digits_are_classified_by_the_reference(expected):
    task = DigitsTask.check(images=60)
    work = task.work(ScaledOperands(1))
    facts = task.facts(expected(work))
    assert facts["accuracy"] > 0.9
    assert facts["accuracy_in_floating_point"] > 0.9


@pytest.mark.parametrize(("a_type", "w_type"), [("int8", "upot3"), ("olive_int4", "int8")])
def test_formats_without_support_for_digits_are_one_sentence(a_type, w_type):
    with pytest.raises(UsageError, match=f"digits cannot have activations {a_type} and weights {w_type}: .*[^.]\\.$"):
        DigitsTask.check(images=1).work(ScaledOperands(1, a_type=a_type, w_type=w_type))
