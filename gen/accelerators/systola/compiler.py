"""Compiler: layers in sequence as one program."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import accumulate, pairwise, product, zip_longest
from operator import or_
from typing import Any

from ....hw.cores.systola.isa import Unit
from ....hw.cores.systola.parameters import SystolaParameters
from ...compile.allocator import DoesNotFit
from ...compile.boxes import Box, Dimension
from ...compile.layers import AdditionLayer, ConvolutionLayer, DepthwiseLayer, PoolingLayer
from ...compile.tiling import Chunk, Tiling
from .convolution import ConvolutionSchedule
from .depthwise import DepthwiseSchedule, depthwise_constants
from .emitter import Action, Emitter, MemoryAccess, Space, loading, storing
from .folding import folded
from .fusion import all_resident, parts_after
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
    fused: Collection[int] = (),
    costs: Costs = MEASURED,
) -> tuple[Program, list[range]]:
    """Compile layers, in order, to one program; return it with the range of instructions of each layer.

    Tilings of convolutions are searched, unless `tiling` is given. `residencies` has the places of each layer's
    operands, by default all in DRAM. `fused` has the indices of layers that follow the convolution before them tile by
    tile. In the order "overlapped" the first loads of a layer precede the end of the layer before it.

    Raises `ValueError` for a layer that does not fit into the scratchpads.
    """
    emitter, parts = Emitter(parameters), []
    _fill_table(
        emitter, {layer.table for layer in layers if isinstance(layer, PoolingLayer) and layer.table is not None}
    )
    groups = _groups(parameters, layers, order, tiling, residencies or [IN_DRAM] * len(layers), fused, costs)
    first: list[Action] | None = None  # actions of a group's first step that are not in the program yet
    for group, following in zip_longest(groups, groups[1:]):
        begin = len(emitter.program)
        emitter.step(group.first() if first is None else first)
        first, middle = None, None
        for number in range(1, len(group.schedule.steps)):
            if following and order == "overlapped" and number == group.schedule.last:
                early, first = _ahead(following.first(), group)
                _emit_last(emitter, group, following, early)
            else:
                group.schedule.emit_step(emitter, number)
            for action in group.after(number):
                middle = middle or len(emitter.program)
                emitter.step([action])
        if group.lanes:
            emitter.step(group.stores())
            parts.append(range(begin, middle or len(emitter.program)))
            begin = middle or len(emitter.program)
        parts.append(range(begin, len(emitter.program)))
    emitter.program.halt()
    return emitter.program, parts


@dataclass
class Group:
    """One layer, or a convolution fused with the layer of the vector lanes that follows it tile by tile."""

    schedule: Any
    """Schedule of the layer, or of the convolution."""
    borders: list[Action]
    """Loads that fill the padding of resident results."""
    lanes: Any = None
    """Schedule of the fused layer; None if there is none."""
    after_tile: list[list[int]] = field(default_factory=list)
    """For each tile of the convolution, the parts of the fused layer whose input is complete with it."""

    def first(self) -> list[Action]:
        """Loads of the first step: those of the schedule, constants of the fused layer, and padding."""
        constants = self.lanes.constants() if self.lanes else []
        return [*self.schedule.actions(0), *map(loading, constants), *self.borders]

    def after(self, number: int) -> list[Action]:
        """Parts of the fused layer that follow a step of the convolution."""
        if not self.lanes:
            return []
        step = self.schedule.steps[number]
        return [self.lanes.action(part) for tile in (*step.requantise, *step.after) for part in self.after_tile[tile]]

    def stores(self) -> list[Action]:
        """Stores of the results of the fused layer."""
        parts = range(len(self.lanes.parts)) if self.lanes.stored else ()
        return [storing(self.lanes.result(part)) for part in parts]


def _groups(p, layers, order, tiling, residencies, fused, costs) -> list[Group]:
    """Schedules of all layers in groups.

    A layer of `fused` joins the convolution before it if the operands of both are resident and the tiles have whole
    rows; otherwise it is a group of its own. The constants of fused depthwise layers alternate between two ranges at
    the end of the weight scratchpad, so that those of the next layer load while the lanes still read the present ones.
    """
    found, previous, constant_word = [], None, p.weight_words
    depthwise = [layers[number] for number in fused if isinstance(layers[number], DepthwiseLayer)]
    constants = max((depthwise_constants(layer, p.size) for layer in depthwise), default=0)
    if 4 * constants > p.weight_words:  # both ranges together may take half of the scratchpad
        fused, constants = [], 0
    words = p.weight_words - 2 * constants
    for number, (layer, residency) in enumerate(zip(layers, residencies, strict=True)):
        last = found[-1] if found else None
        if number in fused and last and isinstance(last.schedule, ConvolutionSchedule) and not last.lanes:
            parts = None
            if all_resident(residencies[number - 1], residency):
                parts = parts_after(layer, last.schedule.tiles, p.size)
            if parts is not None:
                flat = [part for each in parts for part in each]
                constant_word = words if constant_word != words else words + constants
                last.lanes = lane_schedule(p, layer, order, residency, flat, constant_word)
                ends = [0, *accumulate(map(len, parts))]
                last.after_tile = [[*range(low, high)] for low, high in pairwise(ends)]
                last.borders += border_fills(p, residency)
                continue
        if tiling and isinstance(layer, ConvolutionLayer):
            schedule = ConvolutionSchedule(p, layer, tiling, order, residency, previous, words)
        else:
            schedule = layer_schedule(p, layer, order, costs, residency, previous, words)
            if order == "overlapped" and isinstance(layer, ConvolutionLayer) and residency.sources[0]:

                def make(tiling, layer=layer, residency=residency, previous=previous):
                    return ConvolutionSchedule(p, layer, tiling, order, residency, previous, words)

                following = layers[number + 1] if number + 1 < len(layers) else None
                schedule = _one_tile(p, layer, following, make, last) or schedule
        previous = schedule if isinstance(schedule, ConvolutionSchedule) else None
        found.append(Group(schedule, border_fills(p, residency)))
    return found


def _emit_last(emitter: Emitter, group: Group, following: Group, early: list[Action]):
    """Emit the last step that computes, and the first loads of the following group.

    `early` are the loads that can precede the end of the group. If the first loads take longer than the computation,
    they are issued before it, except those that conflict with it or need a SYNC of other units.
    """
    actions = group.schedule.actions(group.schedule.last)
    before = []
    if following.schedule.first_beats > group.schedule.last_cycles:
        synchronised = reduce(or_, map(emitter.needed, actions), Unit(0))
        before = [each for each in early if not emitter.needed(each) & ~synchronised and not _conflict(each, actions)]
    emitter.step([*before, *actions])
    emitter.step([action for action in early if action not in before])


def _one_tile(
    p,
    layer: ConvolutionLayer,
    following: Layer | None,
    make: Callable[[Tiling], ConvolutionSchedule],
    last: Group | None,
) -> ConvolutionSchedule | None:
    """Schedule of a convolution as one tile with one load of weights, if this keeps the bus busy; otherwise None.

    The time in the array must not exceed the time of its own weights on the bus, nor that of the weights of the
    `following` layer, a convolution. All first loads must be able to precede the end of the group `last` before it.
    """
    if not isinstance(following, ConvolutionLayer) or last is None:
        return None
    beats = [each.depth * each.filters * 8 // p.data_width for each in (layer, following)]
    result, lanes = layer.result, -(-layer.filters // p.size)
    taps, channels = layer.kernel[0] * layer.kernel[1], layer.input.channels
    cycles = taps * -(-channels // p.size) * lanes * max(result.height * result.width, p.size)
    if cycles > min(beats):
        return None
    chunk = Chunk((0, taps), (0, channels))
    try:
        found = make(Tiling(1, result.height, result.width, lanes * p.size, (chunk,), outputs=1))
    except DoesNotFit:
        return None
    _, late = _ahead(found.actions(0), last)
    return None if late else found


def _ahead(actions: list[Action], group: Group) -> tuple[list[Action], list[Action]]:
    """Split the first `actions` of the next group: those that can precede the end of `group`, and those that cannot.

    The end of a group is all that follows the last step that computes. An action that conflicts with it cannot.
    """
    schedule = group.schedule
    rest = [action for number in range(schedule.last + 1, len(schedule.steps)) for action in schedule.actions(number)]
    if group.lanes:
        rest += [action for number in range(schedule.last, len(schedule.steps)) for action in group.after(number)]
        rest += group.stores()
    late = [action for action in actions if _conflict(action, rest)]
    return [action for action in actions if action not in late], late


def _conflict(action: Action, others: list[Action]) -> bool:
    """Whether an action accesses memory that one of the others accesses, and at least one of the two writes it."""
    pairs = product(action.accesses, (access for other in others for access in other.accesses))
    return any(one.conflicts_with(other) for one, other in pairs)


def border_fills(parameters: SystolaParameters, residency: Residency) -> list[Action]:
    """Loads that fill the padding around a resident result; none if it is in DRAM."""
    return [loading(box) for box in residency.target.fills(parameters.size)] if residency.target else []


def _fill_table(emitter: Emitter, tables: set[int]):
    """Load the table of the vector lanes, at a DRAM address, through the weight scratchpad; nothing without tables."""
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


def layer_schedule(
    parameters: SystolaParameters,
    layer: Layer,
    order: str,
    costs: Costs,
    residency: Residency = IN_DRAM,
    previous: ConvolutionSchedule | None = None,
    words: int | None = None,
):
    """Fastest schedule of a layer according to the cost model. Raises `ValueError` if it does not fit.

    `previous` is the schedule of the layer before it, if that is a convolution. `words` of the weight scratchpad are
    for the layer, by default all. A convolution of few channels is also tried in its folded form.
    """
    if not isinstance(layer, ConvolutionLayer):
        return lane_schedule(parameters, layer, order, residency)
    found = choose(parameters, layer, order, costs, residency, previous, words)
    narrow = folded(layer, parameters.size)
    if narrow is None or residency.sources[0] or order != "overlapped":
        return found
    other = choose(parameters, narrow, order, costs, residency, previous, words)
    return min(found, other, key=lambda schedule: timeline(schedule, costs).cycles)


def lane_schedule(
    p: SystolaParameters, layer: Layer, order: str, residency: Residency, parts=None, constant_word: int = 0
):
    """Schedule of a layer of the vector lanes. `parts` and `constant_word`, the first word of its constants, are given
    if it is fused with a convolution. Raises `ValueError` if it does not fit."""
    resident = residency.target or any(residency.sources)
    kind = {
        PoolingLayer: PoolingSchedule,
        DepthwiseLayer: DepthwiseSchedule,
        AdditionLayer: ResidentAddition if resident else AdditionSchedule,
    }[type(layer)]
    try:
        return kind(p, layer, order, residency, parts, constant_word)
    except DoesNotFit as misfit:
        raise misfit.error("a window", p.size) from None
