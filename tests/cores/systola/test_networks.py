"""Random networks with branches: tensors stay in the scratchpad, layers overlap, and every result is exact."""

import pytest

from systola.gen.accelerators.systola.accelerator import ACCELERATOR

from .random_networks import NetworkBuilder

SIZES = {
    "small": ACCELERATOR.preset("small"),
    "roomy": ACCELERATOR.parameters(size=4, data_width=32, activation_bytes=16384, weight_bytes=16384),
    "paper": ACCELERATOR.preset("paper"),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(5))
def test_random_networks(on_golden, seed, size):
    builder = NetworkBuilder(seed)
    graph = builder.graph(3 + seed)
    on_golden(SIZES[size], graph, builder.inputs())


@pytest.mark.parametrize("seed", [197, 255])
def test_networks_whose_tensors_leave_too_few_words_are_compiled_in_dram(on_golden, seed):
    builder = NetworkBuilder(seed)
    graph = builder.graph(3 + seed % 9)
    on_golden(SIZES["small"], graph, builder.inputs())
