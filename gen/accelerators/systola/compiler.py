"""Compiler: layers in sequence as one program."""

from collections.abc import Sequence

from ....hw.cores.systola.isa import Unit
from ....hw.cores.systola.parameters import SystolaParameters
from ...compile.allocator import DoesNotFit
from ...compile.boxes import Box, Dimension
from ...compile.layers import AdditionLayer, ConvolutionLayer, DepthwiseLayer, PoolingLayer
from ...compile.tiling import Tiling
from .convolution import ConvolutionSchedule
from .depthwise import DepthwiseSchedule
from .emitter import Action, Emitter, MemoryAccess, Space, loading
from .program import Program
from .tiling_search import choose
from .timing_model import MEASURED, Costs
from .vector_layers import AdditionSchedule, PoolingSchedule

TABLE_BYTES = 256

Layer = ConvolutionLayer | DepthwiseLayer | PoolingLayer | AdditionLayer


def compile(
    parameters: SystolaParameters,
    layers: Sequence[Layer],
    order: str = "overlapped",
    *,
    tiling: Tiling | None = None,
    costs: Costs = MEASURED,
) -> tuple[Program, list[range]]:
    """Compile layers to a program, with each layer's range of instructions. Raises `ValueError` if one does not fit.

    Tilings of convolutions are searched, unless `tiling` is given.
    """
    emitter, parts = Emitter(parameters), []
    _fill_table(
        emitter, {layer.table for layer in layers if isinstance(layer, PoolingLayer) and layer.table is not None}
    )
    for layer in layers:
        begin = len(emitter.program)
        if tiling and isinstance(layer, ConvolutionLayer):
            ConvolutionSchedule(parameters, layer, tiling, order).emit(emitter)
        else:
            scheduled(parameters, layer, order, costs).emit(emitter)
        parts.append(range(begin, len(emitter.program)))
    emitter.program.halt()
    return emitter.program, parts


def _fill_table(emitter: Emitter, tables: set[int]):
    """Load the table of the vector lanes from DRAM, through the weight scratchpad."""
    if not tables:
        return
    if not emitter.parameters.table:
        raise ValueError("table=False: a layer with a table needs table=true.")
    if len(tables) > 1:
        raise ValueError(f"table={sorted(tables)}: all layers of a program must use the same table.")
    low = emitter.parameters.activation_bytes
    box = Box(tables.pop(), low, (Dimension(TABLE_BYTES, 1, 1),))
    reading = [MemoryAccess(Unit.VECTOR, Space.LOCAL, low, low + TABLE_BYTES)]
    emitter.step([loading(box)])
    emitter.step([Action(reading, lambda emitter: emitter.program.table(0))])


def scheduled(parameters: SystolaParameters, layer: Layer, order: str, costs: Costs):
    """Schedule of a layer."""
    if isinstance(layer, ConvolutionLayer):
        return choose(parameters, layer, order, costs)
    try:
        if isinstance(layer, PoolingLayer):
            return PoolingSchedule(parameters, layer, order)
        if isinstance(layer, DepthwiseLayer):
            return DepthwiseSchedule(parameters, layer, order)
        return AdditionSchedule(parameters, layer, order)
    except DoesNotFit as misfit:
        need, room = misfit.words * parameters.size, misfit.room * parameters.size
        raise ValueError(
            f"{misfit.memory}_bytes={room}: a window of this layer needs {need:,} bytes, {need - room:,} more."
        ) from None
