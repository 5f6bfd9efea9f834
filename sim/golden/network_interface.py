"""Golden model of the network interface: packets to flits or a rejection, and flits to beats."""

from collections.abc import Iterable, Sequence

OWN, UNREACHABLE, TOO_LONG = range(3)

Beats = Sequence[int]
"""Words of a packet."""


def rejection(node: int, nodes: int, longest: int, dest: int, beats: Beats) -> int | None:
    """Reason for which a packet is rejected; None if it is sent."""
    if dest == node:
        return OWN
    if dest >= nodes:
        return UNREACHABLE
    return TOO_LONG if len(beats) > longest else None


def flits(beats: Beats, width: int, count: int) -> list[int]:
    """Words of `count` flits for each beat, the low bits first."""
    return [beat >> width * n & (1 << width) - 1 for beat in beats for n in range(count)]


def beats(words: Iterable[int], width: int, count: int) -> list[int]:
    """Beats of a packet whose flits have these words; the last is filled up with zeros."""
    words = list(words)
    groups = [words[n : n + count] for n in range(0, len(words), count)]
    return [sum(word << width * n for n, word in enumerate(group)) for group in groups]
