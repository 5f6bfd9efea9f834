"""Choice of the tensors that stay in the activation scratchpad, and their places."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ....hw.cores.systola.parameters import SystolaParameters
from ....sim.network.graph import Lifetime
from ...compile.layers import AdditionLayer, ConvolutionLayer, DepthwiseLayer, DramTensor, PoolingLayer
from ...compile.placement import place
from .resident import Residency, Resident, Sides

BUFFER_SHARE = 4
"""A layer with an operand in DRAM has at least 1 / BUFFER_SHARE of the scratchpad, as long as tensors can leave it."""


@dataclass(frozen=True)
class LayerTensors:
    """A layer with the tensors that it reads and writes, by name. Tensors that share memory have one name."""

    layer: ConvolutionLayer | DepthwiseLayer | PoolingLayer | AdditionLayer
    sources: tuple[str, ...]
    target: str
    stored: bool
    """Whether the result is needed in DRAM."""

    def operands(self) -> list[tuple[str, DramTensor]]:
        """Name and shape of each source, then of the result."""
        image = self.layer.input
        shapes = [image, *[image] * (len(self.sources) - 1), self.layer.result]
        return list(zip((*self.sources, self.target), shapes, strict=True))


def plan(p: SystolaParameters, layers: list[LayerTensors], times: list[int]) -> list[Residency]:
    """Residency of the operands of each layer. Fused layers have the same time in `times`.

    Candidates are all tensors of one image that one layer writes and another reads. While they do not fit, or leave a
    layer with operands in DRAM too few words for its buffers, the largest candidate among them moves to DRAM.
    """
    lives = _lifetimes(layers, times)
    tensors = {name: found for name in lives if (found := _resident(p, layers, name))}
    while True:
        sizes = {name: tensor.words for name, tensor in tensors.items()}
        words, end = place(sizes, lives, p.banks)
        gaps = [_largest_gap(p, words, sizes, lives, time) for time in times]
        crowded = _crowded(p, layers, tensors, lives, times, gaps) if end <= p.activation_words else set(tensors)
        if not crowded:
            break
        del tensors[max(crowded, key=sizes.__getitem__)]
    placed = {name: replace(tensor, word=words[name]) for name, tensor in tensors.items()}
    return [
        Residency(
            tuple(placed.get(name) for name in each.sources),
            placed.get(each.target),
            each.stored or each.target not in placed,
            gap,
        )
        for each, gap in zip(layers, gaps, strict=True)
    ]


def _lifetimes(layers: list[LayerTensors], times: list[int]) -> dict[str, Lifetime]:
    """Lifetimes, in `times`, of the tensors that one layer writes and another reads."""
    found: dict[str, Lifetime] = {}
    read = set()
    for each, time in zip(layers, times, strict=True):
        for name in each.sources:
            if name in found:
                found[name] = found[name]._replace(last=time)
                read.add(name)
        found.setdefault(each.target, Lifetime(time, time))
    return {name: life for name, life in found.items() if name in read}


def _resident(p: SystolaParameters, layers: list[LayerTensors], name: str) -> Resident | None:
    """Shape of a tensor in the scratchpad, with the padding that its readers need; None if it cannot be resident."""
    shapes = {shape_of(tensor) for each in layers for operand, tensor in each.operands() if operand == name}
    if len(shapes) > 1:
        return None
    ((images, height, width, channels),) = shapes
    if images > 1:
        return None
    readers = [
        each.layer
        for each in layers
        if name in each.sources and isinstance(each.layer, ConvolutionLayer | DepthwiseLayer)
    ]
    sides = [(*layer.padding[0], *layer.padding[1]) for layer in readers]
    top, bottom, left, right = map(max, zip(*sides, strict=True)) if sides else (0, 0, 0, 0)
    border: Sides = ((top, bottom), (left, right))
    values = {layer.padding_value for layer in readers}
    if len(values) > 1:
        return None
    blocks = -(-channels // p.size)
    pixel = blocks + -(blocks - 1) % p.banks if blocks >= p.banks > 1 else blocks
    return Resident(0, height, width, blocks, pixel, border, values.pop() if values else 0)


def shape_of(tensor: DramTensor) -> tuple[int, int, int, int]:
    """Images, height, width, channels."""
    return tensor.images, tensor.height, tensor.width, tensor.channels


def _largest_gap(
    p: SystolaParameters, words: Mapping[str, int], sizes: Mapping[str, int], lives: Mapping[str, Lifetime], time: int
) -> tuple[int, int]:
    """Largest range of activation words, [first, end), that no tensor occupies at a time."""
    spans = sorted(
        (word, word + sizes[name]) for name, word in words.items() if lives[name].first <= time <= lives[name].last
    )
    best, low = (0, 0), 0
    for first, end in [*spans, (p.activation_words, p.activation_words)]:
        if first - low > best[1] - best[0]:
            best = low, first
        low = max(low, end)
    return best


def _crowded(p, layers, tensors, lives, times, gaps) -> set[str]:
    """Tensors of which one must move to DRAM: they leave a layer too few words for its buffers. Empty if none must."""
    for each, time, (low, high) in zip(layers, times, gaps, strict=True):
        inside = {name for name in tensors if lives[name].first <= time <= lives[name].last}
        whole = tensors.keys() >= {*each.sources, each.target}
        if inside and not whole and high - low < p.activation_words // BUFFER_SHARE:
            return inside
    return set()
