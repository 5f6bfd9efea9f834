"""Choice of the tensors that stay in the scratchpad: lifetimes, borders, buffers."""

import numpy as np
import pytest

from systola.gen.accelerators.systola import fusion, lowering, residency
from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.accelerators.systola.residency import LayerTensors, plan
from systola.gen.compile.layers import AdditionLayer, ConvolutionLayer, DramTensor, Scale

from .random_networks import NetworkBuilder

P = ACCELERATOR.preset("small")
SCALE = Scale(1 << 30, 0)


def convolution(height, width, channels, filters, padding=((0, 0), (0, 0)), kernel=(1, 1), images=1):
    tensor = DramTensor(0, images, height, width, channels)
    return ConvolutionLayer(tensor, 0, 0, 0, filters, kernel=kernel, padding=padding, padding_value=3)


def chain(*layers, outputs=()):
    """Layers one after the other: t0 is the input."""
    return [LayerTensors(layer, (f"t{n}",), f"t{n + 1}", n + 1 in outputs) for n, layer in enumerate(layers)]


def test_tensors_between_layers_stay_with_the_border_of_their_readers():
    padding = ((1, 0), (2, 1))
    first, second = convolution(6, 5, 4, 8), convolution(6, 5, 8, 4, padding, (3, 3))
    before, after = plan(P, chain(first, second, outputs=(2,)), [0, 1])
    assert before.sources == (None,)
    assert after.target is None
    assert before.target == after.sources[0]
    assert (before.target.border, before.target.value) == (padding, 3)
    assert (before.stored, after.stored) == (False, True)
    assert before.target.word + before.target.words <= P.activation_words


def test_a_tensor_that_is_an_output_too_is_stored():
    before, _ = plan(P, chain(convolution(6, 5, 4, 8), convolution(6, 5, 8, 4), outputs=(1, 2)), [0, 1])
    assert before.target
    assert before.stored


@pytest.mark.parametrize("images", [1, 2])
def test_only_single_images_that_fit_stay(images):
    large = convolution(40, 40, 4, 4, images=images), convolution(40, 40, 4, 4, images=images)
    assert plan(P, chain(*large), [0, 1])[0].target is None
    small = convolution(4, 4, 4, 4, images=images), convolution(4, 4, 4, 4, images=images)
    assert bool(plan(P, chain(*small), [0, 1])[0].target) == (images == 1)


def test_a_tensor_that_is_read_in_another_shape_is_in_dram():
    layers = chain(convolution(4, 4, 4, 8), convolution(1, 1, 128, 8))
    assert plan(P, layers, [0, 1])[0].target is None


def test_layers_that_run_together_share_no_memory():
    """The sum follows the second convolution: its result must not replace the first one's, although that dies."""
    image = DramTensor(0, 1, 8, 8, 4)
    layers = chain(convolution(8, 8, 4, 4), convolution(8, 8, 4, 4))
    layers.append(LayerTensors(AdditionLayer(image, 0, 0, (1, 1), SCALE), ("t2", "t2"), "t3", False))
    layers.append(LayerTensors(convolution(8, 8, 4, 4), ("t3",), "t4", True))
    apart, together = (plan(P, layers, times) for times in ([0, 1, 2, 3], [0, 1, 1, 2]))
    assert apart[2].target.word == apart[0].target.word
    spans = [(each.target.word, each.target.word + each.target.words) for each in together[:3]]
    assert all(a[1] <= b[0] or b[1] <= a[0] for n, a in enumerate(spans) for b in spans[:n])


def test_buffers_and_live_tensors_are_disjoint():
    for seed in range(20):
        graph = NetworkBuilder(seed).graph(8)
        placed = lowering.lower(P, graph)
        count = len(placed.layers)
        fused = [number for number in range(count) if fusion.follows(placed.memories, number)]
        times = [number - (number in fused) for number in range(count)]
        found = plan(P, placed.memories, times)
        lives = residency._lifetimes(placed.memories, times)
        tensors = {each.target: plan.target for each, plan in zip(placed.memories, found, strict=True) if plan.target}
        for time in set(times):
            used = np.zeros(P.activation_words, int)
            for name, tensor in tensors.items():
                if lives[name].first <= time <= lives[name].last:
                    used[tensor.word : tensor.word + tensor.words] += 1
            assert used.max(initial=0) <= 1
            for each, at in zip(found, times, strict=True):
                if at == time:
                    assert not used[slice(*each.buffers)].any()
