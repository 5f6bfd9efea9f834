"""Lists of places that the array goes through, as loops."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """A tile of weights and the activations it meets, relative to the first: words; and rows of it that are used."""

    activation: int
    weight: int
    rows: int


@dataclass(frozen=True)
class BlockRun:
    """Blocks of equal rows at `start` plus any multiples of the levels' steps, outermost level first."""

    start: Block
    levels: tuple[tuple[int, int, int], ...]
    """For each level how often, and the step in words of activations and of weights."""


def block_runs(blocks: list[Block]) -> list[BlockRun]:
    """Blocks in their order, as few runs of up to two levels as a glance finds."""
    found = [BlockRun(block, ()) for block in blocks]
    for _ in range(2):
        found = _joined(found)
    return found


def _joined(runs: list[BlockRun]) -> list[BlockRun]:
    """Runs of equal shape and steps one level up."""
    joined, at = [], 0
    while at < len(runs):
        first, end = runs[at], at + 1
        step = None
        while end < len(runs):
            current, before = runs[end], runs[end - 1]
            between = current.start.activation - before.start.activation, current.start.weight - before.start.weight
            if (current.levels, current.start.rows) != (first.levels, first.start.rows) or step not in (None, between):
                break
            step = between
            end += 1
        count = end - at
        joined.append(BlockRun(first.start, ((count, *step), *first.levels)) if count > 1 else first)
        at = end
    return joined
