"""Layers, one after the other, as one program."""

from collections.abc import Sequence

from ....hw.cores.systola.parameters import CoreParameters
from ...compile.allocator import DoesNotFit
from ...compile.layers import Addition, Convolution, Pooling
from ...compile.tiling import Tiling
from .convolution import Schedule
from .emitter import Emitter
from .program import Program
from .tiling_search import choose
from .timing_model import MEASURED, Costs
from .vector_layers import AdditionSchedule, PoolingSchedule

Layer = Convolution | Pooling | Addition


def compile(
    parameters: CoreParameters,
    layers: Sequence[Layer],
    order: str = "overlapped",
    *,
    tiling: Tiling | None = None,
    costs: Costs = MEASURED,
) -> tuple[Program, list[range]]:
    """The program, and which of its instructions belong to each layer. Raises `ValueError` if a layer does not fit.

    Tiles of convolutions are chosen, unless a `tiling` is given.
    """
    emitter, parts = Emitter(parameters), []
    for layer in layers:
        begin = len(emitter.program)
        if tiling and isinstance(layer, Convolution):
            Schedule(parameters, layer, tiling, order).emit(emitter)
        else:
            scheduled(parameters, layer, order, costs).emit(emitter)
        parts.append(range(begin, len(emitter.program)))
    emitter.program.halt()
    return emitter.program, parts


def scheduled(parameters: CoreParameters, layer: Layer, order: str, costs: Costs):
    """The schedule of a layer."""
    if isinstance(layer, Convolution):
        return choose(parameters, layer, order, costs)
    try:
        return (PoolingSchedule if isinstance(layer, Pooling) else AdditionSchedule)(parameters, layer, order)
    except DoesNotFit:
        raise ValueError(f"width={layer.input.width}: a row of this layer does not fit into the scratchpad.") from None
