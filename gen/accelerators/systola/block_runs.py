"""Run-length compression of lists of operand blocks into nested loops."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """Tile of weights and its activations: word offsets relative to the first block, and the number of rows in use."""

    activation: int
    weight: int
    rows: int


@dataclass(frozen=True)
class BlockRun:
    """Blocks of equal rows at `start` plus any multiples of the levels' steps, outermost level first."""

    start: Block
    levels: tuple[tuple[int, int, int], ...]
    """Per level: iterations, and the step in words of activations and of weights."""


def block_runs(blocks: list[Block]) -> list[BlockRun]:
    """Compress blocks, in their order, greedily into runs of up to two levels."""
    found = [BlockRun(block, ()) for block in blocks]
    for _ in range(2):
        found = _joined(found)
    return found


def _joined(runs: list[BlockRun]) -> list[BlockRun]:
    """Merge adjacent runs of equal shape at equal distances into one run with a further level."""
    joined, at = [], 0
    while at < len(runs):
        first, end = runs[at], at + 1
        step: tuple[int, int] | None = None
        while end < len(runs):
            current, before = runs[end], runs[end - 1]
            between = current.start.activation - before.start.activation, current.start.weight - before.start.weight
            if (current.levels, current.start.rows) != (first.levels, first.start.rows) or step not in (None, between):
                break
            step = between
            end += 1
        count = end - at
        joined.append(BlockRun(first.start, ((count, *step), *first.levels)) if step else first)
        at = end
    return joined
