"""Coarse estimate of the cycles of a schedule: the slowest unit of each step, plus the cost of a SYNC."""

from .convolution import ConvolutionSchedule
from .timing_model import MEASURED, Costs


def estimate(schedule: ConvolutionSchedule, costs: Costs = MEASURED) -> int:
    """Estimated cycles from start to end, without the issue of instructions."""
    total = costs.start + costs.latency
    boxes: dict = {}
    waiting = 0  # pending stores
    for number, step in enumerate(schedule.steps):
        load = 0
        for fragment, word in schedule.loads[number]:
            if fragment not in boxes:
                width = schedule.p.data_width // 8
                boxes[fragment] = sum(box.beats(width) for box in schedule.boxes.load(fragment, word))
            load += boxes[fragment] + 2
        load += (costs.descriptor + costs.latency + costs.finish) * (load > 0)
        waiting += sum(schedule.store_beats(tile) for tile in step.store)
        compute = 0 if step.compute is None else schedule.array_cycles(step.compute)
        lanes = sum(schedule.vector_cycles(tile, costs) for tile in step.requantise)
        after = sum(schedule.vector_cycles(tile, costs) for tile in step.after)
        longest = max(load, compute, lanes) + after
        if step.all:
            longest = max(longest, waiting + (costs.descriptor + costs.read + costs.latency) * (waiting > 0))
            waiting = 0
        elif waiting > schedule.outputs * schedule.store_beats(0):
            longest = max(longest, waiting - schedule.outputs * schedule.store_beats(0))
        waiting = max(0, waiting - longest)
        total += longest + costs.sync + 2 * schedule.size + costs.shift
    return total + waiting
