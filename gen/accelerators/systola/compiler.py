"""Compiler: layers in sequence as one program."""

from collections.abc import Sequence
from itertools import pairwise

from ....hw.cores.systola.isa import Unit
from ....hw.cores.systola.parameters import SystolaParameters
from ...compile.allocator import DoesNotFit
from ...compile.boxes import Box, Dimension
from ...compile.layers import AdditionLayer, ConvolutionLayer, DepthwiseLayer, DramTensor, PoolingLayer
from ...compile.tiling import Tiling
from .convolution import ConvolutionSchedule
from .depthwise import DepthwiseSchedule
from .emitter import Action, Emitter, MemoryAccess, Space, loading
from .folding import folded
from .program import Program
from .resident import IN_DRAM, Residency
from .resident_addition import ResidentAddition
from .tiling_search import choose, timeline
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
    residencies: Sequence[Residency] | None = None,
    costs: Costs = MEASURED,
) -> tuple[Program, list[range]]:
    """Compile layers to a program, with each layer's range of instructions. Raises `ValueError` if one does not fit.

    Tilings of convolutions are searched, unless `tiling` is given. `residencies` are the places of each layer's
    operands, by default all in DRAM. In the order "overlapped" the first loads of a layer precede the end of the layer
    before it.
    """
    emitter, parts = Emitter(parameters), []
    _fill_table(
        emitter, {layer.table for layer in layers if isinstance(layer, PoolingLayer) and layer.table is not None}
    )
    schedules, previous = [], None
    for layer, residency in zip(layers, residencies or [IN_DRAM] * len(layers), strict=True):
        if tiling and isinstance(layer, ConvolutionLayer):
            schedule = ConvolutionSchedule(parameters, layer, tiling, order, residency, previous)
        else:
            schedule = scheduled(parameters, layer, order, costs, residency, previous)
        previous = schedule if isinstance(schedule, ConvolutionSchedule) else None
        schedules.append((schedule, fills(parameters, residency)))
    first: list[Action] | None = None  # actions of the layer's first step that are not in the program yet
    for (schedule, borders), (following, coming) in pairwise([*schedules, (None, [])]):
        begin = len(emitter.program)
        if first is None:
            emitter.step([*borders, *schedule.actions(0)])
        elif first:
            emitter.step(first)
        first, ahead = None, following is not None and order == "overlapped"
        for number in range(1, len(schedule.steps)):
            schedule.emit_step(emitter, number)
            if ahead and number == schedule.last:
                early, first = _ahead(following.actions(0), schedule.layer.result)
                emitter.step([*early, *coming])
        parts.append(range(begin, len(emitter.program)))
    emitter.program.halt()
    return emitter.program, parts


def _ahead(actions: list[Action], result: DramTensor) -> tuple[list[Action], list[Action]]:
    """Actions that can precede the stores of a layer's result, and those that read it."""
    later = []
    for action in actions:
        read = [one for one in action.accesses if one.space is Space.DRAM]
        if any(one.low < result.address + result.bytes and result.address < one.high for one in read):
            later.append(action)
    return [action for action in actions if action not in later], later


def fills(parameters: SystolaParameters, residency: Residency) -> list[Action]:
    """Actions that fill the border of a resident result."""
    return [loading(box) for box in residency.target.fills(parameters.size)] if residency.target else []


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


def scheduled(
    parameters: SystolaParameters,
    layer: Layer,
    order: str,
    costs: Costs,
    residency: Residency = IN_DRAM,
    previous: ConvolutionSchedule | None = None,
):
    """Schedule of a layer; `previous` is that of the layer before it, if it is a convolution."""
    if isinstance(layer, ConvolutionLayer):
        found = choose(parameters, layer, order, costs, residency, previous)
        narrow = folded(layer, parameters.size)
        if narrow is None or residency.sources[0] or order != "overlapped":
            return found
        other = choose(parameters, narrow, order, costs, residency, previous)
        return min(found, other, key=lambda schedule: timeline(schedule, costs).cycles)
    try:
        if isinstance(layer, PoolingLayer):
            return PoolingSchedule(parameters, layer, order, residency)
        if isinstance(layer, DepthwiseLayer):
            return DepthwiseSchedule(parameters, layer, order, residency)
        if residency.target or any(residency.sources):
            return ResidentAddition(parameters, layer, order, residency)
        return AdditionSchedule(parameters, layer, order, residency)
    except DoesNotFit as misfit:
        need, room = misfit.words * parameters.size, misfit.room * parameters.size
        raise ValueError(
            f"{misfit.memory}_bytes={room}: a window of this layer needs {need:,} bytes, {need - room:,} more."
        ) from None
